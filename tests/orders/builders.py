"""Tariffs and sessions for the tests of pricing, given and random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from orders.meter import Reading
from stations.slots import Band, Calendar, parse_codes
from stations.tariff import IdlePolicy, Rounding, TariffSnapshot, UnitPrice

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")

Prices = dict[Band, tuple[str, str]]

WORKED_CODES = "F" * 28 + "P" * 2 + "S" * 18
WORKED_PRICES: Prices = {
    Band.SHARP: ("1.22", "0.45"),
    Band.PEAK: ("1.02", "0.45"),
    Band.FLAT: ("0.68", "0.45"),
}


def at(text: str, zone: ZoneInfo = SHANGHAI, *, fold: int = 0) -> datetime:
    """An instant by the station's clock; a time alone is on 10 March 2026."""
    whole = text if "T" in text else f"2026-03-10T{text}"
    return datetime.fromisoformat(whole).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def tariff(codes: str = WORKED_CODES, prices: Prices | None = None, **changed: Any) -> TariffSnapshot:
    values: dict[str, Any] = {
        "version_id": 1,
        "name": "Standard",
        "currency": "CNY",
        "zone": SHANGHAI,
        "calendar": Calendar(parse_codes(codes)),
        "prices": {
            band: UnitPrice(Decimal(electricity), Decimal(service))
            for band, (electricity, service) in (prices or WORKED_PRICES).items()
        },
    }
    return TariffSnapshot(**values | changed)


def flat_tariff(electricity: str, service: str, **changed: Any) -> TariffSnapshot:
    return tariff("F" * 48, {Band.FLAT: (electricity, service)}, **changed)


def steady(
    start: datetime, end: datetime, power_w: int, *, every_s: int = 60, first_wh: int = 500_000
) -> list[Reading]:
    """A register that rises at constant power, read every ``every_s`` seconds and at the end."""
    lasts = int((end - start).total_seconds())
    seconds = [*range(0, lasts, every_s), lasts]
    return [Reading(start + timedelta(seconds=s), first_wh + power_w * s // 3600) for s in seconds]


@dataclass(frozen=True)
class Charge:
    """A random session: its tariff, its true readings, and how it arrived."""

    tariff: TariffSnapshot
    readings: tuple[Reading, ...]

    @property
    def start(self) -> Reading:
        return self.readings[0]

    @property
    def stop(self) -> Reading:
        return self.readings[-1]

    @property
    def samples(self) -> Sequence[Reading]:
        return self.readings[1:-1]

    def register_at(self, instant: datetime) -> int:
        """The true register, whole Wh."""
        for one, other in zip(self.readings, self.readings[1:], strict=False):
            if instant <= other.at:
                return one.wh + (other.wh - one.wh) * (instant - one.at) // (other.at - one.at)
        return self.stop.wh


_unit_prices = st.integers(0, 300_000).map(lambda steps: str(Decimal(steps).scaleb(-5)))


@st.composite
def tariffs(draw: st.DrawFn) -> TariffSnapshot:
    runs = draw(st.lists(st.tuples(st.sampled_from("SPFV"), st.integers(1, 20)), min_size=1, max_size=10))
    codes = ("".join(letter * length for letter, length in runs) + "F" * 48)[:48]
    zone = draw(
        st.sampled_from(
            ["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York"]
        )
    )
    return tariff(
        codes,
        {band: (draw(_unit_prices), draw(_unit_prices)) for band in Band},
        zone=ZoneInfo(zone),
        currency=draw(st.sampled_from(["CNY", "CNY", "EUR", "JPY", "KWD"])),
        rounding=draw(st.sampled_from(Rounding)),
        idle=IdlePolicy(
            draw(st.integers(0, 30)), draw(st.integers(0, 100)), draw(st.sampled_from([None, 1500]))
        ),
    )


@st.composite
def charges(draw: st.DrawFn) -> Charge:
    """Up to ten hours at up to 240 kW, around changes of clocks as often as not, read now and then."""
    begins = draw(
        st.one_of(
            st.integers(0, 3 * 365 * 86_400_000).map(
                lambda ms: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
            ),
            st.sampled_from([datetime(2025, 3, 29, 21, tzinfo=UTC), datetime(2025, 10, 25, 21, tzinfo=UTC)]),
            st.sampled_from([datetime(2025, 4, 5, 12, tzinfo=UTC), datetime(2025, 11, 2, 3, tzinfo=UTC)]),
        )
    )
    steps = draw(st.lists(st.tuples(st.integers(1, 2_400_000), st.integers(0, 240)), min_size=1, max_size=15))
    instant, register = begins, draw(st.integers(0, 10**8))
    readings = [Reading(instant, register)]
    for milliseconds, kilowatts in steps:
        instant += timedelta(milliseconds=milliseconds)
        register += kilowatts * milliseconds // 3600
        readings.append(Reading(instant, register))
    return Charge(draw(tariffs()), tuple(readings))
