"""From an ended order to money: once, by the accepted readings, with a case for whatever looks wrong.

The first settlement comes with the stop and frees the rest of the hold at once. An idle fee that
comes later is a second version with ledger entries of its own; so is every correction. A fact that
arrives after the money was decided changes none of it: it reopens a case.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.actor import Actor, timer
from finance import services as finance
from orders import history, hooks
from orders.bill import Bill, Fee
from orders.models import ChargingOrder, Transaction
from orders.rules import Code, Finding, inspect
from orders.services import billing, cases, evidence, paying
from orders.services.rows import lock_order
from orders.states import PAY, ChargeState, Flag, PayState, move

WAITS_FOR_REVIEW = frozenset({Code.AMOUNT})
"""Findings before which no money moves (domain 2.4, A12); the others are settled by the accepted figure."""

LONGEST_REVIEW = timedelta(hours=48)
TOLERANCE_WH = 50
"""A late stop that differs by no more from a forced close says the same."""


def settle_order(order: ChargingOrder, *, actor: Actor) -> ChargingOrder:
    """Price, post and close the locked order of a finished transaction; nothing happens the second time."""
    if order.settled_at is not None or order.charge_state != ChargeState.ENDED or order.transaction is None:
        return order
    row = order.transaction
    account = billing.account(order, row)
    billing.write_bill(order, account.bill, energy_wh=account.envelope.wh, at=clock.now())
    order.unplugged_at = order.unplugged_at or _left_already(order)
    order.end_day = (order.stopped_at or clock.now()).astimezone(ZoneInfo(order.zone)).date()
    order.save()
    findings = inspect(evidence.facts_of(order, row, account))
    for finding in findings:
        _open(finding, order, row)
    if Flag.AFTER_CANCEL in order.flags and account.bill is not None and account.bill.payable:
        _open(Finding(Code.START_AFTER_CANCEL, {"wh": account.envelope.wh}), order, row)
    if any(finding.code in WAITS_FOR_REVIEW for finding in findings):
        history.note(order, "waits_for_review", codes=[str(finding.code) for finding in findings])
        return order
    return post_settlement(order, account.bill, actor=actor)


@transaction.atomic
def settle_after_review(order_id: int) -> None:
    """A review that took too long: settle by the figures that were found."""
    order = lock_order(order_id)
    overdue = order.ended_at is not None and order.ended_at < clock.now() - LONGEST_REVIEW
    if overdue and order.settled_at is None and order.charge_state == ChargeState.ENDED:
        post_settlement(order, billing.stored_bill(order), actor=timer("review_overdue"))


def post_settlement(order: ChargingOrder, bill: Bill | None, *, actor: Actor) -> ChargingOrder:
    """Move the money of a locked, priced order and close it: version 1."""
    order.version = 1
    order.settled_at = clock.now()
    released = 0
    if order.driver is None:
        paying.write_off(order, bill)
    else:
        settlement = finance.settle_hold(
            history.reference(order),
            wallet=finance.wallet_for(order.driver, order.currency),
            version=order.version,
            actor=actor,
            **fees(bill),
        )
        released = settlement.released
        state = PayState.ARREARS if settlement.arrears else PayState.SETTLED
        order.pay_state = move(PAY, PayState(order.pay_state), state)
        paying.take_over(order)
    held, order.hold = order.hold, 0
    order.save()
    history.note(
        order,
        "settled",
        side=history.MONEY,
        total=order.total,
        released=released,
        arrears=order.arrears,
        written_off=order.written_off,
        currency=order.currency,
    )
    if order.arrears:
        short = {"payable": order.total, "hold": held, "short": order.arrears, "currency": order.currency}
        cases.open_case(
            Code.OVERRUN,
            order=order,
            tx=order.transaction,
            pile=order.pile,
            evidence=short,
            automatic=True,
        )
    hooks.settled(order)
    return order


def correct_settlement(
    order: ChargingOrder, bill: Bill | None, *, actor: Actor, reason: str
) -> ChargingOrder:
    """A new version of a locked, settled order: the ledger gets the difference, the order the new figures.

    Raises Refused when less would be paid than has been refunded.
    """
    order.version += 1
    if order.driver is None:
        paying.write_off(order, bill)
    else:
        finance.correct_settlement(
            history.reference(order), version=order.version, actor=actor, reason=reason, **fees(bill)
        )
        paying.take_over(order)
    order.save()
    history.note(
        order,
        "corrected",
        side=history.MONEY,
        actor=actor,
        version=order.version,
        total=order.total,
        arrears=order.arrears,
        currency=order.currency,
        reason=reason,
    )
    hooks.settled(order)
    return order


class Fees(TypedDict):
    """Gross by kind, and the discounts, in minor units."""

    electricity: int
    service: int
    idle: int
    discount: int


def fees(bill: Bill | None) -> Fees:
    """What the ledger is told of a bill."""
    if bill is None:
        return {"electricity": 0, "service": 0, "idle": 0, "discount": 0}
    return {
        "electricity": bill.gross_of(Fee.ELECTRICITY).amount,
        "service": bill.gross_of(Fee.SERVICE).amount,
        "idle": bill.gross_of(Fee.IDLE).amount,
        "discount": bill.discount.amount,
    }


def compare_late_stop(order: ChargingOrder, row: Transaction) -> None:
    """The real stop of a locked order that was closed without it: evidence, never money."""
    if row.meter_stop is None or row.stopped_at is None or order.meter_stop is None:
        return
    told = {
        "late_meter_stop": row.meter_stop,
        "late_stopped_at": row.stopped_at.isoformat(),
        "difference_wh": row.meter_stop - order.meter_stop,
        "reason": row.stop_reason,
    }
    history.note(
        order,
        "late_stop",
        side=history.PILE,
        at=row.stopped_at,
        meter_wh=row.meter_stop,
        difference_wh=row.meter_stop - order.meter_stop,
        reason=row.stop_reason,
    )
    if abs(row.meter_stop - order.meter_stop) > TOLERANCE_WH:
        cases.add_evidence(order, Code.STOP_MISSING, told)


def _open(finding: Finding, order: ChargingOrder, row: Transaction) -> None:
    cases.open_case(
        finding.code,
        order=order,
        tx=row,
        pile=order.pile,
        evidence=finding.evidence,
        automatic=not finding.needs_review,
    )


def _left_already(order: ChargingOrder) -> datetime | None:
    """A pile may say Available before it delivers the stop."""
    connector = order.connector
    if connector.status == "Available" and connector.status_at is not None and order.stopped_at is not None:
        return max(connector.status_at, order.stopped_at)
    return None
