"""Timers of orders. Each task is one call."""

from __future__ import annotations

from celery.schedules import crontab

from backoffice.kit.tasks import sweep
from orders import proof
from orders.services import sweeps


@sweep
def follow_facts() -> None:
    sweeps.follow_facts()


@sweep
def follow_running() -> None:
    sweeps.follow_running()


@sweep
def watch_timers() -> None:
    sweeps.give_up_starts()
    sweeps.retry_stops()


@sweep
def finish_orders() -> None:
    sweeps.close_missing_stops()
    sweeps.charge_idle_fees()
    sweeps.settle_overdue_reviews()
    sweeps.follow_payments()


@sweep
def keep_samples() -> None:
    sweeps.keep_samples()


@sweep
def prove_books() -> None:
    proof.prove_nightly()


SCHEDULE = {
    follow_facts: 1.0,
    follow_running: 2.0,
    watch_timers: 2.0,
    finish_orders: 10.0,
    keep_samples: 3600.0,
    prove_books: crontab(hour="3", minute="17"),
}
