"""The provider's own tables. Amounts in minor units; ``number`` is the merchant's, ``transaction`` the provider's."""

from __future__ import annotations

from django.db import models


class PlatformKey(models.Model):
    """A key pair that answers and callbacks are signed with; the newest one is in use."""

    serial = models.CharField(max_length=40, unique=True)
    private = models.TextField()
    public = models.TextField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.serial


class Merchant(models.Model):
    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    public_key = models.TextField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Mode(models.TextChoices):
    """How the provider behaves about one payment: what can go wrong with callbacks, on demand."""

    PROMPT = "prompt"
    SLOW = "slow"
    THRICE = "thrice"
    OUT_OF_ORDER = "out_of_order"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_SIGNATURE = "wrong_signature"
    OLD_TIMESTAMP = "old_timestamp"
    WRONG_SERIAL = "wrong_serial"
    SILENT = "silent"


class PaymentStatus(models.TextChoices):
    PENDING = "pending"
    PAID = "paid"
    CLOSED = "closed"


class Payment(models.Model):
    """``token`` is the page's address. ``pays_at``: the payer chose to pay later, and will."""

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="payments")
    number = models.CharField(max_length=64)
    token = models.CharField(max_length=40, unique=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    title = models.CharField(max_length=120)
    notify_url = models.CharField(max_length=500)
    return_url = models.CharField(max_length=500)
    status = models.CharField(max_length=10, choices=PaymentStatus, default=PaymentStatus.PENDING)
    transaction = models.CharField(max_length=40, blank=True)
    mode = models.CharField(max_length=20, choices=Mode, default=Mode.PROMPT)
    pays_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "number"], name="sandbox_payment_once"),
            models.UniqueConstraint(
                fields=["transaction"], condition=~models.Q(transaction=""), name="sandbox_transaction_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["pays_at"], condition=models.Q(pays_at__isnull=False), name="sandbox_pays_later"
            )
        ]

    def __str__(self) -> str:
        return self.number


class RefundStatus(models.TextChoices):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class RefundMode(models.TextChoices):
    PAYS = "pays"
    FAILS = "fails"
    SILENT = "silent"


class Refund(models.Model):
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    number = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    notify_url = models.CharField(max_length=500)
    status = models.CharField(max_length=10, choices=RefundStatus, default=RefundStatus.PENDING)
    transaction = models.CharField(max_length=40, unique=True)
    mode = models.CharField(max_length=10, choices=RefundMode, default=RefundMode.PAYS)
    settles_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "number"], name="sandbox_refund_once")]
        indexes = [
            models.Index(
                fields=["settles_at"], condition=models.Q(settles_at__isnull=False), name="sandbox_refund_due"
            )
        ]

    def __str__(self) -> str:
        return self.number


class Variant(models.TextChoices):
    """How a callback differs from an honest one."""

    HONEST = "honest"
    EARLIER_STATUS = "earlier_status"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_SIGNATURE = "wrong_signature"
    OLD_TIMESTAMP = "old_timestamp"
    WRONG_SERIAL = "wrong_serial"


class Delivery(models.Model):
    """A callback on its way. ``due_at`` is empty when it arrived or nobody will try any more."""

    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="deliveries")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="deliveries")
    variant = models.CharField(max_length=20, choices=Variant, default=Variant.HONEST)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="sandbox_to_deliver"
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant} {self.attempts}"
