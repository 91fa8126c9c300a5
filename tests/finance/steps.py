"""Short names for what the tests of payments do again and again."""

from __future__ import annotations

from backoffice.kit.models import AuditEntry
from finance.models import (
    Refund,
    TopUp,
    Wallet,
)
from finance.sandbox import deliveries, provider
from finance.sandbox.models import Delivery, Mode, Payment, Variant


def cash(wallet: Wallet) -> int:
    wallet.refresh_from_db()
    return wallet.cash


def payment_of(top_up: TopUp) -> Payment:
    return Payment.objects.get(number=top_up.number)


def pay(top_up: TopUp, mode: Mode = Mode.PROMPT) -> Payment:
    return provider.pay(payment_of(top_up), mode=mode)


def state(row: TopUp | Refund) -> str:
    row.refresh_from_db()
    return row.state


def alerts() -> int:
    return AuditEntry.objects.filter(action="channel.notice_refused").count()


def callback_of(top_up: TopUp, variant: Variant = Variant.HONEST) -> tuple[str, dict[str, str], bytes]:
    return deliveries.callback(Delivery.objects.create(payment=payment_of(top_up), variant=variant))
