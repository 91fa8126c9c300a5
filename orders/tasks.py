"""Timers of orders. Each task is one call."""

from __future__ import annotations

from backoffice.kit.tasks import sweep
from orders.services import sweeps


@sweep
def advance_orders() -> None:
    sweeps.follow_facts()
    sweeps.follow_running()
    sweeps.give_up_starts()
    sweeps.retry_stops()


@sweep
def finish_orders() -> None:
    sweeps.close_missing_stops()
    sweeps.charge_idle_fees()
    sweeps.settle_overdue_reviews()


SCHEDULE = {advance_orders: 1.0, finish_orders: 10.0}
