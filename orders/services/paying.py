"""What an order says of its money, as the ledger has it: copied here and nowhere else.

paid_cash + paid_bonus + arrears + written_off = total, at every moment (I2).
"""

from __future__ import annotations

from django.db import transaction

from finance.selectors import Payment, payment_of
from orders import history
from orders.bill import Bill
from orders.models import ChargingOrder
from orders.services.rows import lock_order
from orders.states import PAY, PayState, can_move, move


def take_over(order: ChargingOrder) -> bool:
    """Copy the payment's figures onto a locked order; the caller saves it. Whether anything was new."""
    payment = payment_of(history.reference(order))
    if payment is None:
        return False
    before = _figures(order)
    order.paid_cash, order.paid_bonus = payment.paid.cash, payment.paid.bonus
    order.arrears, order.written_off = payment.owed, payment.written_off
    order.refunded = payment.refunded.total
    target, current = _pay_state(payment), PayState(order.pay_state)
    if can_move(PAY, current, target):
        order.pay_state = move(PAY, current, target)
    return _figures(order) != before


def write_off(order: ChargingOrder, bill: Bill | None) -> None:
    """Nobody is known who could pay a locked order; the caller saves it."""
    order.written_off = bill.payable.amount if bill is not None else 0
    order.pay_state = PayState.SETTLED


@transaction.atomic
def follow_payment(order_id: int) -> None:
    """Arrears were paid or given up in the meantime."""
    order = lock_order(order_id)
    if order.settled_at is None or not take_over(order):
        return
    order.save()
    history.note(
        order,
        "arrears_changed",
        side=history.MONEY,
        arrears=order.arrears,
        written_off=order.written_off,
        currency=order.currency,
    )


def hear_of_arrears(about: str) -> None:
    """A listener of ``finance``, after its commit: a hint, the sweep finds what it misses."""
    order_no = about.removeprefix("order:")
    key = ChargingOrder.objects.filter(order_no=order_no).values_list("pk", flat=True).first()
    if key is not None:
        follow_payment(key)


def _pay_state(payment: Payment) -> PayState:
    if payment.refunded.total:
        whole = payment.refunded.total >= payment.paid.total
        return PayState.REFUNDED if whole else PayState.PARTLY_REFUNDED
    return PayState.ARREARS if payment.owed else PayState.SETTLED


def _figures(order: ChargingOrder) -> tuple[object, ...]:
    return (
        order.paid_cash,
        order.paid_bonus,
        order.arrears,
        order.written_off,
        order.refunded,
        order.pay_state,
    )
