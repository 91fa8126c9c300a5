"""The day as a strip of 48 bars, as high as their price; pure geometry for an SVG, and words for who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from stations.slots import HALF_HOURS_A_DAY, Band, Run, half_hour_at, merge
from stations.tariff import TariffSnapshot, UnitPrice

STEP = 7
BAR = 6
BASE = 90
TALLEST = 68
SHORTEST = 4
WIDTH = STEP * HALF_HOURS_A_DAY

LETTERS = {Band.SHARP: "s", Band.PEAK: "p", Band.FLAT: "f", Band.VALLEY: "v"}
"""How a band is called in the style sheet."""


@dataclass(frozen=True, slots=True)
class Bars:
    """All bars of one band that are over, or that are still to come, as one path."""

    letter: str
    past: bool
    path: str


@dataclass(frozen=True, slots=True)
class Period:
    """A run of the day with its price per kWh."""

    band: Band
    letter: str
    price: UnitPrice
    text: str
    current: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """``pin`` is where now is; ``top`` is how high the bar there reaches."""

    bars: Sequence[Bars]
    periods: Sequence[Period]
    pin: int
    top: int

    @property
    def label_at(self) -> int:
        """Where the word at the pin stands, never cut off."""
        return min(max(self.pin, 14), WIDTH - 14)

    @property
    def bands(self) -> Sequence[Period]:
        """Each band of the day once, the cheapest first."""
        first: dict[Band, Period] = {}
        for period in self.periods:
            known = first.get(period.band)
            first[period.band] = period if known is None or period.current else known
        return sorted(first.values(), key=lambda period: period.price.total)


def draw_strip(tariff: TariffSnapshot, now: datetime) -> Strip:
    """The local day that ``now`` lies in."""
    present = half_hour_at(now, tariff.zone)
    codes = tariff.calendar.codes_on(present.day)
    dearest = max(tariff.prices[band].total for band in codes)
    heights = [_height(tariff.prices[band].total, dearest) for band in codes]
    paths: dict[tuple[Band, bool], str] = {}
    for number, (band, height) in enumerate(zip(codes, heights, strict=True)):
        key = (band, number < present.number)
        bar = f"M{number * STEP} {BASE - height}h{BAR}v{height}h-{BAR}z"
        paths[key] = paths.get(key, "") + bar
    local = now.astimezone(tariff.zone)
    return Strip(
        bars=[Bars(LETTERS[band], past, path) for (band, past), path in paths.items()],
        periods=[_period(run, tariff, present.number) for run in merge(codes)],
        pin=(local.hour * 60 + local.minute) * WIDTH // (24 * 60),
        top=BASE - heights[present.number],
    )


def _period(run: Run, tariff: TariffSnapshot, number: int) -> Period:
    return Period(
        band=run.band,
        letter=LETTERS[run.band],
        price=tariff.prices[run.band],
        text=run.text.replace("-", "–"),
        current=run.first <= number < run.last,
    )


def _height(price: Decimal, dearest: Decimal) -> int:
    return max(int(TALLEST * price / dearest), SHORTEST) if dearest else SHORTEST
