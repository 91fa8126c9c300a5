"""Decisions on abnormal cases: who, why, and what it does to the money.

A case is decided once; the second of two people is told so. The pile's facts stay as they are: a
correction is a decision of the business, and the ledger gets the difference.
"""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from finance import services as finance
from orders import history
from orders.bill import Bill, Reduction
from orders.models import Case, CaseState, ChargingOrder, Decision
from orders.services import billing, settling
from orders.states import CASE, PAY, REVIEW, ChargeState, PayState, ReviewState, move
from stations.services import commands

UNDECIDED = (CaseState.OPEN, CaseState.IN_REVIEW, CaseState.WAITING_DATA)


@transaction.atomic
def take_case(case: Case, *, actor: Actor) -> Case:
    """Put one's name on a case and begin the review."""
    row = _undecided(case)
    before = audit.snapshot(row)
    row.assignee_ref, row.assignee_label = actor.ref, actor.label[:120]
    if row.state != CaseState.IN_REVIEW:
        row.state = move(CASE, CaseState(row.state), CaseState.IN_REVIEW)
    return _save(row, actor, "case.taken", before, "")


@transaction.atomic
def ask_pile(case: Case, *, actor: Actor) -> Case:
    """Have the pile send its meter values again. Raises Refused when it is offline."""
    row = _undecided(case)
    if row.pile is None:
        raise Refused(_("There is no pile to ask."), code="no_pile")
    payload: dict[str, object] = {"requestedMessage": "MeterValues"}
    if row.connector_number:
        payload["connectorId"] = row.connector_number
    commands.send_command(
        row.pile,
        action="TriggerMessage",
        payload=payload,
        connector_number=row.connector_number,
        actor=actor,
        about=f"case:{row.number}",
    )
    before = audit.snapshot(row)
    if row.state == CaseState.OPEN:
        row.state = move(CASE, CaseState.OPEN, CaseState.IN_REVIEW)
    if row.state == CaseState.IN_REVIEW:
        row.state = move(CASE, CaseState.IN_REVIEW, CaseState.WAITING_DATA)
    return _save(row, actor, "case.pile_asked", before, "")


@transaction.atomic
def accept_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """The figures stand; an order whose money waited is settled by them."""
    row, order = _open_for_decision(case, reason)
    if order is not None and order.settled_at is None and order.charge_state == ChargeState.ENDED:
        settling.post_settlement(order, settling.stored_bill(order), actor=actor)
    return _decide(row, order, Decision.ACCEPT, actor, reason)


@transaction.atomic
def correct_case(case: Case, *, meter_stop: int, actor: Actor, reason: str) -> Case:
    """Bill by another final register, in Wh. Raises Refused when it lies below the start."""
    row, order = _open_for_decision(case, reason)
    if order is None or order.transaction is None or order.charge_state != ChargeState.ENDED:
        raise Refused(_("There is no finished order to correct."), code="no_order")
    if meter_stop < order.transaction.meter_start:
        raise Refused(
            _("The meter cannot end below its start, %(wh)d Wh.") % {"wh": order.transaction.meter_start},
            code="below_start",
            field="meter_stop",
        )
    order.meter_stop = meter_stop
    order.flags = sorted({*order.flags, "corrected"})
    account = billing.account(order, order.transaction, idle=settling.occupancy_of(order) if order.idle_fee else None)
    _rewrite(order, account, actor, reason)
    return _decide(row, order, Decision.CORRECT, actor, reason)


@transaction.atomic
def waive_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """The driver pays nothing: the whole bill is a discount that the operator bears."""
    row, order = _open_for_decision(case, reason)
    if order is None or order.transaction is None or order.charge_state != ChargeState.ENDED:
        raise Refused(_("There is no finished order to waive."), code="no_order")
    bill = settling.stored_bill(order)
    if bill is not None and bill.payable:
        account = billing.account(order, order.transaction)
        _rewrite(order, replace(account, bill=_waived(bill)), actor, reason)
    return _decide(row, order, Decision.WAIVE, actor, reason)


@transaction.atomic
def refund_case(case: Case, *, amount: int, actor: Actor, reason: str) -> Case:
    """Give back part of what was paid to the wallet; ``amount`` in minor units."""
    row, order = _open_for_decision(case, reason)
    if order is None:
        raise Refused(_("There is no order to refund."), code="no_order")
    refund_order(order, amount=amount, actor=actor, reason=reason)
    return _decide(row, order, Decision.REFUND, actor, reason)


