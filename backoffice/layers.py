"""The rooms from top to bottom, for the check on foreign keys; import-linter reads the same from ``pyproject.toml``."""

from __future__ import annotations

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"scan", "reports"}),
    frozenset({"service", "mall"}),
    frozenset({"orders"}),
    frozenset({"alarms"}),
    frozenset({"stations", "finance"}),
    frozenset({"drivers"}),
    frozenset({"tenants"}),
    frozenset({"kit"}),
)


def depth(room: str) -> int | None:
    """How far below the top a room lies; None for what is no room of ours."""
    return next((at for at, rooms in enumerate(LAYERS) if room in rooms), None)


def may_refer(room: str, other: str) -> bool:
    """May a table of ``room`` point at one of ``other``? At its own, and at rooms below."""
    here, there = depth(room), depth(other)
    return room == other or here is None or there is None or there > here
