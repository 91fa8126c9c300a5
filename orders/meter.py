"""What of a pile's readings is billed: a monotonic envelope of the register over the session.

The envelope begins with the start of the transaction, never falls, never leaves the session's time,
and depends on what was read, not on the order in which it arrived. Nothing is guessed: a reading
that cannot be true is left out and named, so that the bill can be explained and a case opened.
Energy is integer Wh of the connector's register, power is W, instants are aware.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from typing import NamedTuple

from backoffice.kit.money import Exact, round_half_up

NOISE_WH = 10
"""A register that falls by no more than this has only been rounded differently."""

SLACK_PERCENT = 110
SLACK_WH = 500
"""Energy above rated power x time x 1.1 + 0.5 kWh did not flow through the connector (A07)."""


class Reading(NamedTuple):
    """The register at an instant. ``aligned``: taken on the clock (context ``Sample.Clock``)."""

    at: datetime
    wh: int
    aligned: bool = False


class MeterFlag(StrEnum):
    """What the envelope had to leave out or change."""

    OUTSIDE_TIME = "outside_time"  # before the start or after the stop
    OUTSIDE_REGISTER = "outside_register"  # above a meterStop that a person has corrected
    CONFLICT = "conflict"  # two values for one instant
    ROLLBACK = "rollback"  # the register fell
    JUMP = "jump"  # more than the connector can deliver
    RELATIVE = "relative"  # samples count from 0, meterStart does not
    STOP_BEFORE_START = "stop_before_start"


class Fall(NamedTuple):
    """The register fell from ``before`` to ``after`` Wh."""

    at: datetime
    before: int
    after: int


class Leap(NamedTuple):
    """The register rose by ``wh`` where at most ``possible`` could flow."""

    at: datetime
    wh: int
    possible: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """``readings`` rise from the start to the accepted end. ``falls`` and ``leaps`` are evidence."""

    readings: tuple[Reading, ...]
    flags: frozenset[MeterFlag]
    falls: tuple[Fall, ...] = ()
    leaps: tuple[Leap, ...] = ()

    @property
    def wh(self) -> int:
        """Accepted energy."""
        return self.readings[-1].wh - self.readings[0].wh


def whole_wh(value: Exact) -> int:
    """A register value as piles send it (fractions of a Wh, converted kWh) in Wh."""
    return round_half_up(value)


def deliverable_wh(rated_w: int, duration: timedelta) -> int:
    """The most that can have flowed at ``rated_w`` in ``duration``, with the slack of rule A07."""
    seconds = max(duration.days * 86_400 + duration.seconds, 0)
    return rated_w * SLACK_PERCENT * seconds // 360_000 + SLACK_WH


def envelope(
    start: Reading,
    samples: Iterable[Reading],
    stop: Reading | None = None,
    *,
    rated_w: int | None = None,
    binding: bool = False,
) -> Envelope:
    """The accepted readings of a session, running (no ``stop``) or finished.

    A meterStop below an earlier reading is a rollback: the session is billed up to the highest
    reading before it. With ``rated_w`` a leap is left out, and a leap at the stop is cut to what
    the connector can deliver; pass none where the pile's clock was wrong, no duration is known then.
    ``binding``: a person has decided the stop, it overrules the samples.
    """
    builder = _Builder(start, stop, rated_w)
    ordered = [sample for sample, _ in groupby(sorted(samples))]
    lift = 0
    if _are_relative(start, ordered, stop, rated_w):
        lift = start.wh
        builder.flags.add(MeterFlag.RELATIVE)
    for sample in ordered:
        builder.add(sample._replace(wh=sample.wh + lift) if lift else sample)
    if stop is not None and binding:
        builder.end_as_decided(stop)
    elif stop is not None:
        builder.end(stop)
    return Envelope(tuple(builder.kept), frozenset(builder.flags), tuple(builder.falls), tuple(builder.leaps))


def _are_relative(
    start: Reading, ordered: Sequence[Reading], stop: Reading | None, rated_w: int | None
) -> bool:
    """Whether the samples count from the start of the session while meterStart is the meter's own.

    They then begin nearer to 0 than to meterStart, never fall, can have flowed since the start, and
    the stop goes on from them.
    """
    own = [sample for sample in ordered if sample.at >= start.at]
    if not own or own[0].wh < 0 or 2 * own[0].wh >= start.wh:
        return False
    if any(later.wh < sample.wh for sample, later in pairwise(own)):
        return False
    if stop is not None and stop.wh + NOISE_WH < start.wh + own[-1].wh:
        return False
    if rated_w is None:
        return own[-1].wh < start.wh
    if stop is not None and _leaps(own[-1]._replace(wh=start.wh + own[-1].wh), stop, rated_w):
        return False
    return not any(_leaps(Reading(start.at, 0), sample, rated_w) for sample in own)


def _leaps(earlier: Reading, later: Reading, rated_w: int) -> bool:
    return later.wh - earlier.wh > deliverable_wh(rated_w, later.at - earlier.at)


class _Builder:
    """The envelope as it grows, one reading after the other in order of time."""

    def __init__(self, start: Reading, stop: Reading | None, rated_w: int | None) -> None:
        self.kept = [start]
        self.flags: set[MeterFlag] = set()
        self.falls: list[Fall] = []
        self.leaps: list[Leap] = []
        self._start = start
        in_order = stop is None or stop.at >= start.at
        self._end = stop.at if stop is not None and in_order else None
        self._rated_w = rated_w if in_order else None

    def add(self, sample: Reading) -> None:
        last = self.kept[-1]
        if sample.at < self._start.at or (self._end is not None and sample.at > self._end):
            self.flags.add(MeterFlag.OUTSIDE_TIME)
        elif sample.wh < last.wh:
            self._note_fall(last, sample)
        elif sample.at == last.at:
            self._join(last, sample)
        elif sample.wh - last.wh > (possible := self._possible(last, sample)):
            self._note_leap(last, sample, possible)
        else:
            self.kept.append(sample)

    def end(self, stop: Reading) -> None:
        """Close with the stop as the pile sent it."""
        top = self.kept[-1]
        at = self._closing_instant(stop)
        if stop.wh + NOISE_WH < top.wh:
            self._note_fall(top, stop)
            self._close(at, top.wh)
            return
        self._drop_above(max(stop.wh, self._start.wh))
        last = self.kept[-1]
        wh = max(stop.wh, last.wh)
        possible = self._possible(last, Reading(at, wh))
        if wh - last.wh > possible:
            self._note_leap(last, stop, possible)
            wh = last.wh + possible
        self._close(at, wh)

    def end_as_decided(self, stop: Reading) -> None:
        """Close with a stop that a person decided: readings above it are left out."""
        at = self._closing_instant(stop)
        wh = max(stop.wh, self._start.wh)
        if self._drop_above(wh):
            self.flags.add(MeterFlag.OUTSIDE_REGISTER)
        self._close(at, wh)

    def _closing_instant(self, stop: Reading) -> datetime:
        if stop.at < self._start.at:
            self.flags.add(MeterFlag.STOP_BEFORE_START)
        return max(stop.at, self.kept[-1].at)

    def _close(self, at: datetime, wh: int) -> None:
        if len(self.kept) > 1 and self.kept[-1].at == at:
            self.kept.pop()
        self.kept.append(Reading(at, wh))

    def _drop_above(self, wh: int) -> bool:
        before = len(self.kept)
        while len(self.kept) > 1 and self.kept[-1].wh > wh:
            self.kept.pop()
        return len(self.kept) < before

    def _join(self, last: Reading, sample: Reading) -> None:
        """A second value for one instant: the lower one stands, and it is aligned if either is."""
        if sample.wh != last.wh:
            self.flags.add(MeterFlag.CONFLICT)
        elif sample.aligned and len(self.kept) > 1:
            self.kept[-1] = sample

    def _possible(self, last: Reading, reading: Reading) -> int:
        """What can have flowed from ``last`` to ``reading``, by this step and by the whole session."""
        if self._rated_w is None:
            return max(reading.wh - last.wh, 0)
        whole = self._start.wh + deliverable_wh(self._rated_w, reading.at - self._start.at) - last.wh
        return min(whole, deliverable_wh(self._rated_w, reading.at - last.at))

    def _note_fall(self, last: Reading, reading: Reading) -> None:
        if reading.wh + NOISE_WH < last.wh:
            self.flags.add(MeterFlag.ROLLBACK)
            self.falls.append(Fall(reading.at, last.wh, reading.wh))

    def _note_leap(self, last: Reading, reading: Reading, possible: int) -> None:
        self.flags.add(MeterFlag.JUMP)
        self.leaps.append(Leap(reading.at, reading.wh - last.wh, possible))
