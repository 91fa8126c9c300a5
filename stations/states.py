"""State machines of this room as tables, without Django.

What staff or timers do follows the table or is refused. What a pile reports is kept either way: a
step that is not in the table is marked, because piles hide intermediate states (OCPP 1.6 errata 3.19).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from backoffice.kit.machines import Machine
from ocpp_gateway.wire import CommandState

_C = CommandState

UNANSWERED: Final = frozenset({_C.QUEUED, _C.SENT})
"""Nobody knows yet what became of the command."""

UNKNOWN_OUTCOME: Final = frozenset({_C.TIMED_OUT, _C.CONNECTION_LOST})
"""The pile may have done it all the same: only evidence tells."""

NEVER_SENT: Final = frozenset({_C.REFUSED, _C.EXPIRED})

_ANSWERED = frozenset({_C.ACCEPTED, _C.REJECTED, _C.ERROR, _C.TIMED_OUT, _C.CONNECTION_LOST})

COMMAND_MOVES: Final[Mapping[CommandState, frozenset[CommandState]]] = {
    _C.QUEUED: frozenset({_C.SENT}) | _ANSWERED | NEVER_SENT,
    _C.SENT: frozenset({_C.REFUSED}) | _ANSWERED,
    _C.ACCEPTED: frozenset({_C.EFFECT_SEEN, _C.EFFECT_MISSING}),
    _C.TIMED_OUT: frozenset({_C.EFFECT_SEEN}),
    _C.CONNECTION_LOST: frozenset({_C.EFFECT_SEEN}),
    _C.REJECTED: frozenset(),
    _C.ERROR: frozenset(),
    _C.REFUSED: frozenset(),
    _C.EXPIRED: frozenset(),
    _C.EFFECT_SEEN: frozenset(),
    _C.EFFECT_MISSING: frozenset(),
}


def may_move(old: CommandState, new: CommandState) -> bool:
    """Whether a command in state ``old`` may become ``new``."""
    return new in COMMAND_MOVES[old]


# OCPP 1.6 §4.9 and errata 3.20.
CONNECTOR_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "Available": frozenset(
        {"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Reserved", "Unavailable", "Faulted"}
    ),
    "Preparing": frozenset({"Available", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Faulted"}),
    "Charging": frozenset(
        {"Available", "SuspendedEV", "SuspendedEVSE", "Finishing", "Unavailable", "Faulted"}
    ),
    "SuspendedEV": frozenset(
        {"Available", "Charging", "SuspendedEVSE", "Finishing", "Unavailable", "Faulted"}
    ),
    "SuspendedEVSE": frozenset(
        {"Available", "Charging", "SuspendedEV", "Finishing", "Unavailable", "Faulted"}
    ),
    "Finishing": frozenset({"Available", "Preparing", "Unavailable", "Faulted"}),
    "Reserved": frozenset({"Available", "Preparing", "Unavailable", "Faulted"}),
    "Unavailable": frozenset(
        {"Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Faulted"}
    ),
    "Faulted": frozenset(
        {
            "Available",
            "Preparing",
            "Charging",
            "SuspendedEV",
            "SuspendedEVSE",
            "Finishing",
            "Reserved",
            "Unavailable",
        }
    ),
}

STATUSES_OF_PILE: Final = frozenset({"Available", "Unavailable", "Faulted"})
"""What connector 0, the pile itself, may report (OCPP 1.6 §4.9)."""

OCCUPIED: Final = frozenset({"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"})
"""A cable is plugged in."""

CHARGING: Final = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE"})
"""A transaction runs."""

STARTABLE: Final = frozenset({"", "Available", "Preparing", "Reserved"})
"""A remote start makes sense; the empty status was never reported."""


def is_legal_step(connector: int, previous: str, status: str) -> bool:
    """Whether a connector may report ``status`` after ``previous``; repeating it and the first report are legal."""
    if connector == 0:
        return status in STATUSES_OF_PILE
    if status not in CONNECTOR_MOVES:
        return False
    return previous in {"", status} or status in CONNECTOR_MOVES.get(previous, frozenset())


class CampaignState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


_P = CampaignState
CAMPAIGN: Final[Machine] = {
    _P.RUNNING: frozenset({_P.PAUSED, _P.STOPPED, _P.DONE}),
    _P.PAUSED: frozenset({_P.RUNNING, _P.STOPPED}),
    _P.STOPPED: frozenset(),
    _P.DONE: frozenset(),
}
"""Many piles asked for the same. One that is paused or stopped asks nobody any more; who was asked ends."""


class ItemState(StrEnum):
    """One pile of a campaign. ``SKIPPED`` was never asked."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


_I = ItemState
ITEM: Final[Machine] = {
    _I.WAITING: frozenset({_I.RUNNING, _I.FAILED, _I.SKIPPED}),
    _I.RUNNING: frozenset({_I.DONE, _I.FAILED}),
    _I.DONE: frozenset(),
    _I.FAILED: frozenset(),
    _I.SKIPPED: frozenset(),
}

ITEM_OPEN: Final = frozenset({_I.WAITING, _I.RUNNING})
"""Not ended yet."""
