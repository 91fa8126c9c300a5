"""Core profile: boot, heartbeat, status, authorize, data transfer (OCPP 1.6 §4.1-4.6, §4.9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ocpp.v16 import enums

from ocpp_gateway import wire
from ocpp_gateway.handlers.handler import Handler, timestamp, write_nothing
from ocpp_gateway.reading import Inbound, as_text, vocabulary

_STATUSES: Final = vocabulary(member.value for member in enums.ChargePointStatus)
_ERROR_CODES: Final = vocabulary(member.value for member in enums.ChargePointErrorCode)

_ID_TAG_CHARS: Final = 20

_BOOT_FIELDS: Final = frozenset(
    {
        "chargePointVendor",
        "chargePointModel",
        "chargePointSerialNumber",
        "chargeBoxSerialNumber",
        "firmwareVersion",
        "iccid",
        "imsi",
        "meterType",
        "meterSerialNumber",
    }
)
_STATUS_FIELDS: Final = frozenset(
    {"connectorId", "errorCode", "info", "status", "timestamp", "vendorId", "vendorErrorCode"}
)
_AUTHORIZE_FIELDS: Final = frozenset({"idTag"})
_DATA_TRANSFER_FIELDS: Final = frozenset({"vendorId", "messageId", "data"})


def read_boot(message: Inbound) -> wire.Booted:
    """A pile with odd or missing strings is accepted all the same: refused, it would be bricked."""
    message.note_extras(_BOOT_FIELDS)
    return wire.Booted(
        vendor=message.text("chargePointVendor", 20, required=True),
        model=message.text("chargePointModel", 20, required=True),
        serial=message.text("chargePointSerialNumber", 25),
        box_serial=message.text("chargeBoxSerialNumber", 25),
        firmware=message.text("firmwareVersion", 50),
        iccid=message.text("iccid", 20),
        imsi=message.text("imsi", 20),
        meter_type=message.text("meterType", 25),
        meter_serial=message.text("meterSerialNumber", 25),
        **message.envelope(),
    )


def write_boot(answer: wire.BootAnswer, at: datetime) -> dict[str, Any]:
    """The interval is above 0 also when the pile is not accepted (OCPP 1.6 §4.2)."""
    return {
        "status": answer.status.value,
        "currentTime": timestamp(at),
        "interval": max(1, answer.interval_s),
    }


def read_heartbeat(message: Inbound) -> wire.Heartbeat:
    message.note_extras(frozenset())
    return wire.Heartbeat(**message.envelope())


def write_heartbeat(answer: wire.Answer, at: datetime) -> dict[str, Any]:
    return {"currentTime": timestamp(at)}


def read_status(message: Inbound) -> wire.StatusReported:
    message.note_extras(_STATUS_FIELDS)
    at, pile_time = message.instant(required=False)
    return wire.StatusReported(
        connector=message.connector(),
        status=message.word("status", _STATUSES, default="", required=True),
        error_code=message.word("errorCode", _ERROR_CODES, default="NoError", required=True),
        at=at,
        pile_time=pile_time,
        info=message.text("info", 50),
        vendor_id=message.text("vendorId", 255),
        vendor_error_code=message.text("vendorErrorCode", 50),
        **message.envelope(),
    )


def read_authorize(message: Inbound) -> wire.AuthorizeAsked:
    message.note_extras(_AUTHORIZE_FIELDS)
    return wire.AuthorizeAsked(id_tag=message.id_tag(required=True), **message.envelope())


def write_authorize(answer: wire.AuthorizeAnswer, at: datetime) -> dict[str, Any]:
    return {"idTagInfo": id_tag_info(answer.id_tag)}


def id_tag_info(info: wire.IdTagInfo) -> dict[str, Any]:
    """OCPP 1.6 §7.27. A parent longer than an idTag may be is left out, the pile could not keep it."""
    written: dict[str, Any] = {"status": info.status}
    if info.expires_at is not None:
        written["expiryDate"] = timestamp(info.expires_at)
    if info.parent_id_tag and len(info.parent_id_tag) <= _ID_TAG_CHARS:
        written["parentIdTag"] = info.parent_id_tag
    return written


def read_data_transfer(message: Inbound) -> wire.DataTransferred:
    message.note_extras(_DATA_TRANSFER_FIELDS)
    data = message.fields.get("data")
    if data is not None and not isinstance(data, str):
        message.note("type", "data")
    return wire.DataTransferred(
        vendor_id=message.text("vendorId", 255, required=True),
        vendor_message_id=message.text("messageId", 50),
        data="" if data is None else as_text(data),
        **message.envelope(),
    )


def write_data_transfer(answer: wire.DataTransferAnswer, at: datetime) -> dict[str, Any]:
    written: dict[str, Any] = {"status": answer.status}
    if answer.data is not None:
        written["data"] = answer.data
    return written


HANDLERS: Final = {
    "Authorize": Handler(read=read_authorize, write=write_authorize),
    "BootNotification": Handler(read=read_boot, write=write_boot, repeatable=False),
    "DataTransfer": Handler(read=read_data_transfer, write=write_data_transfer),
    "Heartbeat": Handler(read=read_heartbeat, write=write_heartbeat, repeatable=False, storeless=True),
    "StatusNotification": Handler(read=read_status, write=write_nothing),
}
