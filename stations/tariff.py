"""The tariff as it was when a session began: what an order is priced by, whatever happens to the tariff.

A snapshot is complete (every band that its days use has a price) and is read from its JSON to the
same value that was written. Unit prices are exact decimals per kWh with five digits, money of the
idle fee is in minor units. An invalid snapshot is a TariffError with a code, never a half one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from backoffice.kit.money import MoneyError, minor_digits
from stations.slots import (
    Band,
    Calendar,
    DayRule,
    HalfHour,
    Season,
    SlotError,
    band_at,
    bands_ahead,
    next_change,
    parse_codes,
)

PRICE_STEP = Decimal("0.00001")
_FORMAT, _FORMAT_WITH_SEASONS = 1, 2
"""The second is written only where a rule has seasons: code that knows the first would not see them."""
_DEAREST = Decimal(100_000)


class TariffError(ValueError):
    """A snapshot that nothing can be priced by; the argument is a stable code."""


class Rounding(StrEnum):
    """Each line to the minor unit, or their sum and then the lines by largest remainder."""

    LINE = "line"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """Major units per kWh, not negative, at most five decimals; ``Decimal(10, 5)`` in the database."""

    electricity: Decimal
    service: Decimal

    def __post_init__(self) -> None:
        for field in ("electricity", "service"):
            object.__setattr__(self, field, _price(getattr(self, field)))

    @property
    def total(self) -> Decimal:
        return self.electricity + self.service


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the wall clock, each day; it crosses midnight when ``end`` is not after ``start``."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class IdlePolicy:
    """What standing at the connector costs after charging: minor units per full minute after the grace."""

    grace_min: int
    per_minute: int
    cap: int | None = None
    free: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        if min(self.grace_min, self.per_minute, self.cap or 0) < 0:
            raise TariffError("bad_idle_policy")


@dataclass(frozen=True, slots=True)
class TariffSnapshot:
    """One version of a tariff with all its day types, in the time zone of the station.

    ``min_hold`` is in minor units. ``idle`` is None where standing costs nothing.
    """

    version_id: int
    name: str
    currency: str
    zone: ZoneInfo
    calendar: Calendar
    prices: Mapping[Band, UnitPrice]
    idle: IdlePolicy | None = None
    min_hold: int = 0
    rounding: Rounding = Rounding.LINE

    def __post_init__(self) -> None:
        try:
            minor_digits(self.currency)
        except MoneyError as error:
            raise TariffError(error.code.value) from None
        if self.min_hold < 0:
            raise TariffError("bad_minimum_hold")
        if any(band not in self.prices for codes in self.calendar.all_codes() for band in set(codes)):
            raise TariffError("band_without_price")

    def band_at(self, instant: datetime) -> Band:
        return band_at(instant, self.zone, self.calendar)

    def price_at(self, instant: datetime) -> UnitPrice:
        return self.prices[self.band_at(instant)]

    def next_change(self, instant: datetime) -> tuple[HalfHour, UnitPrice] | None:
        """When the next band begins and what it costs; None when none does within 8 days."""
        half_hour = next_change(instant, self.zone, self.calendar)
        return half_hour and (half_hour, self.prices[self.calendar.band(half_hour)])

    def dearest_ahead(self, instant: datetime, within: timedelta) -> Decimal:
        """The highest price per kWh, both fees, from ``instant`` until ``within`` later."""
        bands = bands_ahead(instant, within, self.zone, self.calendar)
        return max(self.prices[band].total for band in bands)

    @property
    def is_free(self) -> bool:
        """Whether every kWh costs nothing."""
        return not any(price.total for price in self.prices.values())

    def to_json(self) -> dict[str, Any]:
        """What an order stores: strings and integers only."""
        return {
            "format": _FORMAT_WITH_SEASONS if _has_seasons(self.calendar) else _FORMAT,
            "version_id": self.version_id,
            "name": self.name,
            "currency": self.currency,
            "zone": self.zone.key,
            "codes": "".join(self.calendar.default),
            "days": [_rule_to_json(rule) for rule in self.calendar.rules],
            "prices": {
                band.value: [str(price.electricity), str(price.service)]
                for band, price in self.prices.items()
            },
            "idle": self.idle and _idle_to_json(self.idle),
            "min_hold": self.min_hold,
            "rounding": self.rounding.value,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TariffSnapshot:
        """Read what ``to_json`` wrote; TariffError on anything else."""
        try:
            if data["format"] not in {_FORMAT, _FORMAT_WITH_SEASONS}:
                raise TariffError("unknown_format")
            return cls(
                version_id=int(data["version_id"]),
                name=str(data["name"]),
                currency=data["currency"],
                zone=ZoneInfo(data["zone"]),
                calendar=Calendar(
                    parse_codes(data["codes"]), tuple(_rule_from_json(rule) for rule in data.get("days", ()))
                ),
                prices={
                    Band(letter): UnitPrice(Decimal(electricity), Decimal(service))
                    for letter, (electricity, service) in data["prices"].items()
                },
                idle=data.get("idle") and _idle_from_json(data["idle"]),
                min_hold=int(data.get("min_hold", 0)),
                rounding=Rounding(data["rounding"]),
            )
        except TariffError:
            raise
        except SlotError as error:
            raise TariffError(str(error)) from None
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, OSError) as error:
            raise TariffError("unreadable") from error


def _price(value: Decimal) -> Decimal:
    """The price with exactly five decimals; TariffError when it is out of range or finer than that."""
    if not value.is_finite() or not 0 <= value < _DEAREST:
        raise TariffError("price_out_of_range")
    exact = value.quantize(PRICE_STEP)
    if exact != value:
        raise TariffError("price_too_fine")
    return exact


def _has_seasons(calendar: Calendar) -> bool:
    return any(rule.seasons for rule in calendar.rules)


def _rule_to_json(rule: DayRule) -> dict[str, Any]:
    data: dict[str, Any] = {
        "codes": "".join(rule.codes),
        "weekdays": sorted(rule.weekdays),
        "dates": sorted(day.isoformat() for day in rule.dates),
    }
    return data | ({"seasons": [list(season.text) for season in rule.seasons]} if rule.seasons else {})


def _rule_from_json(data: Mapping[str, Any]) -> DayRule:
    return DayRule(
        codes=parse_codes(data["codes"]),
        weekdays=frozenset(int(day) for day in data["weekdays"]),
        dates=frozenset(date.fromisoformat(day) for day in data["dates"]),
        seasons=tuple(Season.parse(first, last) for first, last in data.get("seasons", ())),
    )


def _idle_to_json(policy: IdlePolicy) -> dict[str, Any]:
    return {
        "grace_min": policy.grace_min,
        "per_minute": policy.per_minute,
        "cap": policy.cap,
        "free": [[f"{window.start:%H:%M}", f"{window.end:%H:%M}"] for window in policy.free],
    }


def _idle_from_json(data: Mapping[str, Any]) -> IdlePolicy:
    return IdlePolicy(
        grace_min=int(data["grace_min"]),
        per_minute=int(data["per_minute"]),
        cap=None if data["cap"] is None else int(data["cap"]),
        free=read_windows(data["free"]),
    )


def read_windows(data: Iterable[Sequence[str]]) -> tuple[Window, ...]:
    """Spans of the wall clock from pairs of ISO 8601 times; TariffError ``unreadable``."""
    try:
        return tuple(Window(time.fromisoformat(start), time.fromisoformat(end)) for start, end in data)
    except (TypeError, ValueError) as error:
        raise TariffError("unreadable") from error
