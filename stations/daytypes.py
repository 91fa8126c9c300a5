"""The day types of a price list: which 48 codes count on which days, and why.

A local day has exactly one type: of those that cover it, the one of the most special kind (``RANKS``: single
dates, holidays, weekdays of a season, a season, weekdays), else the usual day. Two of one kind may never
claim the same day, so the order in which they are written does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Any

from stations.slots import Calendar, Codes, DayRule, Season, SlotError, parse_codes

MOST_TYPES = 20
MOST_DATES = 200

_LEAP_YEAR = [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]


class DayKind(StrEnum):
    """What decides that a day is of a type."""

    WEEKDAYS = "weekdays"
    SEASON = "season"  # some or all weekdays of a part of every year
    HOLIDAYS = "holidays"  # those of the owner's calendar
    DATES = "dates"


class Rank(StrEnum):
    """How special a type is; the first that covers a day counts."""

    DATES = "dates"
    HOLIDAYS = "holidays"
    SEASON_WEEKDAYS = "season_weekdays"
    SEASON = "season"
    WEEKDAYS = "weekdays"
    USUAL = "usual"


RANKS = tuple(Rank)


@dataclass(frozen=True, slots=True)
class DayType:
    """Some days with codes of their own; which fields count is a matter of ``kind``."""

    kind: DayKind
    name: str
    codes: Codes
    weekdays: frozenset[int] = frozenset()
    season: Season | None = None
    dates: frozenset[date] = frozenset()

    @property
    def rank(self) -> Rank:
        if self.kind is DayKind.SEASON:
            return Rank.SEASON_WEEKDAYS if self.weekdays else Rank.SEASON
        return Rank(self.kind.value)

    def rule(self, holidays: Iterable[date] = ()) -> DayRule:
        """The same as a rule of a calendar; ``holidays`` are the owner's."""
        if self.kind is DayKind.DATES:
            return DayRule(self.codes, dates=self.dates)
        if self.kind is DayKind.HOLIDAYS:
            return DayRule(self.codes, dates=frozenset(holidays))
        seasons = (self.season,) if self.season is not None else ()
        return DayRule(self.codes, weekdays=self.weekdays, seasons=seasons)

    def to_json(self) -> dict[str, Any]:
        """What a version stores: strings and integers only."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "codes": "".join(self.codes),
            "weekdays": sorted(self.weekdays),
            "season": list(self.season.text) if self.season is not None else [],
            "dates": sorted(day.isoformat() for day in self.dates),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DayType:
        """Read what ``to_json`` wrote; SlotError, KeyError or ValueError on anything else."""
        season = data["season"]
        return cls(
            kind=DayKind(data["kind"]),
            name=str(data["name"]),
            codes=parse_codes(data["codes"]),
            weekdays=frozenset(int(day) for day in data["weekdays"]),
            season=Season.parse(*season) if season else None,
            dates=frozenset(date.fromisoformat(day) for day in data["dates"]),
        )


@dataclass(frozen=True, slots=True)
class Clash:
    """Two types of one rank that claim the same day; ``day`` is the first such one, None for any holiday."""

    first: DayType
    second: DayType
    day: date | None


def read_types(stored: Sequence[Mapping[str, Any]]) -> tuple[DayType, ...]:
    """The day types of a version; SlotError ``unreadable`` on what none wrote."""
    try:
        return tuple(DayType.from_json(data) for data in stored)
    except SlotError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise SlotError("unreadable") from error


def ranked(types: Iterable[DayType]) -> list[DayType]:
    """The most special first."""
    return sorted(types, key=lambda one: RANKS.index(one.rank))


def calendar_of(default: Codes, types: Iterable[DayType], holidays: Iterable[date] = ()) -> Calendar:
    """The calendar that prices read: the most special rule first."""
    known = frozenset(holidays)
    return Calendar(default, tuple(one.rule(known) for one in ranked(types)))


def claims(types: Iterable[DayType], day: date, holidays: Iterable[date] = ()) -> list[DayType]:
    """The types that cover a day, the one that counts first; empty on a usual day."""
    known = frozenset(holidays)
    return [one for one in ranked(types) if one.rule(known).covers(day)]


def clashes(types: Sequence[DayType]) -> list[Clash]:
    """Pairs of one rank that claim the same day."""
    found = []
    for first, second in combinations(types, 2):
        if first.rank is second.rank:
            clash = _clash(first, second)
            if clash is not None:
                found.append(clash)
    return found


def _clash(first: DayType, second: DayType) -> Clash | None:
    if first.rank is Rank.HOLIDAYS:
        return Clash(first, second, None)
    if first.rank is Rank.DATES:
        common = first.dates & second.dates
        return Clash(first, second, min(common)) if common else None
    if first.weekdays and second.weekdays and not first.weekdays & second.weekdays:
        return None
    if first.season is None or second.season is None:
        shared = first.weekdays & second.weekdays
        return Clash(first, second, _first_on(min(shared))) if shared else None
    both = (day for day in _LEAP_YEAR if first.season.covers(day) and second.season.covers(day))
    day = next(both, None)
    return Clash(first, second, day) if day is not None else None


def _first_on(weekday: int) -> date:
    """The first day of the year with a weekday."""
    return next(day for day in _LEAP_YEAR if day.weekday() == weekday)
