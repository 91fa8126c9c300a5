"""A version of a tariff as prices read it: its calendar with the holidays of its owner, and its snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from stations.daytypes import DayKind, DayType, calendar_of, read_types
from stations.models import TariffVersion
from stations.slots import Band, Calendar, parse_codes
from stations.tariff import IdlePolicy, Rounding, TariffSnapshot, UnitPrice, read_windows
from tenants.selectors import holidays_for

BANDS = {Band.SHARP: "sharp", Band.PEAK: "peak", Band.FLAT: "flat", Band.VALLEY: "valley"}
FEES = ("electricity", "service")
PRICES = tuple(f"{band}_{fee}" for band in BANDS.values() for fee in FEES)

HOLIDAYS_BEFORE, HOLIDAYS_AHEAD = timedelta(days=2), timedelta(days=60)
"""The holidays that a snapshot keeps, around its making: a charge lies within them."""


def types_of(version: TariffVersion) -> tuple[DayType, ...]:
    """Its day types besides the usual day."""
    return read_types(version.days)


def used_bands(codes: str, types: Iterable[DayType]) -> list[Band]:
    """The bands that any of its days has, the dearest by name first."""
    letters = set(codes).union(*(one.codes for one in types))
    return [band for band in BANDS if band.value in letters]


def price_of(version: TariffVersion, band: Band) -> Decimal:
    """Both fees, major units per kWh."""
    total: Decimal = sum((getattr(version, f"{BANDS[band]}_{fee}") for fee in FEES), Decimal(0))
    return total


def holidays_of(version: TariffVersion, first: date, last: date) -> dict[date, str]:
    """The holidays of the owner's calendar from a day to a day, where the version has prices for them.

    Where it has none nothing is read.
    """
    if not any(one["kind"] == DayKind.HOLIDAYS for one in version.days):
        return {}
    return holidays_for(version.tenant_id, first, last)


def version_calendar(version: TariffVersion, holidays: Iterable[date] = ()) -> Calendar:
    """Which codes a local day has."""
    return calendar_of(parse_codes(version.codes), types_of(version), holidays)


def snapshot_of(version: TariffVersion, zone: str, *, at: datetime) -> TariffSnapshot:
    """A version as an order keeps it that begins about ``at``."""
    today = at.date()
    holidays = holidays_of(version, today - HOLIDAYS_BEFORE, today + HOLIDAYS_AHEAD)
    idle = None
    if version.idle_per_minute:
        idle = IdlePolicy(
            version.idle_grace_min,
            version.idle_per_minute,
            version.idle_cap,
            read_windows(version.idle_free),
        )
    return TariffSnapshot(
        version_id=version.pk,
        name=f"{version.tariff.name} v{version.number}",
        currency=version.tariff.currency,
        zone=ZoneInfo(zone),
        calendar=version_calendar(version, holidays),
        prices={
            band: UnitPrice(*(getattr(version, f"{name}_{fee}") for fee in FEES))
            for band, name in BANDS.items()
        },
        idle=idle,
        min_hold=version.min_hold,
        rounding=Rounding(version.tariff.rounding),
    )
