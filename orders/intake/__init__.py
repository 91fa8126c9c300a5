"""Batch writes of what piles report about charging, called by the gateway inside one database transaction.

Every function takes facts in the order in which they arrived and answers in that order. Facts are
stored whatever they say; what they mean for money is decided later by the worker, which finds its
work in ``Transaction.start_handled_at`` and ``stop_handled_at``. Repeating a batch changes nothing.
"""

from orders.intake.meters import meter
from orders.intake.starts import start
from orders.intake.statuses import report_status
from orders.intake.stops import stop
from orders.intake.tags import authorize

__all__ = ["authorize", "meter", "report_status", "start", "stop"]
