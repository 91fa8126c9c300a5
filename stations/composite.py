"""What all the profiles of a pile together allow, over time (OCPP 1.6 §3.13, domain 1.11). Pure.

Of each purpose the highest stack level that says something at an instant prevails. A TxProfile stands
in place of the TxDefaultProfile, a default for one connector in place of the one for all; the
station's maximum lies above either, and the lower limit counts. A schedule whose end is reached gives
way to the level below, and at last to no limit at all. All is exact at whole seconds from ``at``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Final

from stations.profiles import SPAN, USUAL_PHASES, Kind, Period, Profile, Purpose, Unit, rounded_down

MAINS_VOLTS: Final = 230
SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Supply:
    """The mains where a pile stands. Watts become amperes by the nominal voltage (errata 3.69)."""

    volts: int = MAINS_VOLTS
    phases: int = 3

    def used(self, phases: int | None) -> int:
        """The phases in use: a limit for more than there are applies to those that are (errata 3.34)."""
        return min(phases or USUAL_PHASES, self.phases)


USUAL_SUPPLY: Final = Supply()


@dataclass(frozen=True, slots=True)
class Installed:
    """A profile and the connector that it was sent to; 0 is the pile."""

    profile: Profile
    connector: int


@dataclass(frozen=True, slots=True)
class Running:
    """A transaction: its id and since when."""

    transaction_id: int
    began: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    amount: Decimal
    unit: Unit
    phases: int | None = None

    def watts(self, supply: Supply) -> Decimal:
        """Exactly, over all phases."""
        if self.unit is Unit.WATTS:
            return self.amount
        return self.amount * supply.volts * supply.used(self.phases)

    def within(self, unit: Unit, supply: Supply) -> Decimal:
        """The figure in a unit, rounded down: a pile is never told more than was meant."""
        if self.unit is unit:
            return self.amount
        if unit is Unit.WATTS:
            return rounded_down(self.watts(supply))
        return rounded_down(self.amount / (supply.volts * supply.used(self.phases)))


@dataclass(frozen=True, slots=True)
class Step:
    """From so many seconds on; ``limit`` None is no limit. In the unit that was asked for."""

    start_s: int
    limit: Decimal | None
    phases: int | None = None


def composite(
    installed: Iterable[Installed],
    connector: int,
    *,
    at: datetime,
    duration_s: int,
    unit: Unit,
    running: Running | None = None,
    supply: Supply = USUAL_SUPPLY,
) -> list[Step]:
    """The limits of a connector from ``at`` on, as steps; for connector 0 what the pile may draw as a whole.

    Without a transaction it is what one that starts at ``at`` would have.
    """
    rows = list(installed)
    began = running.began if running is not None else at
    steps: list[Step] = []
    for second in _seconds_of_change(rows, at, duration_s, began):
        limit = limit_at(rows, connector, at + second * SECOND, began=began, running=running, supply=supply)
        step = Step(second, None)
        if limit is not None:
            step = Step(second, limit.within(unit, supply), limit.phases)
        if not steps or (steps[-1].limit, steps[-1].phases) != (step.limit, step.phases):
            steps.append(step)
    return steps


def limit_at(
    installed: Sequence[Installed],
    connector: int,
    at: datetime,
    *,
    began: datetime,
    running: Running | None = None,
    supply: Supply = USUAL_SUPPLY,
) -> Limit | None:
    """The limit of a connector at an instant; None where nothing limits it."""
    station = _prevailing(installed, Purpose.STATION, 0, at, began)
    own: Limit | None = None
    if connector > 0 and running is not None:
        mine = [one for one in installed if one.profile.transaction_id in {None, running.transaction_id}]
        own = _prevailing(mine, Purpose.TRANSACTION, connector, at, began)
    if connector > 0:
        own = own or _prevailing(installed, Purpose.DEFAULT, connector, at, began)
        own = own or _prevailing(installed, Purpose.DEFAULT, 0, at, began)
    found = [limit for limit in (own, station) if limit is not None]
    return min(found, key=lambda limit: limit.watts(supply), default=None)


def _prevailing(
    installed: Iterable[Installed], purpose: Purpose, connector: int, at: datetime, began: datetime
) -> Limit | None:
    best: tuple[int, Limit] | None = None
    for one in installed:
        if one.profile.purpose is purpose and one.connector == connector:
            limit = _limit_of(one.profile, at, began)
            if limit is not None and (best is None or one.profile.stack_level > best[0]):
                best = one.profile.stack_level, limit
    return None if best is None else best[1]


def _limit_of(profile: Profile, at: datetime, began: datetime) -> Limit | None:
    """What one profile says at an instant; None outside of its validity, schedule and duration."""
    if profile.valid_from is not None and at < profile.valid_from:
        return None
    if profile.valid_to is not None and at >= profile.valid_to:
        return None
    schedule = profile.schedule
    since = at - _start_of(profile, began)
    if since < timedelta():
        return None
    if profile.recurrency is not None:
        since %= SPAN[profile.recurrency]
    if schedule.duration_s is not None and since >= schedule.duration_s * SECOND:
        return None
    period = _period_at(schedule.periods, since)
    return None if period is None else Limit(period.limit, schedule.unit, period.phases)


def _period_at(periods: Sequence[Period], since: timedelta) -> Period | None:
    begun = [period for period in periods if period.start_s * SECOND <= since]
    return begun[-1] if begun else None


def _start_of(profile: Profile, began: datetime) -> datetime:
    """Relative ones, and absolute ones that name no start, count from the start of the transaction (§7.13)."""
    start = profile.schedule.start
    return began if profile.kind is Kind.RELATIVE or start is None else start


def _seconds_of_change(
    installed: Sequence[Installed], at: datetime, duration_s: int, began: datetime
) -> list[int]:
    """The whole seconds at which some profile may say something else, the first one included."""
    until = at + duration_s * SECOND
    found = {0}
    for one in installed:
        for instant in _changes(one.profile, at, until, began):
            if at < instant < until:
                found.add(ceil((instant - at) / SECOND))
    return sorted(second for second in found if second == 0 or second < duration_s)


def _changes(profile: Profile, at: datetime, until: datetime, began: datetime) -> Iterator[datetime]:
    yield from (edge for edge in (profile.valid_from, profile.valid_to) if edge is not None)
    schedule, start = profile.schedule, _start_of(profile, began)
    marks = [period.start_s for period in schedule.periods]
    if schedule.duration_s is not None:
        marks.append(schedule.duration_s)
    rounds = [start]
    if profile.recurrency is not None:
        span = SPAN[profile.recurrency]
        first = max((at - start) // span, 0)
        rounds = [start + (first + turn) * span for turn in range(max((until - at) // span, 0) + 2)]
    for origin in rounds:
        yield origin
        yield from (origin + mark * SECOND for mark in marks)
