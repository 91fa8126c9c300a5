"""How the power of a site is shared by the sessions that run there. Pure.

Everything is in the unit of the load group (kW, or A per phase), in tenths. Nobody gets more than it
can use while another could use more (max-min fairness); the sum is never above the limit, whatever the
sessions are; where the limit does not give each its least, they pause in turn. The same sessions
always get the same shares, in whatever order they are named.

A limit that was told is not yet obeyed: ``taken_at_most`` is what a session may draw as far as the
house knows, and ``moves`` lowers before it raises, so that the sum of that never passes the limit by
what the house does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Final

TENTH: Final = Decimal("0.1")
NOTHING: Final = Decimal(0)
PRESSING: Final = Decimal("0.95")
"""A vehicle that takes so much of its share may want more."""

HEADROOM: Final = Decimal("1.2")
"""What a vehicle that takes less keeps beyond what it takes, so that it can ask for more."""

SETTLED_AFTER: Final = timedelta(seconds=60)
"""A vehicle needs a while to follow a new limit: before, what it takes tells nothing."""

STEP: Final = Decimal("0.05")
"""A share is told again when it differs by more than this part of the one told."""

OLD_START: Final = timedelta(minutes=5)
"""A start older than this needs a sign of life before a profile is sent for it (domain 1.17, 58)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A session that takes part. ``most`` is what its connector can give.

    ``demand`` is what the vehicle was seen to want, None where it may want all. ``key`` orders the
    sessions: those that pause in turn do so in this order.
    """

    key: int
    most: Decimal
    demand: Decimal | None = None


def share(limit: Decimal, claims: Iterable[Claim], *, least: Decimal, turn: int = 0) -> dict[int, Decimal]:
    """The share of each session by its key; 0 is a pause. ``turn`` counts up each time others are to pause."""
    ordered = sorted(claims, key=lambda claim: claim.key)
    room = _tenths(limit)
    served = _served(room, ordered, _tenths(least), turn)
    floors = [min(_tenths(least), _tenths(claim.most)) for claim in served]
    wanted = [
        max(min(_wanted(claim), _tenths(claim.most)), floor)
        for claim, floor in zip(served, floors, strict=True)
    ]
    first = _fill(room, floors, wanted)
    # What nobody was seen to want is given all the same: it costs nobody anything.
    second = _fill(room, first, [_tenths(claim.most) for claim in served])
    shares = dict.fromkeys((claim.key for claim in ordered), NOTHING)
    shares |= {claim.key: amount * TENTH for claim, amount in zip(served, second, strict=True)}
    return shares


def demand_of(
    told: Decimal | None, taken: Decimal | None, *, steady: timedelta, before: Decimal | None = None
) -> Decimal | None:
    """What a vehicle wants, judged by what it took ``steady`` after its limit was last changed.

    None where that cannot be said, and where it takes all it may: it may want more then. As long as it
    follows a new limit, what it was seen to want ``before`` stands.
    """
    if told is None or taken is None:
        return None
    if steady < SETTLED_AFTER:
        return before
    if taken >= told * PRESSING:
        return None
    return (max(taken, NOTHING) * HEADROOM).quantize(TENTH, ROUND_UP)


def is_alive(*, now: datetime, started_at: datetime, received_at: datetime, sign_at: datetime | None) -> bool:
    """Whether a profile may be sent for a transaction, by its start and the last sign of it.

    A start that a pile kept while it was offline may long be over: only a reading or a status since
    it reached us shows that it runs.
    """
    if now - started_at <= OLD_START:
        return True
    return sign_at is not None and sign_at >= received_at - OLD_START


@dataclass(frozen=True, slots=True)
class Told:
    """What a session was told. ``obeys`` was accepted, or is what it takes untold.

    ``asked`` was sent since and is not answered for sure; ``is_waiting``: the answer may still come.
    ``is_due``: what it obeys runs out soon.
    """

    key: int
    obeys: Decimal
    asked: Decimal | None = None
    is_waiting: bool = False
    is_due: bool = False

    @property
    def taken_at_most(self) -> Decimal:
        """Without an answer it is at either of the two."""
        return self.obeys if self.asked is None else max(self.obeys, self.asked)


def moves(
    limit: Decimal, told: Sequence[Told], shares: Mapping[int, Decimal], *, reserved: Decimal = NOTHING
) -> dict[int, Decimal]:
    """Which sessions are told what now: every lowering, and the raises for which there is room already.

    ``reserved`` is what others may take of the limit: sessions that cannot be told anything. Raises
    that must wait for an answer to a lowering are found again when it is there. Whoever has not
    answered yet is told nothing.
    """
    room = limit - reserved - sum((one.taken_at_most for one in told), NOTHING)
    tight = room < NOTHING
    found: dict[int, Decimal] = {}
    rising: list[Told] = []
    for one in sorted(told, key=lambda one: one.key):
        target = shares.get(one.key)
        if target is None or one.is_waiting:
            continue
        if target < one.taken_at_most:
            if tight or one.is_due or _differs(one.taken_at_most, target):
                found[one.key] = target
        elif one.asked is not None or one.is_due or _differs(one.obeys, target):
            rising.append(one)
    for one in rising:
        rise = shares[one.key] - one.taken_at_most
        if rise <= max(room, NOTHING):
            found[one.key] = shares[one.key]
            room -= rise
    return found


def _differs(old: Decimal, new: Decimal) -> bool:
    if (old == NOTHING) != (new == NOTHING):
        return True
    return abs(new - old) > max(old * STEP, TENTH)


def _served(room: int, ordered: Sequence[Claim], least: int, turn: int) -> list[Claim]:
    """Those that do not pause: all of them where the least of each fits, else as many as fit, in turn."""
    floors = [min(least, _tenths(claim.most)) for claim in ordered]
    if sum(floors) <= room:
        return list(ordered)
    first = turn % len(ordered)
    found: list[Claim] = []
    for claim in [*ordered[first:], *ordered[:first]]:
        floor = min(least, _tenths(claim.most))
        if floor <= room:
            found.append(claim)
            room -= floor
    return sorted(found, key=lambda claim: claim.key)


def _fill(room: int, floors: Sequence[int], tops: Sequence[int]) -> list[int]:
    """Water-filling: raise the lowest first, all together, each up to its top, until the room is used.

    The last tenths that do not go round stay unused. Each has at least its floor, for which there is room.
    """
    low, high = 0, max(tops, default=0)
    while low < high:
        level = (low + high + 1) // 2
        if sum(_at(level, floors, tops)) <= room:
            low = level
        else:
            high = level - 1
    return _at(low, floors, tops)


def _at(level: int, floors: Sequence[int], tops: Sequence[int]) -> list[int]:
    return [max(floor, min(level, top)) for floor, top in zip(floors, tops, strict=True)]


def _wanted(claim: Claim) -> int:
    return _tenths(claim.most) if claim.demand is None else _tenths(claim.demand)


def _tenths(value: Decimal) -> int:
    return int((max(value, NOTHING) * 10).to_integral_value(ROUND_DOWN))
