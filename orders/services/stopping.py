"""How a running charge comes to its end when it does not end by itself.

Two different stops are kept apart. ``ask_to_stop`` speaks to the pile and is retried; the order ends
only with the pile's StopTransaction. ``force_close`` ends an order in our books whose pile is lost: it
needs a reason and opens a case, and bills the last reading, never an estimate beyond it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from alarms import services as alarms
from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from orders import history, readings
from orders.models import ChargingOrder, Transaction
from orders.services import cases, settling
from orders.states import CHARGE, ChargeState, move
from stations.services import commands

ATTEMPTS = (timedelta(seconds=10), timedelta(seconds=30), timedelta(seconds=60))
"""Waits before the second, third and fourth RemoteStop (domain 2.2, row 8)."""

CANNOT_STOP_AFTER = timedelta(minutes=5)
STOP_MISSING_AFTER = timedelta(minutes=10)
OFFLINE_FOR = timedelta(hours=24)


@transaction.atomic
def stop_order(order: ChargingOrder, *, actor: Actor, reason: str = "") -> ChargingOrder:
    """The driver or staff end a charge. Raises Refused when there is nothing to stop."""
    row = locks.locked(ChargingOrder.objects.filter(pk=order.pk)).get()
    if row.charge_state == ChargeState.STOPPING:
        return row
    if row.charge_state != ChargeState.CHARGING:
        raise Refused(_("This charge is not running."), code="not_running")
    before = audit.snapshot(row)
    ask_to_stop(row, actor=actor, reason=reason or "asked")
    audit.record(actor, "order.stop_asked", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def ask_to_stop(order: ChargingOrder, *, actor: Actor, reason: str) -> None:
    """Send RemoteStop for a locked order; what becomes of it is seen by the sweep."""
    if order.transaction is None or order.charge_state not in {ChargeState.CHARGING, ChargeState.STOPPING}:
        return
    order.charge_state = ChargeState.STOPPING
    order.stop_asked_at = order.stop_asked_at or clock.now()
    order.stop_asked_by = order.stop_asked_by or actor.label[:120]
    order.stop_attempts += 1
    wait = ATTEMPTS[order.stop_attempts - 1] if order.stop_attempts <= len(ATTEMPTS) else CANNOT_STOP_AFTER
    order.stop_due_at = clock.now() + wait
    order.save()
    history.note(order, "stop_asked", actor=actor, reason=reason, attempt=order.stop_attempts)
    send_remote_stop(order.transaction, actor=actor, reason=reason, about=history.reference(order))


def send_remote_stop(row: Transaction, *, actor: Actor, reason: str, about: str = "") -> None:
    """Ask the pile; when it is offline there is nobody to ask, and the sweep asks again."""
    try:
        commands.send_command(
            row.pile,
            action="RemoteStopTransaction",
            payload={"transactionId": row.pk},
            connector_number=row.connector_number,
            actor=actor,
            reason=reason,
            about=about or f"transaction:{row.pk}",
            effect_within_s=60,
        )
    except Refused:
        return


@transaction.atomic
def retry_stop(order_id: int) -> None:
    """Ask again while attempts are left; after that it is a case and an alarm (A05)."""
    order = locks.locked(ChargingOrder.objects.filter(pk=order_id)).select_related("transaction", "pile", "connector").get()
    if order.charge_state != ChargeState.STOPPING or order.stop_due_at is None or order.stop_due_at > clock.now():
        return
    if not order.pile.online:
        order.stop_due_at = clock.now() + ATTEMPTS[-1]
        order.save(update_fields=["stop_due_at"])
    elif order.stop_attempts <= len(ATTEMPTS):
        ask_to_stop(order, actor=timer("stop_retry"), reason="retry")
    else:
        order.stop_due_at = None
        order.save(update_fields=["stop_due_at"])
        cases.open_case("A05", order=order, tx=order.transaction, pile=order.pile, evidence={"attempts": order.stop_attempts})
        alarms.raise_alarm(
            "F14", pile=order.pile, connector_number=order.connector.number, about=history.reference(order), info=order.order_no
        )
        history.note(order, "cannot_stop")


@transaction.atomic
def force_close(order: ChargingOrder, *, actor: Actor, reason: str) -> ChargingOrder:
    """End an order in our books by its last reading. Raises Refused while the pile can still be asked.

    The pile is not spoken to. Its real stop, should it come, is evidence and changes no money.
    """
    row = locks.locked(ChargingOrder.objects.filter(pk=order.pk)).select_related("transaction", "pile", "connector").get()
    if row.charge_state not in {ChargeState.CHARGING, ChargeState.STOPPING} or row.transaction is None:
        raise Refused(_("This charge is not running."), code="not_running")
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    lost = not row.pile.online or row.stop_missing_since is not None or "stop_missing" in row.transaction.flags
    if not lost and row.stop_attempts <= len(ATTEMPTS):
        raise Refused(_("The pile can be reached: stop the charge there."), code="reachable")
    before = audit.snapshot(row)
    _close_by_last_reading(row, actor=actor, reason=reason)
    audit.record(actor, "order.force_closed", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def close_missing_stop(order_id: int) -> None:
    """A04: no stop came in time, online or offline."""
    order = locks.locked(ChargingOrder.objects.filter(pk=order_id)).select_related("transaction", "pile", "connector").get()
    if order.charge_state in {ChargeState.CHARGING, ChargeState.STOPPING} and order.transaction is not None:
        _close_by_last_reading(order, actor=timer("stop_missing"), reason="stop_missing")


def _close_by_last_reading(order: ChargingOrder, *, actor: Actor, reason: str) -> None:
    if order.transaction is None:
        return
    last_at, last_wh = _last_reading(order, order.transaction)
    order.stopped_at, order.meter_stop = last_at, last_wh
    order.ended_at = clock.now()
    order.charge_state = move(CHARGE, ChargeState(order.charge_state), ChargeState.ENDED)
    order.stop_reason = "Forced"
    order.power_w, order.suspended_by, order.stop_due_at = 0, "", None
    order.flags = sorted({*order.flags, "forced"})
    order.save()
    history.note(order, "force_closed", actor=actor, at=order.ended_at, meter_wh=last_wh, reason=reason)
    cases.open_case(
        "A04",
        order=order,
        tx=order.transaction,
        pile=order.pile,
        evidence={"last_reading_at": last_at.isoformat(), "last_reading_wh": last_wh, "reason": reason},
    )
    settling.settle_order(order, actor=actor)


def _last_reading(order: ChargingOrder, row: Transaction) -> tuple[datetime, int]:
    rows = readings.samples_of(row)
    last = max(rows, default=None)
    if last is None or last.at < row.started_at:
        return row.started_at, row.meter_start
    return last.at, max(last.wh, row.meter_start)
