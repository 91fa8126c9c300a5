"""When a station is open, by its own clock. Pure.

A week of ranges and, before it, days that differ. A range that ends before it begins runs over midnight and
belongs to the day on which it begins. Nothing here stops anybody: what follows from "closed" is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self

DAY_MIN = 24 * 60
WEEK_DAYS = 7
MOST_RANGES = 6
MOST_DAYS = 60
LOOK_AHEAD_DAYS = 14
"""How far the next change is looked for: whoever is closed for longer says so in other words."""

_RANGE = re.compile(r"^(\d{1,2})[:.](\d{2})\s*(?:-|\u2013|\u2014|~|\uff5e|to|至|到)\s*(\d{1,2})[:.](\d{2})$")
_PARTS = re.compile(r"[,;，；、]")
ALL_DAY = frozenset({"24h", "24 h", "24小时", "24 小时", "全天", "all day", "open"})
CLOSED = frozenset({"", "-", "–", "closed", "休息", "关闭", "不营业"})


class Fault(StrEnum):
    """What is wrong with hours as typed."""

    RANGE = "range"
    OVERLAP = "overlap"
    TOO_MANY = "too_many"
    DAY = "day"
    TWICE = "twice"


class HoursError(ValueError):
    """Hours that cannot be. ``fault`` says why, ``text`` is what was typed."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(f"{fault}: {text}")
        self.fault, self.text = fault, text


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """Minutes since midnight, ``start`` within the day. ``end`` beyond 1440 lies on the next day."""

    start: int
    end: int

    @property
    def whole_day(self) -> bool:
        return self.end - self.start == DAY_MIN and self.start == 0

    def text(self) -> str:
        """``08:00-22:00``, as it may be typed."""
        return "24 h" if self.whole_day else f"{clock_text(self.start)}-{clock_text(self.end)}"


Ranges = tuple[Range, ...]
WHOLE_DAY: Ranges = (Range(0, DAY_MIN),)


@dataclass(frozen=True, slots=True)
class Now:
    """Whether it is open at an instant, and by the station's clock until when that holds (None: for long)."""

    open: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Hours:
    """Monday first. ``days`` are dates that differ from their weekday."""

    week: tuple[Ranges, ...]
    days: Mapping[date, Ranges] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self | None:
        """As stored; None where nothing was said of the hours."""
        if not stored:
            return None
        return cls(
            tuple(_read(ranges) for ranges in stored["week"]),
            {date.fromisoformat(day): _read(ranges) for day, ranges in stored.get("days", {}).items()},
        )

    def to_json(self) -> dict[str, Any]:
        """Minutes since midnight, so that nothing has to be parsed again."""
        return {
            "week": [_write(ranges) for ranges in self.week],
            "days": {day.isoformat(): _write(ranges) for day, ranges in sorted(self.days.items())},
        }

    @property
    def always(self) -> bool:
        """Around the clock, on every day."""
        return not self.days and all(ranges == WHOLE_DAY for ranges in self.week)

    def on(self, day: date) -> Ranges:
        """The ranges that begin on a day."""
        return self.days.get(day, self.week[day.weekday()])

    def at(self, local: datetime) -> Now:
        """Whether it is open at ``local``, a naive time by the station's clock, and until when."""
        if self.always:
            return Now(True, None)
        spans = list(self._spans(local.date()))
        inside = next((span for span in spans if span[0] <= local < span[1]), None)
        if inside is not None:
            horizon = _midnight(local.date()) + timedelta(days=LOOK_AHEAD_DAYS)
            return Now(True, inside[1] if inside[1] < horizon else None)
        return Now(False, next((start for start, _end in spans if start > local), None))

    def upcoming(self, today: date) -> list[tuple[date, Ranges]]:
        """The days that differ and are not over yet, the next first."""
        return sorted((day, ranges) for day, ranges in self.days.items() if day >= today)

    def groups(self) -> list[tuple[int, int, Ranges]]:
        """Neighbouring weekdays with the same hours: (first, last, ranges), Monday is 0."""
        found: list[tuple[int, int, Ranges]] = []
        for number, ranges in enumerate(self.week):
            if found and found[-1][2] == ranges:
                found[-1] = (found[-1][0], number, ranges)
            else:
                found.append((number, number, ranges))
        return found

    def _spans(self, today: date) -> Iterator[tuple[datetime, datetime]]:
        """Open spans from yesterday on, those that touch made one."""
        pending: tuple[datetime, datetime] | None = None
        for offset in range(-1, LOOK_AHEAD_DAYS + 1):
            day = today + timedelta(days=offset)
            for one in self.on(day):
                start, end = (_midnight(day) + timedelta(minutes=minute) for minute in (one.start, one.end))
                if pending is not None and start <= pending[1]:
                    pending = (pending[0], max(pending[1], end))
                    continue
                if pending is not None:
                    yield pending
                pending = (start, end)
        if pending is not None:
            yield pending


def parse_ranges(text: str) -> Ranges:
    """``08:00-12:00, 14:00-22:00``, ``24 h``, ``closed`` or nothing. Raises HoursError."""
    words = text.strip().casefold()
    if words in CLOSED:
        return ()
    if words in ALL_DAY:
        return WHOLE_DAY
    ranges = sorted(_range(part.strip(), text) for part in _PARTS.split(words) if part.strip())
    if len(ranges) > MOST_RANGES:
        raise HoursError(Fault.TOO_MANY, text)
    for earlier, later in pairwise(ranges):
        if later.start < earlier.end:
            raise HoursError(Fault.OVERLAP, text)
    if ranges and ranges[-1].end - DAY_MIN > ranges[0].start:
        raise HoursError(Fault.OVERLAP, text)
    return tuple(ranges)


def parse_days(text: str) -> dict[date, Ranges]:
    """One day a line: ``2026-12-25 closed``, ``2026-10-01 10:00-16:00``. Raises HoursError."""
    found: dict[date, Ranges] = {}
    for line in filter(str.strip, text.splitlines()):
        first, _space, rest = line.strip().partition(" ")
        try:
            day = date.fromisoformat(first)
        except ValueError as unknown:
            raise HoursError(Fault.DAY, line.strip()) from unknown
        if day in found:
            raise HoursError(Fault.TWICE, line.strip())
        found[day] = parse_ranges(rest)
    if len(found) > MOST_DAYS:
        raise HoursError(Fault.TOO_MANY, text.strip().splitlines()[0])
    return found


def ranges_text(ranges: Ranges) -> str:
    """As it may be typed; empty where it is closed."""
    return ", ".join(one.text() for one in ranges)


def days_text(days: Mapping[date, Ranges]) -> str:
    """As it may be typed, one day a line."""
    return "\n".join(f"{day.isoformat()} {ranges_text(days[day]) or 'closed'}" for day in sorted(days))


def clock_text(minute: int) -> str:
    """``08:00``; the end of the day is 24:00."""
    minute = minute if minute <= DAY_MIN else minute - DAY_MIN
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _range(part: str, text: str) -> Range:
    match = _RANGE.match(part)
    if match is None:
        raise HoursError(Fault.RANGE, text)
    from_hour, from_minute, to_hour, to_minute = (int(number) for number in match.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if max(from_minute, to_minute) > 59 or start >= DAY_MIN or end > DAY_MIN or start == end:
        raise HoursError(Fault.RANGE, text)
    return Range(start, end if end > start else end + DAY_MIN)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (the station's wall clock)


def _read(ranges: Any) -> Ranges:
    return tuple(Range(int(start), int(end)) for start, end in ranges)


def _write(ranges: Ranges) -> list[list[int]]:
    return [[one.start, one.end] for one in ranges]
