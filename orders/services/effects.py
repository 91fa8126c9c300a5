"""What each decision does to an order and its money; who may decide it, and how many, is ``deciding``'s business.

The pile's facts stay as they are: a correction is a decision of the business, and the ledger gets the
difference. Every function here takes a locked order and runs inside the transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.figures import energy_text, money_text
from backoffice.kit.money import Money
from finance import services as finance
from finance.selectors import payment_of
from orders import history
from orders.bill import Bill
from orders.models import Case, ChargingOrder, Decision
from orders.pricing import carry_idle
from orders.second import Change
from orders.services import billing, paying, settling
from orders.services.rows import lock_order
from orders.states import ChargeState, Flag

Params = Mapping[str, int]


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


def change_of(order: ChargingOrder | None, decision: Decision, params: Params) -> Change:
    """What a decision changes for the driver; nothing is written. Raises Refused for what cannot be decided."""
    if order is None:
        return Change(0, 0, "")
    now = order.total - order.refunded
    match decision:
        case Decision.CORRECT:
            bill = preview_correction(order, meter_stop=params["meter_stop"]).bill
            return Change(order.total, bill.payable.amount if bill is not None else 0, order.currency)
        case Decision.WAIVE:
            return Change(_ended(order).total, 0, order.currency)
        case Decision.REFUND:
            _require_refundable(order, params["amount"])
            return Change(now, now - params["amount"], order.currency)
        case Decision.WRITE_OFF:
            return Change(order.arrears, 0, order.currency)
        case _:
            return Change(now, now, order.currency)


def stamp_of(case: Case, order: ChargingOrder | None) -> str:
    """What a decision was made by: it changes when the order's money or the evidence does."""
    known = [len(case.evidence.get("later", ())), case.reopened]
    if order is not None:
        known += [order.version, order.total, order.refunded, order.arrears, order.energy_wh]
        known += [order.meter_stop or 0, int(order.settled_at is not None)]
    return ":".join(map(str, known))


def take_effect(
    case: Case, order: ChargingOrder | None, decision: Decision, params: Params, actor: Actor, reason: str
) -> None:
    """Do to the order and its money what was decided."""
    EFFECTS[decision](case, order, params, actor, reason)


def _stand(_case: Case, order: ChargingOrder | None, _params: Params, actor: Actor, _reason: str) -> None:
    """The figures stand; an order whose money waited is settled by them."""
    if order is not None and order.settled_at is None and order.charge_state == ChargeState.ENDED:
        settling.post_settlement(order, billing.stored_bill(order), actor=actor)


def _bill_by_register(
    _case: Case, order: ChargingOrder | None, params: Params, actor: Actor, reason: str
) -> None:
    order = _ended(order)
    before = audit.snapshot(order)
    correction = _correct(order, params["meter_stop"])
    _rewrite(order, correction.bill, correction.energy_wh, before, actor, reason)


def _waive(_case: Case, order: ChargingOrder | None, _params: Params, actor: Actor, reason: str) -> None:
    """The whole bill becomes a discount that the operator bears, now and later."""
    order = _ended(order)
    before = audit.snapshot(order)
    bill = billing.stored_bill(order)
    order.idle_final_at = order.idle_final_at or clock.now()
    _rewrite(order, bill.waived("operator") if bill else None, order.energy_wh, before, actor, reason)


def _give_back(case: Case, order: ChargingOrder | None, params: Params, actor: Actor, reason: str) -> None:
    if order is None:
        raise Refused(_("There is no order to refund."), code="no_order")
    key = f"case:{case.number}:{case.reopened}"
    _refund(order, amount=params["amount"], actor=actor, reason=reason, key=key)


def _write_off(_case: Case, order: ChargingOrder | None, _params: Params, actor: Actor, reason: str) -> None:
    """What is still owed is given up."""
    if order is None or not order.arrears:
        raise Refused(_("Nothing is owed for this order."), code="no_arrears")
    before = audit.snapshot(order)
    finance.write_off_arrears(history.reference(order), reason=reason, actor=actor)
    paying.take_over(order)
    order.save()
    history.note(
        order,
        "arrears_changed",
        side=history.MONEY,
        actor=actor,
        arrears=order.arrears,
        written_off=order.written_off,
        currency=order.currency,
    )
    audit.record(actor, "order.written_off", order, before=before, after=audit.snapshot(order), reason=reason)


EFFECTS: Mapping[Decision, Callable[[Case, ChargingOrder | None, Params, Actor, str], None]] = {
    Decision.ACCEPT: _stand,
    Decision.VOID: _stand,
    Decision.CORRECT: _bill_by_register,
    Decision.WAIVE: _waive,
    Decision.REFUND: _give_back,
    Decision.WRITE_OFF: _write_off,
}


def _require_refundable(order: ChargingOrder, amount: int) -> None:
    left = refundable(order)
    if order.settled_at is not None and amount > left:
        raise Refused(
            _("No more than %(left)s can be refunded.") % {"left": money_text(Money(left, order.currency))},
            code="refund_too_much",
            field="amount",
        )


def refundable(order: ChargingOrder) -> int:
    """What of an order was paid and did not go back yet, minor units."""
    payment = payment_of(history.reference(order))
    return payment.refundable.total if payment else 0


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
