"""What is due, and by whom it is done. Every timer of an order is a row that a sweep finds, so a restart loses none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db.models import F, Q

from backoffice.kit import clock
from backoffice.kit.actor import timer
from orders.models import ChargingOrder, LooseFact, Transaction
from orders.services import following, running, settling, starting, stopping
from orders.states import ChargeState

log = logging.getLogger(__name__)

LIVE = (ChargeState.CHARGING, ChargeState.STOPPING)
BATCH = 500
TIME_CHECK = timedelta(seconds=30)
"""A running order is looked at so often although no reading came: time limits, and readings that stay away."""


def follow_facts() -> None:
    """Starts before stops: an order must be there before it can end."""
    _each(Transaction.objects.filter(start_handled_at__isnull=True), following.follow_start)
    _each(
        Transaction.objects.filter(
            stop_handled_at__isnull=True, stop_received_at__isnull=False, start_handled_at__isnull=False
        ),
        following.follow_stop,
    )
    _each(
        LooseFact.objects.filter(received_at__gte=clock.ago(days=3)).exclude(flags__contains=["followed"]),
        following.follow_loose_fact,
    )


def follow_running() -> None:
    """Price every order that heard something new, and those whose clock alone may end them."""
    stale = Q(priced_at__isnull=True) | Q(priced_at__lt=F("last_sample_at")) | Q(priced_at__lt=clock.now() - TIME_CHECK)
    _each(ChargingOrder.objects.filter(stale, charge_state__in=LIVE, transaction__isnull=False), running.follow_running)


def give_up_starts() -> None:
    """Nobody plugged in, or the pile never said that it began."""

    def fail(order_id: int) -> None:
        order = ChargingOrder.objects.get(pk=order_id)
        starting.fail_start(order, failure="not_plugged", actor=timer("start_deadline"))

    waiting = (ChargeState.CREATED, ChargeState.STARTING)
    _each(
        ChargingOrder.objects.filter(charge_state__in=waiting).filter(
            Q(start_deadline__lt=clock.now()) | Q(start_deadline__isnull=True, created_at__lt=clock.ago(minutes=15))
        ),
        fail,
    )


def retry_stops() -> None:
    """RemoteStops that had no effect."""
    _each(
        ChargingOrder.objects.filter(charge_state=ChargeState.STOPPING, stop_due_at__lt=clock.now()), stopping.retry_stop
    )


def close_missing_stops() -> None:
    """A04: the connector is free and the pile online, or the pile has been away for a day."""
    live = ChargingOrder.objects.filter(charge_state__in=LIVE, transaction__isnull=False)
    _each(
        live.filter(pile__online=True, stop_missing_since__lt=clock.now() - stopping.STOP_MISSING_AFTER),
        stopping.close_missing_stop,
    )
    _each(
        live.filter(pile__online=False, pile__disconnected_at__lt=clock.now() - stopping.OFFLINE_FOR),
        stopping.close_missing_stop,
    )


def charge_idle_fees() -> None:
    """Settled orders whose idle time may have become certain."""
    _each(
        ChargingOrder.objects.filter(
            charge_state=ChargeState.ENDED,
            settled_at__isnull=False,
            idle_final_at__isnull=True,
            ended_at__gt=clock.ago(hours=72),
        ),
        settling.charge_idle,
    )


def settle_overdue_reviews() -> None:
    """Money waits for a review no longer than two days."""
    _each(
        ChargingOrder.objects.filter(
            charge_state=ChargeState.ENDED,
            settled_at__isnull=True,
            ended_at__lt=clock.now() - settling.LONGEST_REVIEW,
        ),
        settling.settle_after_review,
    )


def _each(rows: object, act: Callable[[int], None]) -> None:
    """One at a time and each in its own transaction: a row that fails does not hold up the others."""
    keys: Iterable[int] = rows.order_by("pk").values_list("pk", flat=True)[:BATCH]  # type: ignore[attr-defined]
    for key in keys:
        try:
            act(key)
        except Exception:
            log.exception("%s(%s) failed", act.__name__, key)
