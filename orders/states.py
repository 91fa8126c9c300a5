"""The states of an order and of a case, as tables; a move that is not in its table is an exception.

An order has three that do not know each other: how the charge goes, how it is paid, whether it is
under review. They only go forward. A late message from a pile is no reason to move back: the caller
asks ``can_move`` first and records what came too late. The one way back is a start that was made
while the pile was offline and reaches us after the order had failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class ChargeState(StrEnum):
    CREATED = "created"
    STARTING = "starting"
    CHARGING = "charging"
    STOPPING = "stopping"
    ENDED = "ended"
    START_FAILED = "start_failed"
    CANCELLED = "cancelled"


class PayState(StrEnum):
    UNFUNDED = "unfunded"
    HELD = "held"
    SETTLED = "settled"
    RELEASED = "released"
    ARREARS = "arrears"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class ReviewState(StrEnum):
    NONE = "none"
    ABNORMAL = "abnormal"
    RESOLVED = "resolved"


class Stage(StrEnum):
    """Where an order is in one word, for people: its three states, and what its pile says of it meanwhile."""

    CREATED = "created"
    STARTING = "starting"
    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    STOPPING = "stopping"
    LOST = "lost"  # energy may flow, and the pile cannot be heard
    FAULTED = "faulted"
    TO_SETTLE = "to_settle"  # ended, and its money waits
    OCCUPIED = "occupied"  # settled, the vehicle still stands there
    SETTLED = "settled"
    ARREARS = "arrears"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    START_FAILED = "start_failed"
    CANCELLED = "cancelled"


class CaseState(StrEnum):
    OPEN = "open"
    IN_REVIEW = "in_review"
    WAITING_DATA = "waiting_data"
    TO_APPROVE = "to_approve"  # decided by one person, and worth a second one
    DECIDED = "decided"
    CLOSED = "closed"


class Flag(StrEnum):
    """What is worth knowing of an order beside its states; flags are added and never taken away."""

    FORCED = "forced"  # ended in our books, without the pile's stop
    CORRECTED = "corrected"  # a person decided where the meter ended
    REOPENED = "reopened"  # given up, then started by a pile that had been offline
    UPLOADED_LATE = "uploaded_late"
    OTHER_CONNECTOR = "other_connector"  # started on another connector than the order was made for
    AFTER_CANCEL = "after_cancel"  # started with the token of an order that had been given up
    UNAUTHORISED = "unauthorised"  # started with a tag that was not accepted


class FactFlag(StrEnum):
    """What is odd about a transaction as the pile reported it."""

    STOP_MISSING = "stop_missing"  # the connector went on to another transaction
    BELOW_LAST_STOP = "meter_below_last_stop"
    START_UPLOADED_LATE = "start_uploaded_late"
    CLOCK_UNSYNCED = "clock_unsynced"  # the pile's time cannot be true, ours is taken


State = TypeVar("State", bound=StrEnum)
Machine = Mapping[State, frozenset[State]]

CHARGE: Machine[ChargeState] = {
    ChargeState.CREATED: frozenset(
        {
            ChargeState.STARTING,
            ChargeState.CHARGING,  # the start overtook the answer to RemoteStart
            ChargeState.START_FAILED,
            ChargeState.CANCELLED,
        }
    ),
    ChargeState.STARTING: frozenset({ChargeState.CHARGING, ChargeState.START_FAILED, ChargeState.CANCELLED}),
    ChargeState.CHARGING: frozenset({ChargeState.STOPPING, ChargeState.ENDED}),
    ChargeState.STOPPING: frozenset({ChargeState.ENDED}),
    ChargeState.ENDED: frozenset(),
    ChargeState.START_FAILED: frozenset({ChargeState.CHARGING}),
    ChargeState.CANCELLED: frozenset({ChargeState.CHARGING}),
}

PAY: Machine[PayState] = {
    PayState.UNFUNDED: frozenset({PayState.HELD, PayState.SETTLED, PayState.ARREARS}),
    PayState.HELD: frozenset({PayState.SETTLED, PayState.RELEASED, PayState.ARREARS}),
    PayState.SETTLED: frozenset({PayState.ARREARS, PayState.PARTLY_REFUNDED, PayState.REFUNDED}),
    PayState.RELEASED: frozenset({PayState.HELD, PayState.SETTLED, PayState.ARREARS}),
    PayState.ARREARS: frozenset({PayState.SETTLED, PayState.PARTLY_REFUNDED, PayState.REFUNDED}),
    PayState.PARTLY_REFUNDED: frozenset({PayState.PARTLY_REFUNDED, PayState.REFUNDED}),
    PayState.REFUNDED: frozenset(),
}

REVIEW: Machine[ReviewState] = {
    ReviewState.NONE: frozenset({ReviewState.ABNORMAL}),
    ReviewState.ABNORMAL: frozenset({ReviewState.RESOLVED}),
    ReviewState.RESOLVED: frozenset({ReviewState.ABNORMAL}),  # late evidence
}

CASE: Machine[CaseState] = {
    CaseState.OPEN: frozenset({CaseState.IN_REVIEW}),
    CaseState.IN_REVIEW: frozenset({CaseState.WAITING_DATA, CaseState.TO_APPROVE, CaseState.DECIDED}),
    CaseState.WAITING_DATA: frozenset({CaseState.IN_REVIEW}),
    CaseState.TO_APPROVE: frozenset({CaseState.IN_REVIEW, CaseState.DECIDED}),
    CaseState.DECIDED: frozenset({CaseState.CLOSED, CaseState.OPEN}),
    CaseState.CLOSED: frozenset({CaseState.OPEN}),  # late evidence: the case is reopened
}


class IllegalMove(Exception):
    """A move that the table of its machine does not have."""

    def __init__(self, current: StrEnum, target: StrEnum) -> None:
        super().__init__(f"{current} -> {target}")
        self.current = current
        self.target = target


def can_move(machine: Machine[State], current: State, target: State) -> bool:
    return target in machine[current]


def move(machine: Machine[State], current: State, target: State) -> State:
    """``target``, when the table has the move; IllegalMove otherwise."""
    if not can_move(machine, current, target):
        raise IllegalMove(current, target)
    return target


RUNNING = frozenset({ChargeState.STARTING, ChargeState.CHARGING, ChargeState.STOPPING})
NEVER_CHARGED = frozenset({ChargeState.START_FAILED, ChargeState.CANCELLED})
UNSETTLED = frozenset({PayState.UNFUNDED, PayState.HELD})
OPEN = frozenset({ChargeState.CREATED, ChargeState.STARTING, ChargeState.CHARGING, ChargeState.STOPPING})
LIVE = frozenset({ChargeState.CHARGING, ChargeState.STOPPING})
WAITING = frozenset({ChargeState.CREATED, ChargeState.STARTING})
UNDECIDED = frozenset({CaseState.OPEN, CaseState.IN_REVIEW, CaseState.WAITING_DATA, CaseState.TO_APPROVE})


def is_realtime(charge: ChargeState, pay: PayState) -> bool:
    """Under way, or ended and not yet settled."""
    return charge in RUNNING or (charge == ChargeState.ENDED and pay in UNSETTLED)


def is_historical(charge: ChargeState, pay: PayState) -> bool:
    """Settled in whatever way, failed or cancelled. Every order past ``CREATED`` is this or real-time."""
    return charge in NEVER_CHARGED or (charge == ChargeState.ENDED and pay not in UNSETTLED)


def is_abnormal(review: ReviewState) -> bool:
    """Waiting for a decision, whatever the two others are."""
    return review == ReviewState.ABNORMAL
