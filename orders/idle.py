"""How long a car stood at the connector after it was charged, and what that costs.

Time counts from the end of charging plus the grace until the connector was left, without the spans
in which the pile was faulted or offline and without the free hours of the station's wall clock.
What is left is added up and charged by the full minute, so that a running session and a finished one
agree at every instant. Waiting longer never costs less.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from stations.tariff import IdlePolicy, Window

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` up to, not including, ``end``."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Occupancy:
    """A car at the connector after charging.

    ``since``: when charging was over (the transaction ended, or the car was full while the order
    stayed open). ``until``: when the connector was left, or as far as is certain by now. ``pauses``:
    spans in which the pile was faulted, out of service or offline; they may overlap.
    """

    since: datetime
    until: datetime
    pauses: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class IdleFee:
    """Full minutes charged and their price in minor units, ``capped`` where the cap cut it."""

    minutes: int
    amount: int
    capped: bool


def charge_idle(occupancy: Occupancy, policy: IdlePolicy, zone: ZoneInfo) -> IdleFee:
    """What ``occupancy`` costs by ``policy``, free hours in ``zone``."""
    minutes = idle_minutes(occupancy, policy, zone)
    amount = minutes * policy.per_minute
    if policy.cap is not None and amount > policy.cap:
        return IdleFee(minutes, policy.cap, True)
    return IdleFee(minutes, amount, False)


def idle_minutes(occupancy: Occupancy, policy: IdlePolicy, zone: ZoneInfo) -> int:
    """Full minutes that count."""
    start = occupancy.since.astimezone(UTC) + timedelta(minutes=policy.grace_min)
    end = occupancy.until.astimezone(UTC)
    if end <= start:
        return 0
    exempt = [*occupancy.pauses, *_free_spans(policy.free, start, end, zone)]
    return (end - start - _covered(exempt, start, end)) // _MINUTE


def _covered(spans: Iterable[Span], start: datetime, end: datetime) -> timedelta:
    """How much of ``start`` to ``end`` the spans cover, what overlaps counted once."""
    covered = timedelta()
    reached = start
    for span in sorted(spans, key=lambda span: span.start):
        begin, finish = max(span.start, reached), min(span.end, end)
        if finish > begin:
            covered += finish - begin
            reached = finish
    return covered


def _free_spans(windows: Iterable[Window], start: datetime, end: datetime, zone: ZoneInfo) -> Iterable[Span]:
    """Every occurrence of the windows that can touch ``start`` to ``end``, by the wall clock of each day."""
    first, last = start.astimezone(zone).date() - _DAY, end.astimezone(zone).date()
    for window in windows:
        day = first
        while day <= last:
            closing = day if window.end > window.start else day + _DAY
            yield Span(
                datetime.combine(day, window.start, zone).astimezone(UTC),
                datetime.combine(closing, window.end, zone).astimezone(UTC),
            )
            day += _DAY
