"""Charges as cars and piles would make them: when, how much, and the register on the way. Pure.

On one connector no two overlap and the register goes on where it stopped. Power is what pile and car
can do, and falls as the battery fills. The same numbers come out for the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

FAST_HOURS = (6, 4, 2, 1, 1, 2, 4, 7, 8, 7, 8, 11, 13, 11, 8, 7, 7, 9, 12, 14, 13, 12, 11, 9)
"""How likely a fast charge begins in each hour of the local day, about per cent."""

SLOW_HOURS = (3, 1, 1, 1, 1, 1, 2, 6, 9, 6, 3, 3, 4, 4, 3, 3, 4, 8, 13, 14, 12, 10, 8, 5)
HALF_HOUR = timedelta(minutes=30)
BATTERIES = (38_000, 52_000, 60_000, 71_000, 82_000, 100_000)
CAR_W = (60_000, 90_000, 120_000, 150_000, 240_000)
TAPER_FROM, TAPER_TO = 0.72, 0.18
"""From this state of charge on the power falls, to this share of it when full."""


class Point(NamedTuple):
    """What the pile reported at an instant. ``aligned`` to the clock, else so many minutes after the start."""

    at: datetime
    wh: int
    power_w: int
    soc: int | None
    aligned: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge. ``points`` lie between start and stop."""

    started_at: datetime
    stopped_at: datetime
    meter_start: int
    meter_stop: int
    soc_start: int | None
    soc_stop: int | None
    points: tuple[Point, ...]
    unplugged_at: datetime

    @property
    def wh(self) -> int:
        return self.meter_stop - self.meter_start


@dataclass(frozen=True, slots=True)
class Outlet:
    """A connector as a source of charges: ``per_day`` is how many on a usual day."""

    rated_w: int
    direct: bool
    zone: ZoneInfo
    per_day: float
    meter: int


def charges(outlet: Outlet, since: datetime, until: datetime, chance: Random) -> Iterator[Charge]:
    """What happened at an outlet, in order; the last one has ended before ``until``."""
    hours = FAST_HOURS if outlet.direct else SLOW_HOURS
    most = max(hours) / sum(hours)
    at, meter = since, outlet.meter
    whole = (until - since).total_seconds()
    while True:
        # Arrivals at the rate of the busiest hour, thinned to what this hour, day and month have.
        at += timedelta(hours=chance.expovariate(outlet.per_day * most))
        if at >= until:
            return
        local = at.astimezone(outlet.zone)
        likely = hours[local.hour] / sum(hours) / most
        likely *= 1.0 if local.weekday() >= 5 else 0.86
        likely *= 0.72 + 0.28 * (at - since).total_seconds() / whole
        if chance.random() > likely:
            continue
        charge = _charge(outlet, at.replace(microsecond=0), meter, chance)
        if charge.unplugged_at >= until:
            return
        yield charge
        at, meter = charge.unplugged_at + timedelta(minutes=2), charge.meter_stop + chance.randrange(3)


def limited(charge: Charge, wh: int) -> Charge:
    """The same charge, stopped by the driver's limit at ``wh`` at the latest."""
    if charge.wh <= wh:
        return charge
    top = charge.meter_start + wh
    kept = tuple(point for point in charge.points if point.wh < top)
    before, after = _around(charge, top)
    share = (top - before[1]) / max(after[1] - before[1], 1)
    stopped = (before[0] + (after[0] - before[0]) * share).replace(microsecond=0)
    soc = None
    if charge.soc_start is not None and charge.soc_stop is not None:
        soc = charge.soc_start + round((charge.soc_stop - charge.soc_start) * wh / charge.wh)
    stays = charge.unplugged_at - charge.stopped_at
    return Charge(
        charge.started_at,
        max(stopped, kept[-1].at if kept else charge.started_at),
        charge.meter_start,
        top,
        charge.soc_start,
        soc,
        kept,
        stopped + stays,
    )


def lowered(charge: Charge, wh: int) -> Charge:
    """The same charge on a register that stands ``wh`` lower: what came before it gave less, or nothing."""
    return replace(
        charge,
        meter_start=charge.meter_start - wh,
        meter_stop=charge.meter_stop - wh,
        points=tuple(point._replace(wh=point.wh - wh) for point in charge.points),
    )


def _around(charge: Charge, wh: int) -> tuple[tuple[datetime, int], tuple[datetime, int]]:
    """The readings between which the register passed ``wh``."""
    line = [
        (charge.started_at, charge.meter_start),
        *((point.at, point.wh) for point in charge.points),
        (charge.stopped_at, charge.meter_stop),
    ]
    later = next(number for number, (_at, value) in enumerate(line) if value >= wh)
    return line[max(later - 1, 0)], line[later]


def _charge(outlet: Outlet, at: datetime, meter: int, chance: Random) -> Charge:
    battery = chance.choice(BATTERIES)
    soc = chance.uniform(0.08, 0.62)
    target = min(1.0, max(soc + 0.08, chance.gauss(0.88, 0.12)))
    most_w = min(outlet.rated_w * 0.97, chance.choice(CAR_W) if outlet.direct else outlet.rated_w)
    step = timedelta(minutes=10 if outlet.direct else 30)
    begun, wh, points = soc, 0.0, []
    now, longest = at, at + timedelta(hours=11)
    periodic = at + step
    while True:
        power = most_w * (_taper(soc) if outlet.direct else 1.0) * chance.uniform(0.96, 1.0)
        until = min(periodic, _next_half_hour(now), longest)
        hours = (until - now).total_seconds() / 3600
        gained = power * hours
        left = (target - soc) * battery
        if gained >= left or until == longest:
            share = min(1.0, left / gained) if gained else 1.0
            stopped = (now + timedelta(hours=hours * share)).replace(microsecond=0)
            wh += min(gained, left)
            soc = min(target, soc + min(gained, left) / battery)
            break
        wh, soc, now = wh + gained, soc + gained / battery, until
        shown = round(soc * 100) if outlet.direct else None
        aligned = until.minute % 30 == 0 and until.second == 0
        points.append(Point(until, meter + round(wh), round(power), shown, aligned))
        if until == periodic:
            periodic += step
    stopped = max(stopped, now + timedelta(seconds=1))
    return Charge(
        at,
        stopped,
        meter,
        max(meter + round(wh), points[-1].wh if points else meter),
        round(begun * 100) if outlet.direct else None,
        round(soc * 100) if outlet.direct else None,
        tuple(points),
        stopped + timedelta(seconds=chance.randrange(40, 660)),
    )


def _taper(soc: float) -> float:
    """The share of its power that a battery takes at this state of charge."""
    if soc <= TAPER_FROM:
        return 1.0
    return 1.0 - (1.0 - TAPER_TO) * (soc - TAPER_FROM) / (1.0 - TAPER_FROM)


def _next_half_hour(at: datetime) -> datetime:
    """The next full or half hour; zones of the demonstration are whole hours from UTC."""
    floor = at.astimezone(UTC).replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
    return floor + HALF_HOUR
