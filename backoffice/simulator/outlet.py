"""One connector: what is plugged in, what runs, and the status that follows from it (OCPP 1.6 §4.9). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from backoffice.simulator.cars import Car

DIRECT_VOLTS, MAINS_VOLTS = 620, 230
OK = "NoError"
PAUSE_W = 1_380
"""Less than 6 A on one phase is nothing that a vehicle can take (IEC 61851)."""


class Fault(NamedTuple):
    """Why it is out of order, as it is reported. ``blocking``: without, it is a warning only (OCPP 1.6 §4.9)."""

    error: str
    vendor_code: str = ""
    info: str = ""
    blocking: bool = True


class Report(NamedTuple):
    """What a StatusNotification says."""

    status: str
    error: str = OK
    vendor_code: str = ""
    info: str = ""


@dataclass(slots=True, eq=False)
class Session:
    """A transaction as the pile keeps it; ``id`` is None until the central system has given one."""

    tag: str
    started_at: datetime
    meter_start: int
    id: int | None = None
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A reservation: for which idTag and group the connector is kept free, and until when (OCPP 1.6 §5.13)."""

    number: int
    tag: str
    parent: str
    until: datetime

    def is_for(self, tag: str, parent: str = "") -> bool:
        """May somebody with this tag, of this group, start here?"""
        return tag.upper() == self.tag.upper() or (bool(parent) and parent.upper() == self.parent.upper())


@dataclass(slots=True, eq=False)
class Outlet:
    """``rated_w`` is what it can give, ``meter_wh`` its register."""

    number: int
    rated_w: int
    direct: bool
    meter_wh: float = 0.0
    car: Car | None = None
    session: Session | None = None
    is_finishing: bool = False
    fault: Fault | None = None
    is_operative: bool = True
    operative_next: bool | None = None
    """Set by a ChangeAvailability that waits for the end of a transaction."""

    kept: Kept | None = None
    limit_w: float | None = None
    """What its charging profiles let through; None where none says anything."""

    power_w: float = 0.0
    reported: Report | None = None

    @property
    def register(self) -> int:
        return int(self.meter_wh)

    @property
    def is_free(self) -> bool:
        """Can somebody come and charge?"""
        return self.status == "Available"

    @property
    def status(self) -> str:
        if self.fault is not None and self.fault.blocking:
            return "Faulted"
        if self.session is not None:
            if self.limit_w is not None and self.limit_w < PAUSE_W:
                return "SuspendedEVSE"
            is_full = self.car is None or self.car.is_full
            return "SuspendedEV" if is_full else "Charging"
        if self.car is not None:
            return "Finishing" if self.is_finishing else "Preparing"
        if not self.is_operative:
            return "Unavailable"
        return "Available" if self.kept is None else "Reserved"

    @property
    def report(self) -> Report:
        fault = self.fault
        if fault is None:
            return Report(self.status)
        return Report(self.status, fault.error, fault.vendor_code, fault.info)

    def give_up(self) -> None:
        """What is out of order is kept free for nobody (OCPP 1.6 §3.11)."""
        if self.kept is not None and self.status in {"Faulted", "Unavailable"}:
            self.kept = None

    def flow(self, since: datetime, until: datetime) -> None:
        """Let energy flow between two instants."""
        seconds = (until - since).total_seconds()
        session, car = self.session, self.car
        if session is None or car is None or seconds <= 0 or self.status != "Charging":
            self.power_w = 0.0
            return
        charging_s = (until - session.started_at).total_seconds()
        offered = self.rated_w if self.limit_w is None else min(self.rated_w, self.limit_w)
        self.power_w = car.wants(offered, charging_s)
        self.meter_wh += car.take(self.power_w * seconds / 3600)
        if car.is_full:
            self.power_w = 0.0

    def sampled(self, measurands: str) -> list[dict[str, str]]:
        """The values of now, as far as they are wanted (OCPP 1.6 §7.43)."""
        volts = DIRECT_VOLTS if self.direct else MAINS_VOLTS
        known = {
            "Energy.Active.Import.Register": (str(self.register), "Wh"),
            "Power.Active.Import": (f"{self.power_w:.0f}", "W"),
            "Current.Import": (f"{self.power_w / volts:.1f}", "A"),
            "Voltage": (str(volts), "V"),
        }
        if self.direct and self.car is not None:
            known["SoC"] = (str(round(self.car.soc * 100)), "Percent")
        return [
            {"measurand": name, "value": known[name][0], "unit": known[name][1]}
            for name in measurands.split(",")
            if name in known
        ]
