"""What people and bad luck do to a pile: cars that come with a card, faults that pass, connections that break. Pure.

Each pile has its own chance, so that a run can be repeated. Times between two events are drawn so that a
dozen piles together show something of everything within half an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from backoffice.simulator.cars import Car
from backoffice.simulator.machine import Machine
from backoffice.simulator.outlet import Fault, Outlet

FAULTS = (
    Fault("ConnectorLockFailure", "LOCK-07", "Lock did not engage"),
    Fault("HighTemperature", "T-81", "Plug 92 °C"),
    Fault("PowerSwitchFailure", "K1", "Contactor does not close"),
    Fault("ReaderFailure", "RF-2", "Card reader does not answer", blocking=False),
    Fault("WeakSignal", "", "RSSI -107 dBm", blocking=False),
    Fault("InternalError", "E-1204", "Power module 3 restarted"),
    Fault("GroundFailure", "RCD-1", "Residual current 38 mA"),
)
EMPTY_FOR_S = 900.0
"""How long a connector stays free, on average."""

FAULT_EVERY_S = 7_200.0
DROP_EVERY_S = 10_800.0
FAULT_LASTS_S = (90, 300)
DROP_LASTS_S = (45, 200)
STAYS_S = (240, 1_500)
FIRST_WITHIN_S = 90
"""When the demonstration begins, some cars come at once."""

COME_AT_ONCE = 0.4
LEAVES_AFTER_S = (20, 90)


@dataclass(slots=True)
class Wallets:
    """Cards that are not in use now; whoever takes one brings it back."""

    free: list[str] = field(default_factory=list)

    def take(self, chance: Random) -> str | None:
        return self.free.pop(chance.randrange(len(self.free))) if self.free else None

    def bring_back(self, tag: str) -> None:
        self.free.append(tag)


@dataclass(slots=True)
class Habits:
    """``kept_free``: numbers of connectors that are left to whoever tries the demonstration."""

    machine: Machine
    cards: Wallets
    chance: Random
    kept_free: Sequence[int] = ()

    def begin(self, at: datetime) -> None:
        """Put the first events on the machine's agenda."""
        for outlet in self.machine.outlets:
            if outlet.fault is not None:
                self._clear_later(outlet, at)
            if outlet.number not in self.kept_free:
                at_once = self.chance.random() < COME_AT_ONCE
                wait = self.chance.uniform(3, FIRST_WITHIN_S) if at_once else self._wait(EMPTY_FOR_S)
                self._visit_at(outlet, at + timedelta(seconds=wait))
        self._fail_at(at + timedelta(seconds=self._wait(FAULT_EVERY_S)))
        self._drop_at(at + timedelta(seconds=self._wait(DROP_EVERY_S)))

    def _visit_at(self, outlet: Outlet, when: datetime) -> None:
        self.machine.at(when, lambda at: self._visit(outlet, at))

    def _visit(self, outlet: Outlet, at: datetime) -> None:
        """A car is plugged in, a card is shown, and some time later both are gone."""
        tag = self.cards.take(self.chance) if outlet.is_free and self.machine.is_online else None
        if tag is None:
            self._visit_at(outlet, at + timedelta(seconds=60 + self._wait(EMPTY_FOR_S)))
            return
        machine, chance = self.machine, self.chance
        car = Car.drawn(chance, direct=outlet.direct)
        machine.plug(outlet, car)
        begins = at + timedelta(seconds=chance.uniform(4, 14))
        ends = begins + timedelta(seconds=chance.uniform(*STAYS_S))
        leaves = ends + timedelta(seconds=chance.uniform(*LEAVES_AFTER_S))
        reason = "Local" if chance.random() < 0.7 else "EVDisconnected"

        def stop(when: datetime) -> None:
            session = outlet.session
            if outlet.car is car and session is not None and session.tag == tag:
                machine.stop(outlet, reason, when, tag=tag if reason == "Local" else "")

        def leave(when: datetime) -> None:
            if outlet.car is car:
                machine.unplug(outlet, when)
            self.cards.bring_back(tag)
            self._visit_at(outlet, when + timedelta(seconds=20 + self._wait(EMPTY_FOR_S)))

        machine.at(begins, lambda when: machine.present_card(outlet, tag, when))
        machine.at(ends, stop)
        machine.at(leaves, leave)

    def _fail_at(self, when: datetime) -> None:
        self.machine.at(when, self._fail)

    def _fail(self, at: datetime) -> None:
        """A fault at a connector where nobody is; it passes by itself."""
        free = [one for one in self.machine.outlets if one.is_free and one.number not in self.kept_free]
        if free:
            outlet = self.chance.choice(free)
            outlet.fault = self.chance.choice(FAULTS)
            self._clear_later(outlet, at)
        self._fail_at(at + timedelta(seconds=self._wait(FAULT_EVERY_S)))

    def _clear_later(self, outlet: Outlet, at: datetime) -> None:
        fault = outlet.fault

        def clear(when: datetime) -> None:
            if outlet.fault is fault:
                outlet.fault = None

        self.machine.at(at + timedelta(seconds=self.chance.uniform(*FAULT_LASTS_S)), clear)

    def _drop_at(self, when: datetime) -> None:
        self.machine.at(when, self._drop)

    def _drop(self, at: datetime) -> None:
        """The mobile network is gone for a while; what was charged meanwhile is told afterwards."""
        self.machine.away_until = at + timedelta(seconds=self.chance.uniform(*DROP_LASTS_S))
        self._drop_at(at + timedelta(seconds=self._wait(DROP_EVERY_S)))

    def _wait(self, mean_s: float) -> float:
        return self.chance.expovariate(1 / mean_s)
