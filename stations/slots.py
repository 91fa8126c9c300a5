"""The day in half hours of the station's wall clock, each in one price band.

A half hour is what the clock on the wall shows, its limits are instants: where clocks change, a day
has 46, 49 or 50 of them, a repeated one has its band twice, a skipped one does not exist. Between
them they cover the day without a gap or an overlap. All instants are aware; results are in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

HALF_HOUR = timedelta(minutes=30)
HALF_HOURS_A_DAY = 48

_LONGEST_WAIT = timedelta(days=8)


class Band(StrEnum):
    """Price band of a half hour; the value is its letter in the 48 codes of a tariff."""

    SHARP = "S"
    PEAK = "P"
    FLAT = "F"
    VALLEY = "V"


Codes = tuple[Band, ...]


class SlotError(ValueError):
    """What is no day or no part of a year: ``wrong_length``, ``unknown_band``, ``bad_season``."""


def parse_codes(text: str) -> Codes:
    """The 48 letters of a day, from 00:00 to 24:00."""
    if len(text) != HALF_HOURS_A_DAY:
        raise SlotError("wrong_length")
    try:
        return tuple(Band(letter) for letter in text)
    except ValueError:
        raise SlotError("unknown_band") from None


class Run(NamedTuple):
    """Neighbouring half hours of one band: from index ``first`` up to, not including, ``last``."""

    first: int
    last: int
    band: Band

    @property
    def text(self) -> str:
        """Wall-clock limits, ``"13:30-24:00"``."""
        return "-".join(f"{index // 2:02}:{index % 2 * 30:02}" for index in (self.first, self.last))


def merge(codes: Sequence[Band]) -> tuple[Run, ...]:
    """The day in as few runs as its bands allow; T/CEC 102.3 takes up to 32 of them."""
    runs: list[Run] = []
    for index, band in enumerate(codes):
        if runs and runs[-1].band == band:
            runs[-1] = runs[-1]._replace(last=index + 1)
        else:
            runs.append(Run(index, index + 1, band))
    return tuple(runs)


MonthDay = tuple[int, int]
"""A day of any year, (month, day)."""

_LEAP_YEAR = 2024
_FEBRUARY_28, _FEBRUARY_29 = (2, 28), (2, 29)


@dataclass(frozen=True, slots=True)
class Season:
    """A part of every year, both days included; it goes over New Year when ``last`` is before ``first``.

    One that ends on 28 February ends with February, in leap years too. SlotError ``bad_season`` for days
    that no year has.
    """

    first: MonthDay
    last: MonthDay

    def __post_init__(self) -> None:
        try:
            for month, day in (self.first, self.last):
                date(_LEAP_YEAR, month, day)
        except ValueError:
            raise SlotError("bad_season") from None
        if self.last == _FEBRUARY_28:
            object.__setattr__(self, "last", _FEBRUARY_29)

    def covers(self, day: date) -> bool:
        this = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= this <= self.last
        return this >= self.first or this <= self.last

    @property
    def text(self) -> tuple[str, str]:
        """Both days as ``"06-01"``."""
        return f"{self.first[0]:02}-{self.first[1]:02}", f"{self.last[0]:02}-{self.last[1]:02}"

    @classmethod
    def parse(cls, first: str, last: str) -> Season:
        """From two texts ``"06-01"``; SlotError ``bad_season``."""
        return cls(_month_day(first), _month_day(last))


def _month_day(text: str) -> MonthDay:
    month, _, day = text.partition("-")
    try:
        return int(month), int(day)
    except ValueError:
        raise SlotError("bad_season") from None


@dataclass(frozen=True, slots=True)
class DayRule:
    """Codes for some days: those of ``dates``; and those of ``weekdays`` (Monday 0) within ``seasons``.

    Without weekdays a season covers all its days, without seasons weekdays count all year.
    """

    codes: Codes
    weekdays: frozenset[int] = frozenset()
    dates: frozenset[date] = frozenset()
    seasons: tuple[Season, ...] = ()

    def covers(self, day: date) -> bool:
        if day in self.dates:
            return True
        if not self.weekdays and not self.seasons:
            return False
        of_week = not self.weekdays or day.weekday() in self.weekdays
        return of_week and (not self.seasons or any(season.covers(day) for season in self.seasons))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which codes a local day has: those of the first rule that covers it, else the default."""

    default: Codes
    rules: tuple[DayRule, ...] = ()

    def __post_init__(self) -> None:
        for codes in self.all_codes():
            if len(codes) != HALF_HOURS_A_DAY:
                raise SlotError("wrong_length")

    def all_codes(self) -> tuple[Codes, ...]:
        return (self.default, *(rule.codes for rule in self.rules))

    def codes_on(self, day: date) -> Codes:
        for rule in self.rules:
            if rule.covers(day):
                return rule.codes
        return self.default

    def band(self, half_hour: HalfHour) -> Band:
        return self.codes_on(half_hour.day)[half_hour.number]


