"""State machines of money as tables. An illegal move is an exception, never a silent write."""

from __future__ import annotations

from collections.abc import Mapping

Machine = Mapping[str, frozenset[str]]

HOLD: Machine = {
    "open": frozenset({"captured", "released"}),
    "captured": frozenset(),
    "released": frozenset(),
}

TOP_UP: Machine = {
    "pending": frozenset({"paid", "closed"}),
    "paid": frozenset({"refunded"}),
    "closed": frozenset({"refunded"}),  # the money came too late and went back
    "refunded": frozenset(),
}

REFUND: Machine = {
    "claimed": frozenset({"sent", "confirmed"}),  # to the wallet it is confirmed at once
    "sent": frozenset({"confirmed", "failed"}),
    "failed": frozenset({"sent", "confirmed", "returned"}),
    "confirmed": frozenset(),
    "returned": frozenset(),
}


class IllegalMove(RuntimeError):
    """A state machine was asked for a transition that its table does not have."""


def move(machine: Machine, old: str, new: str) -> str:
    """The new state. Raises IllegalMove."""
    if new not in machine[old]:
        raise IllegalMove(f"{old} → {new}")
    return new
