"""Orders and transactions, locked for a change.

Whoever locks several rows does it in one order, so that nobody waits for somebody who waits for him:
commands of a pile, then a transaction, then its order, then cases, then a wallet.
"""

from __future__ import annotations

from backoffice.kit import locks
from orders.models import ChargingOrder, Transaction

NEIGHBOURS = ("transaction", "driver", "pile__model", "connector__pile__model")


def lock_order(order_id: int) -> ChargingOrder:
    """The order with what it stands beside. Raises ChargingOrder.DoesNotExist outside the scope."""
    return locks.locked(ChargingOrder.objects.filter(pk=order_id)).select_related(*NEIGHBOURS).get()


def lock_transaction(transaction_id: int) -> Transaction:
    """The transaction with its pile. Raises Transaction.DoesNotExist outside the scope."""
    rows = locks.locked(Transaction.objects.filter(pk=transaction_id))
    return rows.select_related("pile__station", "pile__model").get()


def lock_order_of(transaction: Transaction) -> ChargingOrder | None:
    """The order of a transaction, if it has one."""
    rows = locks.locked(ChargingOrder.objects.filter(transaction=transaction))
    return rows.select_related(*NEIGHBOURS).first()
