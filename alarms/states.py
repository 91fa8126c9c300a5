"""The life of an alarm. A cleared one comes back for a while; a closed one never does."""

from __future__ import annotations

from datetime import timedelta

from backoffice.kit.machines import Machine

ALARM: Machine = {
    "open": frozenset({"acknowledged", "cleared", "closed"}),
    "acknowledged": frozenset({"cleared", "closed"}),
    "cleared": frozenset({"open", "closed"}),
    "closed": frozenset(),
}

LIVE = ("open", "acknowledged")

REOPENS_WITHIN = timedelta(minutes=30)
"""What comes back this soon after it was cleared is the same alarm."""
