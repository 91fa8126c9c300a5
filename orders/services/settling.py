"""From an ended order to money: once, by the accepted readings, with a case for whatever looks wrong.

The first settlement comes with the stop and frees the rest of the hold at once. An idle fee that
comes later is a second version with ledger entries of its own; so is every correction. A fact that
arrives after the money was decided changes none of it: it reopens a case.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from backoffice.kit import clock, locks
from backoffice.kit.actor import Actor, timer
from backoffice.kit.money import Money
from finance import services as finance
from orders import history, hooks
from orders.bill import Bill, Fee
from orders.idle import Occupancy, Span
from orders.meter import Reading
from orders.models import ChargingOrder, Transaction
from orders.rules import Code, Facts, Finding, Session, Stamp, inspect
from orders.services import billing, cases
from orders.states import PAY, ChargeState, PayState, move
from stations import selectors as stations

WAITS_FOR_REVIEW = frozenset({Code.AMOUNT})
"""Findings before which no money moves (domain 2.4, A12); the others are settled by the accepted figure."""

LONGEST_REVIEW = timedelta(hours=48)
LONGEST_IDLE = timedelta(hours=24)
TOLERANCE_WH = 50
"""A late stop that differs by no more from a forced close says the same."""


def settle_order(order: ChargingOrder, *, actor: Actor) -> ChargingOrder:
    """Price, post and close the locked order of a finished transaction; nothing happens the second time."""
    if order.settled_at is not None or order.charge_state != ChargeState.ENDED or order.transaction is None:
        return order
    row = order.transaction
    account = billing.account(order, row)
    billing.write_bill(order, account, at=clock.now())
    order.unplugged_at = order.unplugged_at or _left_already(order)
    order.end_day = (order.stopped_at or clock.now()).astimezone(ZoneInfo(order.zone)).date()
    findings = inspect(_facts(order, row, account))
    order.save()
    for finding in findings:
        _open(finding, order, row)
    order.refresh_from_db(fields=["review_state", "flags"])
    if any(finding.code in WAITS_FOR_REVIEW for finding in findings):
        history.note(order, "waits_for_review", codes=[finding.code for finding in findings])
        return order
    return post_settlement(order, account.bill, actor=actor)


@transaction.atomic
def settle_after_review(order_id: int) -> None:
    """A review that took too long: settle by the figures that were found."""
    order = locks.locked(ChargingOrder.objects.filter(pk=order_id)).get()
    if order.settled_at is None and order.charge_state == ChargeState.ENDED:
        post_settlement(order, stored_bill(order), actor=timer("review_overdue"))


def post_settlement(order: ChargingOrder, bill: Bill | None, *, actor: Actor) -> ChargingOrder:
    """Move the money of a priced order and close it: version 1."""
    order.version = 1
    order.settled_at = clock.now()
    payable = bill.payable.amount if bill is not None else 0
    if order.driver_id is None:
        order.written_off = payable
        order.pay_state = PayState.SETTLED
        history.note(order, "nobody_to_bill", side=history.MONEY, amount=payable)
    else:
        wallet = finance.wallet_for(order.driver, order.currency)
        settlement = finance.settle_hold(
            history.reference(order),
            wallet=wallet,
            version=order.version,
            actor=actor,
            **fees(bill),
        )
        order.paid_cash, order.paid_bonus = settlement.paid_cash, settlement.paid_bonus
        order.arrears = settlement.arrears
        state = PayState.ARREARS if settlement.arrears else PayState.SETTLED
        order.pay_state = move(PAY, PayState(order.pay_state), state)
        history.note(
            order, "settled", side=history.MONEY, total=order.total, released=settlement.released, currency=order.currency
        )
    order.hold = 0
    order.save()
    hooks.settled(order)
    history.announce(order)
    return order


def correct_settlement(order: ChargingOrder, bill: Bill | None, *, actor: Actor, reason: str) -> ChargingOrder:
    """A new version of a settled order: the ledger gets the difference, the order the new figures."""
    order.version += 1
    if order.driver_id is None:
        order.written_off = bill.payable.amount if bill is not None else 0
    else:
        wallet = finance.wallet_for(order.driver, order.currency)
        settlement = finance.correct_settlement(
            history.reference(order), wallet=wallet, version=order.version, actor=actor, reason=reason, **fees(bill)
        )
        order.paid_cash, order.paid_bonus = settlement.paid_cash, settlement.paid_bonus
        order.arrears = settlement.arrears
        if settlement.arrears and order.pay_state == PayState.SETTLED:
            order.pay_state = PayState.ARREARS
    order.save()
    history.note(order, "corrected", side=history.MONEY, version=order.version, total=order.total, reason=reason)
    hooks.settled(order)
    return order


def fees(bill: Bill | None) -> dict[str, int]:
    """Gross by kind, and the discounts, in minor units."""
    if bill is None:
        return {"electricity": 0, "service": 0, "idle": 0, "discount": 0}
    return {
        "electricity": bill.gross_of(Fee.ELECTRICITY).amount,
        "service": bill.gross_of(Fee.SERVICE).amount,
        "idle": bill.gross_of(Fee.IDLE).amount,
        "discount": bill.discount.amount,
    }


def stored_bill(order: ChargingOrder) -> Bill | None:
    """The bill as it was written onto the order."""
    return Bill.from_json(order.bill) if order.bill else None


@transaction.atomic
def charge_idle(order_id: int) -> None:
    """Bill the time at the connector once it is certain: unplugged, at the cap, or after a day."""
    order = locks.locked(ChargingOrder.objects.filter(pk=order_id)).select_related("transaction", "connector__pile__model").get()
    if order.idle_final_at is not None or order.settled_at is None or order.transaction is None:
        return
    tariff = billing.tariff_of(order)
    if tariff is None or tariff.idle is None or order.stopped_at is None:
        order.idle_final_at = clock.now()
        order.save(update_fields=["idle_final_at"])
        return
    occupancy = occupancy_of(order)
    account = billing.account(order, order.transaction, idle=occupancy)
    capped = tariff.idle.cap is not None and _idle_of(account.bill) >= tariff.idle.cap
    over = clock.now() - order.stopped_at > LONGEST_IDLE
    if order.unplugged_at is None and not capped and not over:
        return
    order.idle_final_at = clock.now()
    if _idle_of(account.bill):
        billing.write_bill(order, account, at=clock.now())
        correct_settlement(order, account.bill, actor=timer("idle_fee"), reason="idle_fee")
    order.save()


def occupancy_of(order: ChargingOrder) -> Occupancy | None:
    """How long the car has stood since the stop, without the time in which the pile was out of order."""
    if order.stopped_at is None:
        return None
    until = min(order.unplugged_at or clock.now(), order.stopped_at + LONGEST_IDLE)
    outages = stations.outages(order.pile_id, order.connector.number, order.stopped_at, until)
    return Occupancy(order.stopped_at, max(until, order.stopped_at), tuple(Span(start, end) for start, end in outages))


def compare_late_stop(order: ChargingOrder, row: Transaction) -> None:
    """The real stop of an order that was closed without it: evidence, never money."""
    if row.meter_stop is None or order.meter_stop is None:
        return
    difference = row.meter_stop - order.meter_stop
    evidence = {"late_meter_stop": row.meter_stop, "difference_wh": difference, "reason": row.stop_reason}
    history.note(order, "late_stop", side=history.PILE, at=row.stopped_at, **evidence)
    if abs(difference) > TOLERANCE_WH:
        cases.add_evidence(order, Code.STOP_MISSING, evidence)


def _open(finding: Finding, order: ChargingOrder, row: Transaction) -> None:
    cases.open_case(
        finding.code,
        order=order,
        tx=row,
        pile=order.pile,
        evidence=dict(finding.evidence),
        automatic=not finding.needs_review,
    )


def _facts(order: ChargingOrder, row: Transaction, account: billing.Account) -> Facts:
    start = Reading(row.started_at, row.meter_start)
    stop = None
    if order.stopped_at is not None and order.meter_stop is not None:
        stop = Reading(order.stopped_at, order.meter_stop)
    return Facts(
        session=_session(row),
        as_of=clock.now(),
        start=start,
        stop=stop,
        envelope=account.envelope,
        bill=account.bill,
        tariff=billing.tariff_of(order),
        direct_current=order.pile.model is None or order.pile.model.kind == "DC",
        stop_received_at=row.stop_received_at,
        stamps=_stamps(row),
        stop_reason=row.stop_reason,
        error_code=order.connector.error_code,
        previous_stop_wh=_previous_stop(row),
        others=_others(row),
        several_allowed=order.driver is not None and order.driver.several_at_once,
        hold=Money(order.hold, order.currency) if order.driver_id else None,
    )


def _stamps(row: Transaction) -> tuple[Stamp, ...]:
    stamps = []
    if "clock_unsynced" in row.flags:
        stamps.append(Stamp(row.started_at, row.start_received_at))
    return tuple(stamps)


def _session(row: Transaction) -> Session:
    return Session(
        ref=str(row.pk),
        connector=f"{row.pile_id}/{row.connector_number}",
        token=row.id_tag_folded,
        started_at=row.started_at,
        stopped_at=row.stopped_at,
    )


def _previous_stop(row: Transaction) -> int | None:
    return (
        Transaction.objects.filter(
            pile_id=row.pile_id, connector_number=row.connector_number, started_at__lt=row.started_at, meter_stop__isnull=False
        )
        .order_by("-started_at")
        .values_list("meter_stop", flat=True)
        .first()
    )


def _others(row: Transaction) -> tuple[Session, ...]:
    end = row.stopped_at or clock.now()
    around = Transaction.objects.filter(started_at__gt=row.started_at - LONGEST_IDLE, started_at__lt=end).exclude(pk=row.pk)
    near = around.filter(pile_id=row.pile_id, connector_number=row.connector_number)
    same = around.filter(id_tag_folded=row.id_tag_folded)
    return tuple(_session(other) for other in [*near[:5], *same[:5]] if other.stopped_at is not None)


def _left_already(order: ChargingOrder) -> datetime | None:
    """A pile may say Available before it delivers the stop."""
    connector = order.connector
    if connector.status == "Available" and connector.status_at is not None and order.stopped_at is not None:
        return max(connector.status_at, order.stopped_at)
    return None


def _idle_of(bill: Bill | None) -> int:
    return bill.gross_of(Fee.IDLE).amount if bill is not None else 0
