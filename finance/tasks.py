"""What the worker does for money: asks channels what became of payments, and sends refunds."""

from __future__ import annotations

from backoffice.kit.tasks import sweep
from finance import services


@sweep
def ask_top_ups() -> None:
    services.ask_due_top_ups()


@sweep
def send_refunds() -> None:
    services.send_due_refunds()


SCHEDULE = {ask_top_ups: 5, send_refunds: 5}
