"""State machines of money as tables (``backoffice.kit.machines``)."""

from __future__ import annotations

from backoffice.kit.machines import Machine

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