@transaction.atomic
def refund_order(order: ChargingOrder, *, amount: int, actor: Actor, reason: str) -> ChargingOrder:
    """Refund a settled order to its wallet. Raises Refused beyond what was paid and not yet refunded."""
    row = locks.locked(ChargingOrder.objects.filter(pk=order.pk)).get()
    left = row.paid_cash + row.paid_bonus - row.refunded
    if row.settled_at is None or row.driver_id is None:
        raise Refused(_("This order was not paid yet."), code="not_settled")
    if not 0 < amount <= left:
        raise Refused(_("At most what was paid and not yet refunded."), code="too_much", field="amount")
    before = audit.snapshot(row)
    finance.refund_to_wallet(history.reference(row), amount=amount, actor=actor, reason=reason)
    row.refunded += amount
    target = PayState.REFUNDED if amount == left else PayState.PARTLY_REFUNDED
    row.pay_state = move(PAY, PayState(row.pay_state), target)
    row.save(update_fields=["refunded", "pay_state"])
    history.note(row, "refunded", side=history.MONEY, actor=actor, amount=amount, currency=row.currency, reason=reason)
    audit.record(actor, "order.refunded", row, before=before, after=audit.snapshot(row), reason=reason)
    order.refunded, order.pay_state = row.refunded, row.pay_state
    return row


def _rewrite(order: ChargingOrder, account: billing.Account, actor: Actor, reason: str) -> None:
    before = audit.snapshot(order)
    billing.write_bill(order, account, at=clock.now())
    if order.settled_at is None:
        settling.post_settlement(order, account.bill, actor=actor)
    else:
        settling.correct_settlement(order, account.bill, actor=actor, reason=reason)
    audit.record(actor, "order.corrected", order, before=before, after=audit.snapshot(order), reason=reason)


def _waived(bill: Bill) -> Bill:
    """The same lines, and a reduction that takes off what is left of each."""
    left = list(line.amount for line in bill.lines)
    for reduction in bill.reductions:
        left = [amount - share for amount, share in zip(left, reduction.shares, strict=True)]
    return replace(bill, reductions=(*bill.reductions, Reduction("waived", "operator", tuple(left))))


def _open_for_decision(case: Case, reason: str) -> tuple[Case, ChargingOrder | None]:
    """The case and its order, locked in the order that every writer of both uses: order first."""
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    order = None
    if case.order_id is not None:
        order = (
            locks.locked(ChargingOrder.objects.filter(pk=case.order_id))
            .select_related("transaction", "connector__pile__model", "driver")
            .get()
        )
    return _undecided(case), order


def _undecided(case: Case) -> Case:
    row = locks.locked(Case.objects.filter(pk=case.pk)).select_related("pile").get()
    if row.state not in UNDECIDED:
        raise Refused(
            _("%(name)s has decided this case already.") % {"name": row.decided_by or _("The rule")}, code="already_decided"
        )
    return row


def _decide(row: Case, order: ChargingOrder | None, decision: Decision, actor: Actor, reason: str) -> Case:
    before = audit.snapshot(row)
    if row.state == CaseState.WAITING_DATA or row.state == CaseState.OPEN:
        row.state = move(CASE, CaseState(row.state), CaseState.IN_REVIEW)
    row.state = move(CASE, CaseState.IN_REVIEW, CaseState.DECIDED)
    row.decision, row.reason = decision, reason
    row.decided_by, row.decided_at = actor.label[:120], clock.now()
    if order is not None:
        row.amount_after = order.total - order.refunded
        history.note(order, "case_decided", side=history.PERSON, actor=actor, code=row.code, decision=decision)
        if not Case.objects.filter(order=order, state__in=UNDECIDED).exclude(pk=row.pk).exists():
            if order.review_state == ReviewState.ABNORMAL:
                order.review_state = move(REVIEW, ReviewState.ABNORMAL, ReviewState.RESOLVED)
                order.save(update_fields=["review_state"])
    return _save(row, actor, "case.decided", before, reason)


def _save(row: Case, actor: Actor, action: str, before: dict[str, object], reason: str) -> Case:
    row.save()
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    live.publish("cases", f"case:{row.number}", row.path)
    return row
