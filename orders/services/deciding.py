"""Decisions on abnormal cases: who, why, and what it does to the money.

A case is decided once; the second of two people is told so. The pile's facts stay as they are: a
correction is a decision of the business, and the ledger gets the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.figures import energy_text
from finance import services as finance
from orders import history
from orders.bill import Bill
from orders.models import Case, ChargingOrder, Decision
from orders.pricing import carry_idle
from orders.services import billing, cases, paying, settling
from orders.services.rows import lock_order
from orders.states import CASE, REVIEW, UNDECIDED, CaseState, ChargeState, Flag, ReviewState, move
from stations.services import commands

LONGEST_REASON = 500


@transaction.atomic
def take_case(case: Case, *, actor: Actor, reason: str = "") -> Case:
    """Put one's name on a case and begin the review."""
    row = _undecided(case)
    before = audit.snapshot(row)
    row.assignee_ref, row.assignee_label = actor.ref, actor.label[:120]
    if row.state != CaseState.IN_REVIEW:
        row.state = move(CASE, CaseState(row.state), CaseState.IN_REVIEW)
    return _save(row, actor, "case.taken", before, reason)


@transaction.atomic
def ask_pile(case: Case, *, actor: Actor, reason: str = "") -> Case:
    """Have the pile send its meter values again. Raises Refused when it is offline."""
    row = _undecided(case)
    if row.pile is None:
        raise Refused(_("There is no pile to ask."), code="no_pile")
    payload: dict[str, Any] = {"requestedMessage": "MeterValues"}
    if row.connector_number:
        payload["connectorId"] = row.connector_number
    commands.send_command(
        row.pile,
        action="TriggerMessage",
        payload=payload,
        connector_number=row.connector_number,
        actor=actor,
        reason=reason,
        about=f"case:{row.number}",
    )
    before = audit.snapshot(row)
    if row.state == CaseState.OPEN:
        row.state = move(CASE, CaseState.OPEN, CaseState.IN_REVIEW)
    if row.state == CaseState.IN_REVIEW:
        row.state = move(CASE, CaseState.IN_REVIEW, CaseState.WAITING_DATA)
    return _save(row, actor, "case.pile_asked", before, reason)


@transaction.atomic
def accept_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """The figures stand; an order whose money waited is settled by them."""
    row, order = _open_for_decision(case, reason)
    if order is not None and order.settled_at is None and order.charge_state == ChargeState.ENDED:
        settling.post_settlement(order, billing.stored_bill(order), actor=actor)
    return _decide(row, order, Decision.ACCEPT, actor, reason)


@transaction.atomic
def correct_case(case: Case, *, meter_stop: int, actor: Actor, reason: str) -> Case:
    """Bill by another final register, in Wh. Raises Refused when it lies below the start."""
    row, order = _open_for_decision(case, reason)
    order = _ended(order)
    before = audit.snapshot(order)
    correction = _correct(order, meter_stop)
    _rewrite(order, correction.bill, correction.energy_wh, before, actor, reason)
    return _decide(row, order, Decision.CORRECT, actor, reason)


@dataclass(frozen=True, slots=True)
class Correction:
    """What an order would be with another final register; energy in Wh."""

    energy_wh: int
    bill: Bill | None


def preview_correction(order: ChargingOrder, *, meter_stop: int) -> Correction:
    """What ``correct_case`` would make of an order; nothing is written. Raises Refused as it does."""
    return _correct(copy(_ended(order)), meter_stop)


def _correct(order: ChargingOrder, meter_stop: int) -> Correction:
    """Set the decided register on the order in hand, and price it by the one engine."""
    if order.transaction is None or meter_stop < order.transaction.meter_start:
        start = order.transaction.meter_start if order.transaction else 0
        raise Refused(
            _("The meter cannot end below its start, %(energy)s kWh.") % {"energy": energy_text(start)},
            code="below_start",
            field="meter_stop",
        )
    order.meter_stop = meter_stop
    order.flags = sorted({*order.flags, Flag.CORRECTED})
    account, stored = billing.account(order, order.transaction), billing.stored_bill(order)
    bill = carry_idle(account.bill, stored) if account.bill and stored else account.bill
    return Correction(account.envelope.wh, bill)


@transaction.atomic
def waive_case(case: Case, *, actor: Actor, reason: str) -> Case:
    """The driver pays nothing: the whole bill is a discount that the operator bears, now and later."""
    row, order = _open_for_decision(case, reason)
    order = _ended(order)
    before = audit.snapshot(order)
    bill = billing.stored_bill(order)
    order.idle_final_at = order.idle_final_at or clock.now()
    _rewrite(order, bill.waived("operator") if bill else None, order.energy_wh, before, actor, reason)
    return _decide(row, order, Decision.WAIVE, actor, reason)


