"""What piles on the market really send, and what must come of it: frames of ours, of the kinds that were seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.pile import Pile


@dataclass(frozen=True)
class Quirk:
    """A call, and the fields that the stored fact must have. ``zone`` etc. are settings of the pile."""

    name: str
    action: str
    payload: Any
    fact: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    values: list[tuple[str, str]] | None = None  # (number, unit) of every sample, in order
    at: datetime | None = None  # None: not looked at
    live: bool = False  # the fact's time is that of its receipt
    settings: dict[str, Any] = field(default_factory=dict)
    message_id: str = "288115"
    id: str = ""  # under which the kind is known


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def status(**fields: Any) -> dict[str, Any]:
    return {"connectorId": 1, "errorCode": "NoError", "status": "Available", **fields}


def meter(*samples: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "connectorId": 1,
        "meterValue": [{"timestamp": "2024-10-05T06:20:23.610Z", "sampledValue": list(samples)}],
        **fields,
    }


QUIRKS = [
    Quirk("offset without minutes", "StatusNotification", status(connectorId=2, status="Preparing", timestamp="2024-04-26T14:35:02+02"), {"connector": 2}, at=utc(2024, 4, 26, 12, 35, 2), id="T1"),
    Quirk("local time without a zone, reservation 0", "StartTransaction", {"connectorId": 1, "idTag": "evcc", "meterStart": 0, "reservationId": 0, "timestamp": "2023-10-19T15:28:07"}, {"reservation_id": None, "id_tag": "evcc"}, ("no_zone:timestamp",), at=utc(2023, 10, 19, 7, 28, 7), settings={"clock_zone": "Asia/Shanghai"}, id="T2"),
    Quirk("local time labelled Z", "StatusNotification", status(info="Status Update", timestamp="2019-05-10T16:05:33Z", vendorId="V"), at=utc(2019, 5, 10, 16, 5, 33), id="T3"),
    Quirk("a clock in the future", "StatusNotification", status(timestamp="2099-05-10T16:05:33Z"), {"pile_time": utc(2099, 5, 10, 16, 5, 33)}, ("unsynced:timestamp",), live=True, id="T3"),
    Quirk("a clock of 1970", "StatusNotification", status(connectorId=0, timestamp="1970-01-01T00:00:00.740Z"), {"connector": 0}, ("unsynced:timestamp",), live=True, id="T4"),
    Quirk("a value that is a number", "MeterValues", meter({"context": "Sample.Clock", "location": "Body", "measurand": "Current.Import", "phase": "L1", "unit": "A", "value": 0.0}), values=[("0", "A")], remarks=("type:value",), id="M1"),
    Quirk("numbers and no transaction", "MeterValues", meter({"value": 604.213, "measurand": "Energy.Active.Import.Register", "unit": "Wh"}, {"value": 0, "measurand": "Power.Active.Import", "unit": "W"}), {"transaction_id": None}, ("type:value",), [("604.213", "Wh"), ("0", "W")], id="M2"),
    Quirk("no sampled value at all", "MeterValues", meter(), {"readings": ()}, values=[], id="M4"),
    Quirk("blank values", "MeterValues", meter({"context": "Trigger", "measurand": "Power.Active.Import", "value": ""}, {"value": " "}), {"readings": ()}, ("blank:value",), [], id="M5"),
    Quirk("both spellings of Celsius", "MeterValues", meter({"value": "35", "measurand": "Temperature", "unit": "Celcius"}, {"value": "35", "measurand": "Temperature", "unit": "Celsius"}), values=[("35", "Celsius")] * 2, id="M8"),
    Quirk("current on N, power in kW", "MeterValues", meter({"measurand": "Power.Active.Import", "unit": "kW", "value": "3.5"}, {"measurand": "Current.Import", "phase": "N", "unit": "A", "value": "15.6"}, transactionId=1725564597), {"transaction_id": 1725564597}, values=[("3500", "W"), ("15.6", "A")], id="M9"),
    Quirk("a leading blank, voltage on L1", "MeterValues", meter({"value": " 9.6", "measurand": "Current.Import", "phase": "L1", "unit": "A"}, {"value": "233.1", "measurand": "Voltage", "phase": "L1", "unit": "V"}), values=[("9.6", "A"), ("233.1", "V")], id="M10"),
    Quirk("clock aligned, no transaction, decimals in Wh", "MeterValues", meter({"value": "164.5", "context": "Sample.Clock", "measurand": "Energy.Active.Import.Register", "location": "Outlet", "unit": "Wh"}, connectorId=4), {"connector": 4, "transaction_id": None}, values=[("164.5", "Wh")], id="M12"),
    Quirk("connector 0 as the sum of all", "MeterValues", meter({"value": "734.6"}, connectorId=0), {"connector": 0}, values=[("734.6", "Wh")], id="M13"),
    Quirk("transaction 0", "MeterValues", meter({"value": "100"}, transactionId=0), {"transaction_id": 0}, values=[("100", "Wh")], id="M15"),
    Quirk("no unit and no measurand", "MeterValues", meter({"value": "101"}), values=[("101", "Wh")], id="M16"),
    Quirk("float noise in kWh", "MeterValues", meter({"value": "0.15002000000000001", "unit": "kWh"}, transactionId=32554), values=[("150.02", "Wh")], id="M17"),
    Quirk("a decimal comma", "MeterValues", meter({"value": "12,5", "unit": "kWh"}), values=[("12500", "Wh")], remarks=("odd:value",)),
    Quirk("a stop of transaction -1", "StopTransaction", {"idTag": "TAG1", "meterStop": 1234, "timestamp": "2024-11-22T07:28:20Z", "transactionId": -1, "reason": "Local"}, {"transaction_id": -1, "id_tag": "TAG1"}, id="X1"),
    Quirk("a stop of transaction 0 as text", "StopTransaction", {"meterStop": "10", "timestamp": "2024-11-22T07:28:20Z", "transactionId": "0"}, {"transaction_id": 0, "meter_stop": 10}, ("type:transactionId", "type:meterStop")),
    Quirk("a fraction in meterStop", "StopTransaction", {"meterStop": 26008.333, "timestamp": "2024-06-23T10:00:00Z", "transactionId": 5}, {"meter_stop": 26008}, ("fraction:meterStop",), id="X4"),
    Quirk("keys that a stop does not have", "StopTransaction", {"connectorId": 1, "disconnectReason": "EVDisconnected", "meterStop": 1625, "timestamp": "2024-04-12T14:15:37.427Z", "transactionId": 1, "transactionData": [{"sampledValue": [{"value": "1.6250000000000002", "unit": "kWh"}], "timestamp": "2024-04-12T14:15:37.427Z"}]}, {"meter_stop": 1625}, values=[("1625", "Wh")], id="X5"),
    Quirk("a blank tag at the stop", "StopTransaction", {"idTag": "", "meterStop": 10, "timestamp": "2024-04-18T10:00:00Z", "transactionId": 5, "reason": "PowerLoss"}, {"id_tag": None, "reason": "PowerLoss"}, id="X7"),
    Quirk("a tag with the pile's suffix", "StartTransaction", {"connectorId": 4, "idTag": "12345678_dummy1", "timestamp": "2021-04-08T18:49:11.450Z", "meterStart": 164}, {"id_tag": "12345678"}, settings={"id_tag_suffix": "_*"}, id="X10"),
    Quirk("a blank vendor", "BootNotification", {"chargePointModel": "AC", "chargePointSerialNumber": "s1", "chargePointVendor": ""}, {"vendor": "", "model": "AC"}, ("blank:chargePointVendor",), id="B1"),
    Quirk("blank optional fields", "BootNotification", {"chargePointVendor": "W", "meterType": "Internal NON compliant", "meterSerialNumber": "", "chargePointModel": "P", "iccid": "", "imsi": "", "firmwareVersion": "6.6.12"}, {"firmware": "6.6.12", "iccid": ""}, id="B3"),
    Quirk("odd characters in a model", "BootNotification", {"chargePointModel": "T@7KW", "chargePointVendor": "T", "firmwareVersion": "V1.5@25238bf+100,F8.gl,ws,ESP32,RN8213@V31"}, {"model": "T@7KW"}, id="B4"),
    Quirk("JSON inside info, a long vendor code", "StatusNotification", status(status="Faulted", errorCode="OtherError", timestamp="2021-11-24T14:42:22Z", vendorId="E+", info='{"reason":"faults","cpv":0}', vendorErrorCode="0" * 32), {"info": '{"reason":"faults","cpv":0}', "vendor_error_code": "0" * 32}, id="S2"),
    Quirk("connector 0 faulted", "StatusNotification", status(connectorId=0, status="Faulted", errorCode="OtherError", info="bus lost", vendorErrorCode="210"), {"connector": 0, "status": "Faulted"}, live=True, id="S3"),
    Quirk("a vendor code alone, null as text", "StatusNotification", status(status="SuspendedEVSE", info="null", vendorErrorCode="0x0000"), {"vendor_error_code": "0x0000"}, live=True, id="S5"),
    Quirk("a connector never announced", "StatusNotification", status(connectorId=7), {"connector": 7}, live=True, settings={"connectors": (1,)}, id="S6"),
    Quirk("an id without dashes", "StatusNotification", status(), message_id="SLPsY0eiqwkVs5XResWERsqicZ0xrKi0JlXU", id="R1"),
    Quirk("a null payload", "Heartbeat", None, id="R6"),
]  # fmt: skip


async def deliver(pile: Pile, quirk: Quirk) -> list[Any]:
    return await pile.ask([2, quirk.message_id, quirk.action, quirk.payload], quirk.message_id, quirk.action)
