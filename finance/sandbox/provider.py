"""What the provider does: registers payments, takes them, closes them, pays them back. Each of it once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet, Sum

from backoffice.kit import clock, locks
from backoffice.kit.tasks import nudge
from finance.channels import signing
from finance.sandbox import deliveries
from finance.sandbox.models import (
    Merchant,
    Mode,
    Payment,
    PaymentStatus,
    PlatformKey,
    Refund,
    RefundMode,
    RefundStatus,
)

PAYS_LATER_AFTER = timedelta(seconds=20)
REFUND_TAKES = timedelta(seconds=2)
DELIVER = "finance.sandbox.tasks.deliver"


class Declined(Exception):
    """The provider will not do it; ``code`` is for the merchant."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def platform_key() -> PlatformKey:
    """The key in use; made at first need."""
    key = PlatformKey.objects.order_by("-created_at").first()
    if key is None:
        locks.hold("sandbox.platform_key")
        key = PlatformKey.objects.order_by("-created_at").first() or rotate_key()
    return key


def rotate_key() -> PlatformKey:
    """Put a new key into use."""
    pair = signing.new_key_pair()
    return PlatformKey.objects.create(
        serial=secrets.token_hex(10).upper(),
        private=pair.private,
        public=pair.public,
        created_at=clock.now(),
    )


def sign_up(name: str, public_key: str) -> Merchant:
    return Merchant.objects.create(
        number=f"M{secrets.randbelow(10**10):010d}",
        name=name[:120],
        public_key=public_key,
        created_at=clock.now(),
    )


@transaction.atomic
def register_payment(
    merchant: Merchant,
    *,
    number: str,
    amount: int,
    currency: str,
    title: str,
    notify_url: str,
    return_url: str,
    expires_at: datetime,
) -> Payment:
    """A payment that a payer may make. The same number again is the same payment, or Declined if it differs."""
    if amount <= 0:
        raise Declined("AMOUNT")
    payment, _ = Payment.objects.get_or_create(
        merchant=merchant,
        number=number,
        defaults={
            "token": secrets.token_urlsafe(18),
            "amount": amount,
            "currency": currency,
            "title": title[:120],
            "notify_url": notify_url,
            "return_url": return_url,
            "expires_at": expires_at,
            "created_at": clock.now(),
        },
    )
    if (payment.amount, payment.currency) != (amount, currency):
        raise Declined("NUMBER_TAKEN")
    return payment


def payments() -> QuerySet[Payment]:
    """Every payment, with the merchant that asked for it."""
    return Payment.objects.select_related("merchant")


@transaction.atomic
def pay(payment: Payment, *, mode: Mode = Mode.PROMPT, later: bool = False) -> Payment:
    """The payer pays, now or a little later. Nothing happens to a payment that is over."""
    row = _locked(payment)
    if row.status != PaymentStatus.PENDING or row.expires_at <= clock.now():
        return row
    row.mode = mode
    if later:
        row.pays_at = clock.now() + PAYS_LATER_AFTER
        row.save(update_fields=["mode", "pays_at"])
        return row
    row.status, row.pays_at = PaymentStatus.PAID, None
    row.transaction = f"42{clock.now():%Y%m%d}{secrets.randbelow(10**14):014d}"
    row.save(update_fields=["mode", "pays_at", "status", "transaction"])
    deliveries.schedule_payment(row)
    nudge(DELIVER)
    return row


@transaction.atomic
def decline(payment: Payment) -> Payment:
    """The payer's bank says no: the payment is over, and the merchant is told."""
    row = _locked(payment)
    if row.status == PaymentStatus.PENDING:
        row.status, row.pays_at = PaymentStatus.CLOSED, None
        row.save(update_fields=["status", "pays_at"])
        deliveries.schedule_payment(row)
        nudge(DELIVER)
    return row


@transaction.atomic
def close(payment: Payment) -> Payment:
    """The merchant does not want it any more; a payment that was made stays made."""
    row = _locked(payment)
    if row.status == PaymentStatus.PENDING:
        row.status, row.pays_at = PaymentStatus.CLOSED, None
        row.save(update_fields=["status", "pays_at"])
    return row


@transaction.atomic
def register_refund(payment: Payment, *, number: str, amount: int, currency: str, notify_url: str) -> Refund:
    """Pay a part back, a moment later. The same number again is the same refund, or Declined if it differs."""
    row = _locked(payment)
    known = Refund.objects.filter(merchant_id=row.merchant_id, number=number).first()
    if known is not None:
        if (known.payment_id, known.amount, known.currency) != (row.pk, amount, currency):
            raise Declined("NUMBER_TAKEN")
        return known
    if row.status != PaymentStatus.PAID:
        raise Declined("NOT_PAID")
    paid_back = row.refunds.exclude(status=RefundStatus.FAILED).aggregate(sum=Sum("amount"))["sum"] or 0
    if currency != row.currency or not 0 < amount <= row.amount - paid_back:
        raise Declined("AMOUNT")
    return Refund.objects.create(
        merchant_id=row.merchant_id,
        payment=row,
        number=number,
        amount=amount,
        currency=currency,
        notify_url=notify_url,
        transaction=f"50{clock.now():%Y%m%d}{secrets.randbelow(10**14):014d}",
        settles_at=clock.now() + REFUND_TAKES,
        created_at=clock.now(),
    )


def settle_due() -> None:
    """Payments of those who pay later, and refunds whose moment has come."""
    for payment in Payment.objects.filter(pays_at__lte=clock.now()):
        pay(payment, mode=Mode(payment.mode))
    for refund in Refund.objects.filter(settles_at__lte=clock.now()):
        _settle_refund(refund)


@transaction.atomic
def _settle_refund(refund: Refund) -> None:
    row = locks.locked(Refund.objects.filter(pk=refund.pk)).get()
    if row.status == RefundStatus.PENDING:
        row.status = RefundStatus.FAILED if row.mode == RefundMode.FAILS else RefundStatus.CONFIRMED
        row.settles_at = None
        row.save(update_fields=["status", "settles_at"])
        if row.mode != RefundMode.SILENT:
            deliveries.schedule_refund(row)


def _locked(payment: Payment) -> Payment:
    return locks.locked(Payment.objects.filter(pk=payment.pk)).get()
