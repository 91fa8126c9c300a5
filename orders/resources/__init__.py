"""The lists of this room."""

from orders.resources.cases import CASES
from orders.resources.facts import LOOSE, TRANSACTIONS
from orders.resources.orders import CANCEL, FORCE_CLOSE, HISTORY, REALTIME, STOP

LISTS = (REALTIME, HISTORY, CASES, TRANSACTIONS, LOOSE)

__all__ = [
    "CANCEL",
    "CASES",
    "FORCE_CLOSE",
    "HISTORY",
    "LISTS",
    "LOOSE",
    "REALTIME",
    "STOP",
    "TRANSACTIONS",
]
