"""State machines of drivers, cards and messages."""

from __future__ import annotations

from backoffice.kit.machines import Machine

DRIVER: Machine = {
    "active": frozenset({"blocked"}),
    "blocked": frozenset({"active"}),
}

CARD: Machine = {
    "active": frozenset({"blocked", "lost"}),
    "blocked": frozenset({"active", "lost"}),
    "lost": frozenset({"active"}),  # found again
}

SMS: Machine = {
    "queued": frozenset({"sending", "failed"}),
    "sending": frozenset(
        {"sending", "queued", "sent", "failed"}
    ),  # a sender that died is replaced by another
    "sent": frozenset({"delivered", "failed"}),
    "delivered": frozenset(),
    "failed": frozenset(),
}
