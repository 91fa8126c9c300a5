"""What is due, and by whom it is done. Every timer of an order is a row that a sweep finds, so a restart loses none.

Each row is handled in a transaction of its own. One that fails is left alone for a while, longer each
time, so that it neither holds up the others nor fills the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from backoffice.kit import clock, retention
from finance.selectors import payments_of
from orders import history
from orders.models import ChargingOrder, LimitKind, LooseFact, Transaction
from orders.services import following, idling, paying, running, settling, starting, stopping
from orders.states import LIVE, WAITING, ChargeState, PayState
from tenants.selectors import longest_kept

log = logging.getLogger(__name__)

BATCH = 500
TIME_CHECK = timedelta(seconds=60)
"""A running order is looked at so often although no reading came: readings that stay away cost money too."""

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
IDLE_FOR = timedelta(hours=72)
SAMPLES_AHEAD_DAYS = 35

_failed: dict[tuple[str, int], tuple[int, datetime]] = {}
"""Rows that failed in this process: how often, and until when they are left alone."""


def follow_facts() -> None:
    """Starts before stops: an order must be there before it can end."""
    _each(Transaction.objects.filter(start_handled_at__isnull=True), following.follow_start)
    _each(
        Transaction.objects.filter(
            stop_handled_at__isnull=True, stop_received_at__isnull=False, start_handled_at__isnull=False
        ),
        following.follow_stop,
    )
    _each(LooseFact.objects.filter(handled_at__isnull=True), following.follow_loose_fact)


def follow_running() -> None:
    """Price every order that heard something new, and those whose clock alone may end them."""
    now = clock.now()
    minutes = Coalesce(F("limit_value"), 0) * Value(timedelta(minutes=1))
    due = (
        Q(priced_at__isnull=True)
        | Q(priced_at__lt=now - TIME_CHECK)
        | Q(limit_kind=LimitKind.MINUTES, charge_state=ChargeState.CHARGING, time_is_up=True)
    )
    rows = ChargingOrder.objects.filter(charge_state__in=LIVE, transaction__isnull=False).alias(
        time_is_up=Q(started_at__lte=now - minutes)
    )
    _each(rows.filter(due), running.follow_running)


def give_up_starts() -> None:
    """Nobody plugged in, or the pile refused, or it never said that it began."""
    waiting = ChargingOrder.objects.filter(charge_state__in=WAITING, start_deadline__lte=clock.now())
    _each(waiting, starting.fail_start)


def retry_stops() -> None:
    """RemoteStops that had no effect."""
    stopping_now = ChargingOrder.objects.filter(charge_state=ChargeState.STOPPING)
    _each(stopping_now.filter(stop_due_at__lte=clock.now()), stopping.retry_stop)


def close_missing_stops() -> None:
    """A04: the connector is free and the pile online, or the pile has been away for a day."""
    now = clock.now()
    live = ChargingOrder.objects.filter(charge_state__in=LIVE, transaction__isnull=False)
    missing = Q(pile__online=True, stop_missing_since__lte=now - stopping.STOP_MISSING_AFTER)
    away = Q(pile__online=False, pile__disconnected_at__lte=now - stopping.OFFLINE_FOR)
    _each(live.filter(missing | away), stopping.close_missing_stop)


def charge_idle_fees() -> None:
    """Settled orders whose idle time may have become certain."""
    standing = ChargingOrder.objects.filter(
        charge_state=ChargeState.ENDED, settled_at__isnull=False, idle_final_at__isnull=True
    )
    _each(standing.filter(ended_at__gt=clock.now() - IDLE_FOR), idling.charge_idle)


def settle_overdue_reviews() -> None:
    """Money waits for a review no longer than two days."""
    waiting = ChargingOrder.objects.filter(charge_state=ChargeState.ENDED, settled_at__isnull=True)
    _each(waiting.filter(ended_at__lt=clock.now() - settling.LONGEST_REVIEW), settling.settle_after_review)


def follow_payments() -> None:
    """Arrears that were paid or given up while nobody listened."""
    owing = ChargingOrder.objects.filter(pay_state=PayState.ARREARS).order_by("pk")
    for orders in _chunks(owing):
        payments = payments_of(history.reference(order) for order in orders)
        paid = [
            order.pk
            for order in orders
            if (payment := payments.get(history.reference(order))) and payment.owed != order.arrears
        ]
        _each(ChargingOrder.objects.filter(pk__in=paid), paying.follow_payment)


def keep_samples() -> None:
    """Make the partitions of samples ahead, and let go of months that are older than they are kept.

    Orders, their bills and the ledger stay: what a charge came to is written there.
    """
    today = clock.now().date()
    oldest = today - timedelta(days=longest_kept("samples_days"))
    retention.make_partitions(
        "orders_sample", "taken_at", "month", today, today + timedelta(days=SAMPLES_AHEAD_DAYS)
    )
    retention.drop_partitions("orders_sample", before=oldest)
    retention.forget_unplaced("orders_sample", "taken_at", before=oldest)


def forget_failures() -> None:
    """Try again at once what failed before: a new start of the worker does the same."""
    _failed.clear()


def _each(rows: QuerySet[Any], act: Callable[[int], object]) -> None:
    """One at a time, oldest first; rows that failed lately are passed over."""
    name, now = act.__name__, clock.now()
    resting = [key for (who, key), (_, until) in _failed.items() if who == name and until > now]
    for key in list(rows.exclude(pk__in=resting).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        try:
            act(key)
        except Exception:
            times = _failed.get((name, key), (0, now))[0] + 1
            wait = min(FIRST_WAIT * 2 ** min(times - 1, 10), LONGEST_WAIT)
            _failed[name, key] = times, now + wait
            log.exception("%s(%s) failed %s times; next in %s", name, key, times, wait)
        else:
            _failed.pop((name, key), None)


def _chunks(rows: QuerySet[ChargingOrder]) -> Any:
    last = 0
    while orders := list(rows.filter(pk__gt=last)[:BATCH]):
        yield orders
        last = orders[-1].pk