@transaction.atomic
def refund_case(case: Case, *, amount: int, actor: Actor, reason: str) -> Case:
    """Give back part of what was paid to the wallet; ``amount`` in minor units."""
    row, order = _open_for_decision(case, reason)
    if order is None:
        raise Refused(_("There is no order to refund."), code="no_order")
    _refund(order, amount=amount, actor=actor, reason=reason, key=f"case:{row.number}:{row.reopened}")
    return _decide(row, order, Decision.REFUND, actor, reason)


@transaction.atomic
def refund_order(
    order: ChargingOrder, *, amount: int, actor: Actor, reason: str, key: str = ""
) -> ChargingOrder:
    """Refund a settled order to its wallet. ``key`` makes a repeated request one refund.

    Raises Refused beyond what was paid and not yet refunded.
    """
    row = lock_order(order.pk)
    _refund(row, amount=amount, actor=actor, reason=reason, key=key)
    return row


def _refund(order: ChargingOrder, *, amount: int, actor: Actor, reason: str, key: str) -> None:
    if order.settled_at is None or order.driver_id is None:
        raise Refused(_("This order was not paid yet."), code="not_settled")
    finance.refund_to_wallet(history.reference(order), amount=amount, actor=actor, reason=reason, key=key)
    if not paying.take_over(order):
        return
    order.save()
    history.note(
        order,
        "refunded",
        side=history.MONEY,
        actor=actor,
        amount=amount,
        currency=order.currency,
        reason=reason,
    )


def _rewrite(
    order: ChargingOrder,
    bill: Bill | None,
    energy_wh: int,
    before: Mapping[str, Any],
    actor: Actor,
    reason: str,
) -> None:
    """Give an ended order another bill; where its money waited this is the first settlement."""
    billing.write_bill(order, bill, energy_wh=energy_wh, at=clock.now())
    if order.settled_at is None:
        settling.post_settlement(order, bill, actor=actor)
    else:
        settling.correct_settlement(order, bill, actor=actor, reason=reason)
    audit.record(actor, "order.corrected", order, before=before, after=audit.snapshot(order), reason=reason)


def _ended(order: ChargingOrder | None) -> ChargingOrder:
    if order is None or order.transaction is None or order.charge_state != ChargeState.ENDED:
        raise Refused(_("There is no finished order to change."), code="no_order")
    return order


def _open_for_decision(case: Case, reason: str) -> tuple[Case, ChargingOrder | None]:
    """The case and its order, locked in the order that every writer of both uses: order first."""
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    order = lock_order(case.order_id) if case.order_id is not None else None
    return _undecided(case), order


def _undecided(case: Case) -> Case:
    row = locks.locked(Case.objects.filter(pk=case.pk)).select_related("pile").get()
    if row.state not in UNDECIDED:
        raise Refused(
            _("%(name)s has decided this case already.") % {"name": row.decided_by or _("The rule")},
            code="already_decided",
        )
    return row


def _decide(row: Case, order: ChargingOrder | None, decision: Decision, actor: Actor, reason: str) -> Case:
    before = audit.snapshot(row)
    if row.state != CaseState.IN_REVIEW:
        row.state = move(CASE, CaseState(row.state), CaseState.IN_REVIEW)
    row.state = move(CASE, CaseState.IN_REVIEW, CaseState.DECIDED)
    row.decision, row.reason = decision, reason[:LONGEST_REASON]
    row.decided_by, row.decided_at = actor.label[:120], clock.now()
    if not row.assignee_ref:
        row.assignee_ref, row.assignee_label = actor.ref, actor.label[:120]
    if order is not None:
        row.amount_after = order.total - order.refunded
        history.note(
            order, "case_decided", side=history.PERSON, actor=actor, code=row.code, decision=decision
        )
    _save(row, actor, "case.decided", before, reason)
    if order is not None and order.review_state == ReviewState.ABNORMAL and cases.is_decided(order):
        order.review_state = move(REVIEW, ReviewState.ABNORMAL, ReviewState.RESOLVED)
        order.save(update_fields=["review_state"])
    return row


def _save(row: Case, actor: Actor, action: str, before: Mapping[str, Any], reason: str) -> Case:
    row.save()
    audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    cases.publish(row)
    return row
