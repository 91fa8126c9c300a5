"""Money on its way in, and money on its way back."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.scope import PathOwned, path_indexes
from finance.models.channels import PaymentChannel
from finance.models.wallets import Wallet


class TopUpState(models.TextChoices):
    PENDING = "pending", pgettext_lazy("payment", "Waiting")
    PAID = "paid", _("Paid")
    CLOSED = "closed", _("Closed")
    REFUNDED = "refunded", _("Refunded")


class TopUp(PathOwned):
    """Money on its way into a wallet. ``number`` is ours at the channel, ``channel_ref`` is theirs.

    ``refunded`` counts what refunds claimed, whether the channel confirmed them yet or not.
    """

    number = models.CharField(_("number"), max_length=32, unique=True)
    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="top_ups", verbose_name=_("wallet"))
    channel = models.ForeignKey(
        PaymentChannel, models.PROTECT, related_name="top_ups", verbose_name=_("channel")
    )
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=TopUpState, default=TopUpState.PENDING)
    channel_ref = models.CharField(_("channel's number"), max_length=64, blank=True)
    refunded = models.BigIntegerField(_("refunded"), default=0)
    pay_url = models.CharField(max_length=500, blank=True)
    come_back_to = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    paid_at = models.DateTimeField(pgettext_lazy("time", "paid"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    expires_at = models.DateTimeField()
    next_query_at = models.DateTimeField(null=True, blank=True)
    queries = models.PositiveSmallIntegerField(default=0)

    class Meta(PathOwned.Meta):
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "channel_ref"],
                condition=~models.Q(channel_ref=""),
                name="topup_once_per_channel_ref",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, refunded__gte=0, refunded__lte=models.F("amount")),
                name="topup_adds_up",
            ),
        ]
        indexes = [
            *path_indexes("topup", "-created_at", "-id"),
            models.Index(
                fields=["next_query_at"],
                condition=models.Q(next_query_at__isnull=False),
                name="topup_to_query",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def refundable(self) -> int:
        return self.amount - self.refunded


class RefundKind(models.TextChoices):
    ORDER = "order", _("Of an order, to the wallet")
    TOP_UP = "top_up", _("Of a top-up, to its source")
    LATE = "late", _("Of a payment that came too late, to its source")


class RefundState(models.TextChoices):
    CLAIMED = "claimed", pgettext_lazy("refund", "Claimed")
    SENT = "sent", _("Sent")
    CONFIRMED = "confirmed", _("Confirmed")
    FAILED = "failed", _("Failed")
    RETURNED = "returned", _("Returned to the wallet")


class Refund(PathOwned):
    """Money that goes back: of an order to the wallet, or of a top-up to its source.

    For orders ``electricity`` + ``service`` + ``idle`` tells which revenue the refund takes back.
    """

    number = models.CharField(_("number"), max_length=32, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=RefundKind)
    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="refunds", verbose_name=_("wallet"))
    top_up = models.ForeignKey(
        TopUp, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("top-up")
    )
    about = models.CharField(_("about"), max_length=80, blank=True)
    key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    cash = models.BigIntegerField(_("cash"), default=0)
    bonus = models.BigIntegerField(_("bonus"), default=0)
    electricity = models.BigIntegerField(_("electricity"), default=0)
    service = models.BigIntegerField(_("service"), default=0)
    idle = models.BigIntegerField(_("idle fee"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=RefundState, default=RefundState.CLAIMED)
    reason = models.CharField(_("reason"), max_length=300)
    actor_label = models.CharField(_("by"), max_length=120)
    channel_ref = models.CharField(_("channel's number"), max_length=64, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cash__gte=0, bonus__gte=0)
                & (models.Q(cash__gt=0) | models.Q(bonus__gt=0)),
                name="refund_positive",
            )
        ]
        indexes = [
            *path_indexes("refund", "-created_at", "-id"),
            models.Index(fields=["about", "id"], condition=~models.Q(about=""), name="refund_about"),
            models.Index(
                fields=["next_try_at"], condition=models.Q(next_try_at__isnull=False), name="refund_to_send"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def amount(self) -> int:
        return self.cash + self.bonus
