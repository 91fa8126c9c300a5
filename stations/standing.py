"""What can be done with a connector now, and how bad that is. Pure: no Django, no clock."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """Made of what the pile reported, whether it is heard, and what we want of it. The worst comes first."""

    FAULT = "fault"
    OFFLINE = "offline"
    CLOSED = "closed"  # out of operation, by us or by the pile
    WAITING = "waiting"  # plugged in and not charging, or reserved
    CHARGING = "charging"
    IDLE = "idle"


Counts = tuple[int, ...]
"""How many connectors are in each standing, in the order of ``Standing``."""


def worst(counts: Counts) -> Standing | None:
    """The worst standing that any connector is in; None where there is no connector."""
    return next((standing for standing, count in zip(Standing, counts, strict=True) if count), None)


def added(one: Counts, other: Counts) -> Counts:
    """Both together."""
    return tuple(a + b for a, b in zip(one, other, strict=True))
