"""What a pile answers when it is asked to do something, and does (OCPP 1.6 §5). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from backoffice.simulator import access, files
from backoffice.simulator.cars import Car
from backoffice.simulator.machine import Machine, stamp
from backoffice.simulator.outlet import Outlet
from stations.profiles import Profile, Unit

PLUGS_IN_AFTER = timedelta(seconds=10)
"""A driver who started from the phone has a car here so long after, unless it is plugged in already."""

STARTS_AFTER = timedelta(seconds=2)
RESTARTS_WITHIN = timedelta(seconds=10)
OWN_VENDOR: Final = "Hanglu"

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotDone:
    """A CALLERROR."""

    code: str
    description: str = ""


Answer = dict[str, Any] | NotDone


def answer(machine: Machine, action: str, payload: Payload, at: datetime, chance: Random) -> Answer:
    """Do what is asked; the answer leaves before anything that follows from it is said."""
    handler = HANDLERS.get(action)
    if handler is None:
        return NotDone("NotImplemented", f"{action} is not known here")
    try:
        return handler(machine, payload, at, chance)
    except (KeyError, TypeError, ValueError) as error:
        return NotDone("FormationViolation", f"{type(error).__name__}: {error}")


def remote_start(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    tag = str(payload["idTag"])
    wanted = payload.get("connectorId")
    fitting = [one for one in machine.outlets if wanted in {None, one.number} and _can_start(one, tag)]
    if not fitting:
        return _status("Rejected")
    outlet, limit = fitting[0], payload.get("chargingProfile")
    if limit is not None:
        Profile.from_json(limit)

    def begin(when: datetime) -> None:
        machine.start(outlet, tag, when)
        if limit is not None and outlet.session is not None:
            machine.limits.install(outlet.number, limit)

    def arrive(when: datetime) -> None:
        if outlet.car is None and outlet.status in {"Available", "Reserved"}:
            machine.plug(outlet, Car.drawn(chance, direct=outlet.direct))
        machine.at(when + STARTS_AFTER, begin)

    machine.at(at if outlet.car is not None else at + PLUGS_IN_AFTER, arrive)
    return _status("Accepted")


def remote_stop(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    wanted = payload["transactionId"]
    for outlet in machine.outlets:
        if outlet.session is not None and outlet.session.id == wanted:
            machine.at(at, _stopper(machine, outlet, "Remote"))
            return _status("Accepted")
    return _status("Rejected")


def reset(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    kind = str(payload["type"])
    if kind not in {"Soft", "Hard"}:
        raise ValueError(kind)

    def end(when: datetime) -> None:
        for outlet in machine.outlets:
            machine.stop(outlet, f"{kind}Reset", when)
        machine.restart_at = when + (RESTARTS_WITHIN if kind == "Soft" else timedelta(seconds=1))

    machine.at(at, end)
    return _status("Accepted")


def unlock(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    """A running transaction ends first (OCPP 1.6 §5.18)."""
    outlet = machine.outlet(payload["connectorId"])
    if outlet is None:
        return _status("NotSupported")
    machine.at(at, _stopper(machine, outlet, "UnlockCommand"))
    return _status("Unlocked")


def change_availability(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    """Of one connector, or of all and the pile itself (OCPP 1.6 §5.2)."""
    number, operative = payload["connectorId"], {"Operative": True, "Inoperative": False}[payload["type"]]
    outlets = machine.outlets if number == 0 else [machine.outlet(number)]
    found = [one for one in outlets if one is not None]
    if not found:
        return _status("Rejected")
    waits = False
    for one in found:
        if one.session is not None and not operative:
            one.operative_next, waits = operative, True
        else:
            one.is_operative, one.operative_next = operative, None
    if number == 0 and not waits:
        machine.own.is_operative = operative
    return _status("Scheduled" if waits else "Accepted")


def get_configuration(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    return machine.settings.read(payload.get("key", []))


def change_configuration(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    return _status(machine.settings.change(str(payload["key"]), str(payload["value"])))


def clear_cache(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    return _status("Accepted" if machine.settings.switch("AuthorizationCacheEnabled") else "Rejected")


def trigger(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    """Without a connector it is about all of them, the pile itself included (OCPP 1.6 errata 3.40)."""
    wanted, number = payload["requestedMessage"], payload.get("connectorId")
    deeds: dict[str, Callable[[Outlet, datetime], None]] = {
        "StatusNotification": machine.report,
        "MeterValues": lambda outlet, when: machine.meter(outlet, "Trigger", when),
    }
    if wanted in _FILE_REPORTS:
        found = machine.files.update if wanted == "FirmwareStatusNotification" else machine.files.upload
        report = found or files.Report(machine, _FILE_REPORTS[wanted])
        machine.at(at, lambda when: report.repeat())
        return _status("Accepted")
    if wanted == "Heartbeat":
        machine.at(at, lambda when: machine.heartbeat())
        return _status("Accepted")
    if wanted not in deeds:
        return _status("NotImplemented")
    everything = [machine.own, *machine.outlets] if wanted == "StatusNotification" else machine.outlets
    about = [one for one in everything if number in {None, one.number}]
    if not about:
        return _status("Rejected")

    def tell(when: datetime) -> None:
        for one in about:
            deeds[wanted](one, when)

    machine.at(at, tell)
    return _status("Accepted")


def data_transfer(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    if payload["vendorId"] != OWN_VENDOR:
        return _status("UnknownVendorId")
    if payload.get("messageId") != "Echo":
        return _status("UnknownMessageId")
    return {"status": "Accepted", "data": str(payload.get("data", ""))}


def update_firmware(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    """It is fetched and installed for real; what it holds is not looked at (OCPP 1.6 §5.19)."""
    report = files.Report(machine, "FirmwareStatusNotification")
    start = files.instant(payload, "retrieveDate", at)
    files.update(machine, str(payload["location"]), start, report, signed=False)
    return {}


def signed_update(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    firmware = payload["firmware"]
    report = files.Report(machine, "SignedFirmwareStatusNotification", int(payload["requestId"]))
    start = files.instant(firmware, "retrieveDateTime", at)
    files.update(machine, str(firmware["location"]), start, report, signed=True)
    return _status("Accepted")


def get_diagnostics(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    name = f"diagnostics-{at:%Y%m%d-%H%M%S}.log"
    report = files.Report(machine, "DiagnosticsStatusNotification")
    files.leave_log(machine, str(payload["location"]), name, report, at)
    return {"fileName": name}


def get_log(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    name = f"{payload['logType']}-{at:%Y%m%d-%H%M%S}.log"
    report = files.Report(machine, "LogStatusNotification", int(payload["requestId"]))
    files.leave_log(machine, str(payload["log"]["remoteLocation"]), name, report, at)
    return _status("Accepted") | {"filename": name}


_FILE_REPORTS: Final[Mapping[str, str]] = {
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "DiagnosticsStatusNotification": "DiagnosticsStatusNotification",
    "LogStatusNotification": "LogStatusNotification",
}


def set_profile(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    """A TxProfile without its transaction is refused (OCPP 1.6 §5.16.2)."""
    connector, data = payload["connectorId"], payload["csChargingProfiles"]
    outlet = machine.outlet(connector)
    if connector != 0 and outlet is None:
        return NotDone("PropertyConstraintViolation", "no such connector")
    if data["chargingProfilePurpose"] == "TxProfile":
        session = outlet.session if outlet is not None else None
        if session is None or session.id != data.get("transactionId"):
            return _status("Rejected")
    machine.limits.install(connector, data)
    return _status("Accepted")


def clear_profile(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    return _status("Accepted" if machine.limits.clear(payload) else "Unknown")


def composite_schedule(machine: Machine, payload: Payload, at: datetime, chance: Random) -> Answer:
    number, duration_s = payload["connectorId"], int(payload["duration"])
    outlet = machine.own if number == 0 else machine.outlet(number)
    if outlet is None:
        return _status("Rejected")
    unit = Unit(payload.get("chargingRateUnit", Unit.WATTS))
    return {
        "status": "Accepted",
        "connectorId": number,
        "scheduleStart": stamp(at),
        "chargingSchedule": {
            "duration": duration_s,
            "chargingRateUnit": unit.value,
            "chargingSchedulePeriod": machine.limits.schedule(outlet, duration_s, unit, at),
        },
    }


HANDLERS: Final[Mapping[str, Callable[[Machine, Payload, datetime, Random], Answer]]] = {
    "CancelReservation": access.cancel_reservation,
    "ChangeAvailability": change_availability,
    "ChangeConfiguration": change_configuration,
    "ClearCache": clear_cache,
    "ClearChargingProfile": clear_profile,
    "DataTransfer": data_transfer,
    "ExtendedTriggerMessage": trigger,
    "GetCompositeSchedule": composite_schedule,
    "GetConfiguration": get_configuration,
    "GetDiagnostics": get_diagnostics,
    "GetLog": get_log,
    "GetLocalListVersion": access.get_local_list_version,
    "RemoteStartTransaction": remote_start,
    "RemoteStopTransaction": remote_stop,
    "ReserveNow": access.reserve_now,
    "Reset": reset,
    "SendLocalList": access.send_local_list,
    "SetChargingProfile": set_profile,
    "SignedUpdateFirmware": signed_update,
    "TriggerMessage": trigger,
    "UnlockConnector": unlock,
    "UpdateFirmware": update_firmware,
}


def _can_start(outlet: Outlet, tag: str) -> bool:
    """A car that was charged may be charged again where it stands (Finishing to Preparing is legal)."""
    is_mine = outlet.kept is None or outlet.kept.is_for(tag)
    return (
        outlet.status in {"Available", "Preparing", "Finishing", "Reserved"}
        and outlet.is_operative
        and is_mine
    )


def _stopper(machine: Machine, outlet: Outlet, reason: str) -> Callable[[datetime], None]:
    return lambda when: machine.stop_and_leave(outlet, reason, when)


def _status(status: str) -> dict[str, Any]:
    return {"status": status}
