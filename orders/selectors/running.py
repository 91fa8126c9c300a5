"""Transactions that run now, as rooms below ask for them."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from orders.models import Transaction
from orders.states import LIVE, FactFlag
from stations.sessions import RunningSession

RUNNING = (
    Q(stop_received_at__isnull=True)
    & (Q(start_handled_at__isnull=True) | Q(order__charge_state__in=LIVE))
    & ~Q(flags__contains=[FactFlag.STOP_MISSING.value])
)
"""Transactions that go on, as far as piles and business say so: not one whose stop is missing, or whose order was
closed by hand."""


def sessions_running_at(pile_ids: Collection[int]) -> list[RunningSession]:
    """One for each connector of these piles where a transaction runs."""
    if not pile_ids:
        return []
    rows = Transaction.objects.filter(RUNNING, pile__in=pile_ids, connector_number__gt=0)
    newest = {
        (row["pile_id"], row["connector_number"]): row
        for row in rows.order_by("started_at", "pk").values(
            "pk",
            "pile_id",
            "connector_number",
            "started_at",
            "start_received_at",
            "last_sample_at",
            "order__power_w",
        )
    }
    return [
        RunningSession(
            pile_id=row["pile_id"],
            connector_number=row["connector_number"],
            transaction_id=row["pk"],
            started_at=row["started_at"],
            received_at=row["start_received_at"],
            sample_at=row["last_sample_at"],
            power_w=row["order__power_w"],
        )
        for row in newest.values()
    ]
