"""The periods of the overview: today, this month, this year, all; and what each is compared with.

Days are those of the reader's tenant. A period that still runs is compared by complete days only, an
equal number of them on both sides, so that a morning does not look like a loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class Kind(StrEnum):
    """What the reader asked for; the value stands in the address."""

    TODAY = "today"
    MONTH = "month"
    YEAR = "year"
    ALL = "all"

    @property
    def wider(self) -> Kind:
        """What stands small below the big figure."""
        return {Kind.TODAY: Kind.MONTH, Kind.MONTH: Kind.YEAR, Kind.YEAR: Kind.ALL, Kind.ALL: Kind.TODAY}[
            self
        ]


@dataclass(frozen=True, slots=True)
class Days:
    """From ``first`` to ``last``, both included; an open ``first`` reaches back to the beginning."""

    first: date | None
    last: date


def days_of(kind: Kind, today: date) -> Days:
    """The days of a period that ends today."""
    match kind:
        case Kind.TODAY:
            return Days(today, today)
        case Kind.MONTH:
            return Days(today.replace(day=1), today)
        case Kind.YEAR:
            return Days(today.replace(month=1, day=1), today)
        case Kind.ALL:
            return Days(None, today)


def compared(kind: Kind, today: date) -> tuple[Days, Days] | None:
    """The complete days to compare, and those of the period before. None where there is nothing to compare."""
    yesterday = today - DAY
    match kind:
        case Kind.TODAY:
            this = Days(today - WEEK, yesterday)
            return this, Days(today - 2 * WEEK, today - WEEK - DAY)
        case Kind.MONTH:
            first = today.replace(day=1)
            before = (first - DAY).replace(day=1)
            return _equally_long(first, yesterday, before, first - DAY)
        case Kind.YEAR:
            first = today.replace(month=1, day=1)
            before = first.replace(year=first.year - 1)
            return _equally_long(first, yesterday, before, first - DAY)
        case Kind.ALL:
            return None


def course(kind: Kind, today: date) -> Days:
    """The span of the small curve: 14 or 30 days, 12 or 24 months. What still runs would look like a fall, and is left out."""
    if days := {Kind.TODAY: 14, Kind.MONTH: 30}.get(kind):
        return Days(today - days * DAY, today - DAY)
    this = today.replace(day=1)
    years = {Kind.YEAR: 1, Kind.ALL: 2}[kind]
    return Days(this.replace(year=this.year - years), this - DAY)


def change(now: int, before: int) -> float | None:
    """``0.062`` for 6.2 % more. None where there was nothing before."""
    return (now - before) / before if before > 0 else None


def _equally_long(first: date, last: date, before: date, end: date) -> tuple[Days, Days] | None:
    length = min((last - first).days, (end - before).days)
    if length < 0:
        return None
    return Days(first, first + timedelta(days=length)), Days(before, before + timedelta(days=length))