class HalfHour(NamedTuple):
    """A half hour of local ``day``, ``number`` 0 to 47 by the wall clock, as the instants it lasts."""

    start: datetime
    end: datetime
    day: date
    number: int


@lru_cache(maxsize=512)
def half_hours(day: date, zone: ZoneInfo) -> tuple[HalfHour, ...]:
    """All half hours of a local day, in order: 48, or what the change of clocks leaves or adds."""
    return tuple(_walk(_midnight(day, zone), _midnight(day + timedelta(days=1), zone), day, zone))


def half_hour_at(instant: datetime, zone: ZoneInfo) -> HalfHour:
    """The half hour that ``instant`` lies in; its first instant belongs to it, its last one does not."""
    day = instant.astimezone(zone).date()
    whole = half_hours(day, zone)
    return whole[bisect_right(whole, instant, key=_start) - 1]


def band_at(instant: datetime, zone: ZoneInfo, calendar: Calendar) -> Band:
    return calendar.band(half_hour_at(instant, zone))


def segments(start: datetime, end: datetime, zone: ZoneInfo) -> list[HalfHour]:
    """The time from ``start`` to ``end`` cut at half hours. Never empty: no time at all is one cut of it."""
    cuts = list(_between(start, end, zone))
    cuts[0] = cuts[0]._replace(start=start.astimezone(UTC))
    cuts[-1] = cuts[-1]._replace(end=max(start, end).astimezone(UTC))
    return cuts


def next_change(instant: datetime, zone: ZoneInfo, calendar: Calendar) -> HalfHour | None:
    """The first half hour after ``instant`` with another band; None when none comes within 8 days."""
    present = band_at(instant, zone, calendar)
    for half_hour in _between(instant, instant + _LONGEST_WAIT, zone):
        if calendar.band(half_hour) != present:
            return half_hour
    return None


def bands_ahead(instant: datetime, within: timedelta, zone: ZoneInfo, calendar: Calendar) -> frozenset[Band]:
    """The bands that the time from ``instant`` touches."""
    return frozenset(calendar.band(half_hour) for half_hour in _between(instant, instant + within, zone))


def _between(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[HalfHour]:
    """The whole half hours that ``start`` to ``end`` touches, the one at ``start`` always."""
    first = half_hour_at(start, zone)
    yield first
    reached, day = first.end, first.day
    while reached < end:
        for half_hour in half_hours(day, zone):
            if reached <= half_hour.start < end:
                yield half_hour
        reached, day = _midnight(day + timedelta(days=1), zone), day + timedelta(days=1)


def _walk(start: datetime, end: datetime, day: date, zone: ZoneInfo) -> Iterator[HalfHour]:
    while start < end:
        local = start.astimezone(zone)
        into = timedelta(minutes=local.minute % 30, seconds=local.second, microseconds=local.microsecond)
        stop = min(start + HALF_HOUR - into, end)
        yield HalfHour(start, stop, day, local.hour * 2 + local.minute // 30)
        start = stop


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, also where clocks change at midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _start(half_hour: HalfHour) -> datetime:
    return half_hour.start
