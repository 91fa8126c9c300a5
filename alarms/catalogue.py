"""The kinds of alarms, and which of them an error code of OCPP 1.6 is. Pure.

Severity 1 is danger, 2 out of service, 3 degraded, 4 information. A pile that reports an error without
being out of order (a status other than Faulted) gives a warning, one step milder (OCPP 1.6 §4.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DANGER, OUT_OF_SERVICE, DEGRADED, INFORMATION = 1, 2, 3, 4
SAFETY, FAILURE, STATION = "safety", "failure", "station"


@dataclass(frozen=True, slots=True)
class Kind:
    """``severity`` is what it is at first; ``text`` is the key of its title in ``alarms.wording``."""

    code: str
    alarm_class: str
    severity: int
    text: str
    sources: tuple[str, ...]

    @property
    def warning(self) -> int:
        """How bad it is while the connector still works."""
        return min(self.severity + 1, INFORMATION)


_KINDS = (
    Kind("S01", SAFETY, 1, "over_temperature_pile", ("status", "measurement")),
    Kind("S02", SAFETY, 1, "over_temperature_plug", ("vendor", "measurement")),
    Kind("S03", SAFETY, 1, "leakage", ("status",)),
    Kind("S04", SAFETY, 1, "ground_missing", ("vendor",)),
    Kind("S05", SAFETY, 1, "insulation", ("vendor",)),
    Kind("S06", SAFETY, 2, "voltage", ("status", "measurement")),
    Kind("S07", SAFETY, 1, "over_current", ("status", "measurement")),
    Kind("S08", SAFETY, 1, "emergency_stop", ("orders", "vendor")),
    Kind("S09", SAFETY, 1, "smoke_fire_water", ("vendor", "measurement")),
    Kind("S10", SAFETY, 2, "door_open", ("security", "vendor")),
    Kind("S11", SAFETY, 2, "contactor_welded", ("vendor",)),
    Kind("F01", FAILURE, 3, "offline", ("presence",)),
    Kind("F02", FAILURE, 4, "weak_signal", ("status",)),
    Kind("F03", FAILURE, 2, "meter", ("status", "orders")),
    Kind("F04", FAILURE, 3, "connector_lock", ("status", "commands")),
    Kind("F05", FAILURE, 3, "reader", ("status",)),
    Kind("F06", FAILURE, 2, "power_switch", ("status", "vendor")),
    Kind("F07", FAILURE, 4, "vehicle_communication", ("status", "orders")),
    Kind("F08", FAILURE, 3, "internal", ("status",)),
    Kind("F09", FAILURE, 3, "reset", ("status", "commands")),
    Kind("F10", FAILURE, 4, "local_list", ("status",)),
    Kind("F11", FAILURE, 3, "system", ("measurement", "security")),
    Kind("F12", FAILURE, 3, "start_rate", ("statistics",)),
    Kind("F13", FAILURE, 4, "unused", ("statistics",)),
    Kind("F14", FAILURE, 1, "cannot_stop", ("orders",)),
    Kind("T01", STATION, 2, "station_offline", ("presence",)),
    Kind("T02", STATION, 1, "transformer", ("measurement",)),
    Kind("T03", STATION, 2, "environment", ("measurement",)),
    Kind("T04", STATION, 4, "revenue", ("statistics",)),
    Kind("T05", STATION, 3, "abnormal_orders", ("statistics",)),
    Kind("T06", STATION, 4, "line_loss", ("statistics",)),
    Kind("T07", STATION, 4, "expiring", ("calendar",)),
    Kind("T08", STATION, 2, "security", ("security", "presence")),
)

CATALOGUE: Mapping[str, Kind] = {kind.code: kind for kind in _KINDS}

NO_ERROR = "NoError"
OTHER = "F08"

ERROR_CODES: Mapping[str, str | None] = {
    "ConnectorLockFailure": "F04",
    "EVCommunicationError": "F07",
    "GroundFailure": "S03",
    "HighTemperature": "S01",
    "InternalError": "F08",
    "LocalListConflict": "F10",
    NO_ERROR: None,
    "OtherError": "F08",
    "OverCurrentFailure": "S07",
    "OverVoltage": "S06",
    "PowerMeterFailure": "F03",
    "PowerSwitchFailure": "F06",
    "ReaderFailure": "F05",
    "ResetFailure": "F09",
    "UnderVoltage": "S06",
    "WeakSignal": "F02",
}
"""Every ChargePointErrorCode (OCPP 1.6 §7.6), and the alarm that it is."""

SECURITY_EVENTS: Mapping[str, str] = {
    "FirmwareUpdated": "F11",
    "MemoryExhaustion": "F11",
    "SecurityLogWasCleared": "T08",
    "SettingSystemTime": "F11",
    "TamperDetectionActivated": "S10",
}
"""Critical security events (white paper §8), and the alarm that each is. Starts and restarts stay events: every pile has them."""

_FOLDED = {name.lower(): code for name, code in ERROR_CODES.items()}


def kind_of(error_code: str, status: str) -> Kind | None:
    """What a reported status means; None when nothing is wrong.

    Codes are compared without case; an unknown one is an internal error, and so is being Faulted
    without saying why.
    """
    code = _FOLDED.get(error_code.strip().lower(), OTHER) if error_code.strip() else None
    if code is None and status == "Faulted":
        code = OTHER
    return CATALOGUE[code] if code else None


def severity_of(kind: Kind, status: str) -> int:
    """How bad a reported error is."""
    return kind.severity if status == "Faulted" else kind.warning
