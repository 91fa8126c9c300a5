"""How a running charge comes to its end when it does not end by itself.

Two different stops are kept apart. ``stop_order`` speaks to the pile and is retried; the order ends
only with the pile's StopTransaction. ``force_close`` ends an order in our books whose pile is lost: it
needs a reason and opens a case, and bills the last reading, never an estimate beyond it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from alarms import services as alarms
from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor, timer
from backoffice.kit.errors import Refused
from orders import history
from orders.models import ChargingOrder
from orders.rules import Code
from orders.services import billing, cases, settling
from orders.services.rows import lock_order
from orders.states import CHARGE, LIVE, ChargeState, FactFlag, Flag, move
from stations.services import commands

ATTEMPTS = (timedelta(seconds=10), timedelta(seconds=30), timedelta(seconds=60))
"""Waits before the second, third and fourth RemoteStop (domain 2.2, row 8)."""

CANNOT_STOP_AFTER = timedelta(minutes=5)
STOP_MISSING_AFTER = timedelta(minutes=10)
OFFLINE_FOR = timedelta(hours=24)
FORCED = "Forced"
"""The stop reason of an order that was ended in our books; OCPP has no such reason."""


@transaction.atomic
def stop_order(order: ChargingOrder, *, actor: Actor, reason: str = "") -> ChargingOrder:
    """The driver or staff end a charge; pressing again while the pile is being asked changes nothing.

    Raises Refused when there is nothing to stop. A pile that is offline is asked when it is back.
    """
    row = lock_order(order.pk)
    if row.charge_state == ChargeState.STOPPING and row.stop_due_at is not None:
        return row
    if row.charge_state not in LIVE or row.transaction is None:
        raise Refused(_("This charge is not running."), code="not_running")
    before = audit.snapshot(row)
    ask_to_stop(row, actor=actor, reason=reason or "asked")
    audit.record(actor, "order.stop_asked", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def ask_to_stop(order: ChargingOrder, *, actor: Actor, reason: str) -> None:
    """Send RemoteStop for a locked order; what becomes of it is seen by the sweep."""
    if order.transaction is None or order.charge_state not in LIVE:
        return
    if order.charge_state == ChargeState.CHARGING:
        order.charge_state = move(CHARGE, ChargeState.CHARGING, ChargeState.STOPPING)
    is_first = order.stop_asked_at is None
    order.stop_asked_at = order.stop_asked_at or clock.now()
    order.stop_asked_by = order.stop_asked_by or actor.label[:120]
    wait, kind = ATTEMPTS[0], "stop_waits"
    if _send(order, actor=actor, reason=reason):
        order.stop_attempts += 1
        waits = (*ATTEMPTS, CANNOT_STOP_AFTER)
        wait, kind = waits[min(order.stop_attempts, len(waits)) - 1], "stop_asked"
    order.stop_due_at = clock.now() + wait
    order.save()
    if is_first or kind == "stop_asked":
        history.note(order, kind, actor=actor, reason=reason, attempt=order.stop_attempts)


@transaction.atomic
def retry_stop(order_id: int) -> None:
    """Ask again while attempts are left; after that it is a case and an alarm (A05)."""
    order = lock_order(order_id)
    due = order.stop_due_at
    if order.charge_state != ChargeState.STOPPING or due is None or due > clock.now():
        return
    if not order.pile.online:
        order.stop_due_at = clock.now() + ATTEMPTS[0]
        order.save(update_fields=["stop_due_at"])
    elif order.stop_attempts <= len(ATTEMPTS):
        ask_to_stop(order, actor=timer("stop_retry"), reason="retry")
    else:
        _give_up_stopping(order)


@transaction.atomic
def force_close(order: ChargingOrder, *, actor: Actor, reason: str) -> ChargingOrder:
    """End an order in our books by its last reading. Raises Refused while the pile can still be asked.

    The pile is not spoken to. Its real stop, should it come, is evidence and changes no money.
    """
    row = lock_order(order.pk)
    if row.charge_state not in LIVE or row.transaction is None:
        raise Refused(_("This charge is not running."), code="not_running")
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    if not is_lost(row):
        raise Refused(_("The pile can be reached: stop the charge there."), code="reachable")
    before = audit.snapshot(row)
    _close_by_last_reading(row, actor=actor, reason=reason)
    audit.record(actor, "order.force_closed", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def is_lost(order: ChargingOrder) -> bool:
    """May the order be ended without its pile: it is away, its stop is missing, or it does not obey?"""
    superseded = order.transaction is not None and FactFlag.STOP_MISSING in order.transaction.flags
    disobeys = order.charge_state == ChargeState.STOPPING and order.stop_due_at is None
    return not order.pile.online or order.stop_missing_since is not None or superseded or disobeys


@transaction.atomic
def close_missing_stop(order_id: int) -> None:
    """A04: no stop came in time, ten minutes on a free connector or a day offline."""
    order = lock_order(order_id)
    if order.charge_state not in LIVE or order.transaction is None:
        return
    now, pile = clock.now(), order.pile
    waited = pile.online and (order.stop_missing_since or now) <= now - STOP_MISSING_AFTER
    away = not pile.online and (pile.disconnected_at or now) <= now - OFFLINE_FOR
    if waited or away:
        _close_by_last_reading(order, actor=timer("stop_missing"), reason="stop_missing")


def _send(order: ChargingOrder, *, actor: Actor, reason: str) -> bool:
    """Ask the pile. False when it cannot be asked now: the sweep asks again."""
    if order.transaction is None:
        return False
    try:
        commands.send_command(
            order.pile,
            action="RemoteStopTransaction",
            payload={"transactionId": order.transaction.pk},
            connector_number=order.transaction.connector_number,
            actor=actor,
            reason=reason,
            about=history.reference(order),
        )
    except Refused:
        return False
    return True


def _give_up_stopping(order: ChargingOrder) -> None:
    order.stop_due_at = None
    order.save(update_fields=["stop_due_at"])
    evidence = {
        "asked_at": order.stop_asked_at.isoformat() if order.stop_asked_at else None,
        "attempts": order.stop_attempts,
    }
    cases.open_case(Code.CANNOT_STOP, order=order, tx=order.transaction, pile=order.pile, evidence=evidence)
    alarms.raise_alarm(
        "F14",
        pile=order.pile,
        connector_number=order.connector.number,
        about=history.reference(order),
        info=order.order_no,
    )
    history.note(order, "cannot_stop", attempts=order.stop_attempts)


def _close_by_last_reading(order: ChargingOrder, *, actor: Actor, reason: str) -> None:
    if order.transaction is None:
        return
    last = billing.account(order, order.transaction).envelope.readings[-1]
    order.stopped_at, order.meter_stop = last.at, last.wh
    order.ended_at = clock.now()
    order.charge_state = move(CHARGE, ChargeState(order.charge_state), ChargeState.ENDED)
    order.stop_reason = FORCED
    order.power_w, order.suspended_by, order.stop_due_at = 0, "", None
    order.flags = sorted({*order.flags, Flag.FORCED})
    order.save()
    history.note(
        order, "force_closed", actor=actor, meter_wh=last.wh, last_at=last.at.isoformat(), reason=reason
    )
    evidence = {"last_reading_at": last.at.isoformat(), "last_reading_wh": last.wh, "reason": reason}
    cases.open_case(Code.STOP_MISSING, order=order, tx=order.transaction, pile=order.pile, evidence=evidence)
    settling.settle_order(order, actor=actor)
