"""State machines are tables: from each state, the states that it may become. Pure.

An illegal move is an exception, never a silent write.
"""

from __future__ import annotations

from collections.abc import Mapping

Machine = Mapping[str, frozenset[str]]


class IllegalMove(RuntimeError):
    """A state machine was asked for a transition that its table does not have."""


def move(machine: Machine, old: str, new: str) -> str:
    """The new state. Raises IllegalMove."""
    if new not in machine[old]:
        raise IllegalMove(f"{old} → {new}")
    return new
