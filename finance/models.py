"""The ledger and what hangs on it.

Amounts are integers of minor units. In a posting a debit is positive and a credit negative; every
journal sums to zero per currency (a deferred constraint trigger), and neither journals nor postings
are ever changed or deleted (a trigger). A wallet's figures are caches of its accounts' sums, written
in the same transaction under the wallet's row lock.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes
from drivers.models import Driver


class AccountKind(models.TextChoices):
    CHANNEL_CLEARING = "channel_clearing", _("Channel clearing")
    CASH_DESK = "cash_desk", _("Cash desk")
    USER_ARREARS = "user_arrears", _("Arrears of drivers")
    WALLET_CASH = "wallet_cash", _("Wallet, cash")
    WALLET_BONUS = "wallet_bonus", _("Wallet, bonus")
    ORDER_HOLD = "order_hold", _("Order holds")
    REFUND_TRANSIT = "refund_transit", _("Refunds in transit")
    REVENUE_ELECTRICITY = "revenue_electricity", _("Revenue, electricity")
    REVENUE_SERVICE = "revenue_service", _("Revenue, service")
    REVENUE_IDLE = "revenue_idle", _("Revenue, idle fees")
    DISCOUNT = "discount", _("Discounts and gifts")
    CHANNEL_FEE = "channel_fee", _("Channel fees")
    LOSS = "loss", _("Written off")
    SUSPENSE = "suspense_channel", _("Unexplained receipts")


class Account(PathOwned):
    """``subject`` tells accounts of one kind apart (``driver:7``, ``channel:3``); the operator's own have none."""

    kind = models.CharField(_("account"), max_length=24, choices=AccountKind)
    subject = models.CharField(_("of"), max_length=60, blank=True)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(PathOwned.Meta):
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["manufacturer", "dealer", "operator", "agency", "kind", "subject", "currency"],
                name="account_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}" if self.subject else self.kind


class Journal(PathOwned):
    """One event that moved money. ``event_key`` makes posting idempotent."""

    event_type = models.CharField(_("event"), max_length=40)
    event_key = models.CharField(_("key"), max_length=120, unique=True)
    about = models.CharField(_("about"), max_length=80, blank=True)
    memo = models.CharField(_("note"), max_length=200, blank=True)
    actor_ref = models.CharField(max_length=80)
    at = models.DateTimeField(_("time"))
    reversal_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reversals")

    class Meta(PathOwned.Meta):
        verbose_name = _("journal")
        verbose_name_plural = _("journals")
        indexes = [
            *path_indexes("journal", "-at", "-id"),
            models.Index(fields=["about", "id"], condition=~models.Q(about=""), name="journal_about"),
        ]

    def __str__(self) -> str:
        return self.event_key


class Posting(PathOwned):
    """One line of a journal: debit positive, credit negative, minor units."""

    journal = models.ForeignKey(Journal, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="postings", verbose_name=_("account"))
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    at = models.DateTimeField(_("time"))

    class Meta(PathOwned.Meta):
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [models.CheckConstraint(condition=~models.Q(amount=0), name="posting_moves_something")]
        indexes = [
            *path_indexes("posting", "-at", "-id"),
            models.Index(fields=["account", "id"], name="posting_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"


class Wallet(TenantOwned):
    """A driver's money at an operator. ``cash`` and ``bonus`` are free, ``held`` is set aside for open orders."""

    driver = models.ForeignKey(Driver, models.PROTECT, related_name="wallets", verbose_name=_("driver"))
    currency = models.CharField(_("currency"), max_length=3)
    cash = models.BigIntegerField(_("cash"), default=0)
    bonus = models.BigIntegerField(_("bonus"), default=0)
    held = models.BigIntegerField(_("held"), default=0)
    arrears = models.BigIntegerField(_("arrears"), default=0)
    updated_at = models.DateTimeField(_("changed"))

    class Meta(TenantOwned.Meta):
        verbose_name = _("wallet")
        verbose_name_plural = _("wallets")
        constraints = [
            models.UniqueConstraint(fields=["driver", "currency"], name="wallet_once_per_currency"),
            models.CheckConstraint(
                condition=models.Q(cash__gte=0, bonus__gte=0, held__gte=0, arrears__gte=0),
                name="wallet_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"wallet of {self.driver_id}"


class HoldState(models.TextChoices):
    OPEN = "open", _("Open")
    CAPTURED = "captured", _("Settled")
    RELEASED = "released", _("Released")


class Hold(PathOwned):
    """Money of a wallet set aside for one order. ``cash`` + ``bonus`` is what was taken from each."""

    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="holds")
    about = models.CharField(max_length=80)
    sequence = models.PositiveSmallIntegerField(default=1)
    cash = models.BigIntegerField(default=0)
    bonus = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=HoldState, default=HoldState.OPEN)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta(PathOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["about", "sequence"], name="hold_once_per_sequence")]
        indexes = [models.Index(fields=["wallet"], condition=models.Q(state="open"), name="hold_open")]

    def __str__(self) -> str:
        return f"hold for {self.about}"


class ChannelKind(models.TextChoices):
    SANDBOX = "sandbox", _("Sandbox")


class PaymentChannel(TenantOwned):
    """An operator's contract with a payment provider. ``secrets`` are encrypted and never shown again."""

    kind = models.CharField(_("kind"), max_length=12, choices=ChannelKind)
    name = models.CharField(_("name"), max_length=60)
    merchant = models.CharField(_("merchant number"), max_length=40)
    secrets = models.TextField(blank=True)
    public_key = models.TextField(blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        verbose_name = _("payment channel")
        verbose_name_plural = _("payment channels")
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "merchant"], name="channel_once")]

    def __str__(self) -> str:
        return self.name


class TopUpState(models.TextChoices):
    PENDING = "pending", _("Waiting for payment")
    PAID = "paid", _("Paid")
    CLOSED = "closed", _("Closed")
    REFUNDED = "refunded", _("Refunded")


class TopUp(PathOwned):
    """Money on its way into a wallet. ``number`` is ours at the channel, ``channel_ref`` is theirs."""

    number = models.CharField(_("number"), max_length=32, unique=True)
    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="top_ups", verbose_name=_("wallet"))
    channel = models.ForeignKey(
        PaymentChannel,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="top_ups",
        verbose_name=_("channel"),
    )
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=TopUpState, default=TopUpState.PENDING)
    channel_ref = models.CharField(_("channel's number"), max_length=64, blank=True)
    refunded = models.BigIntegerField(_("refunded"), default=0)
    come_back_to = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
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
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="topup_positive"),
        ]
        indexes = path_indexes("topup", "-created_at", "-id")

    def __str__(self) -> str:
        return self.number


class ChannelNotice(PathOwned):
    """A callback as it arrived, before anything is believed."""

    channel = models.ForeignKey(PaymentChannel, models.PROTECT, related_name="notices")
    received_at = models.DateTimeField(_("time"))
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    remote = models.CharField(max_length=60, blank=True)
    signature_ok = models.BooleanField(_("signature"), default=False)
    outcome = models.CharField(_("outcome"), max_length=40)
    about = models.CharField(max_length=80, blank=True)

    class Meta(PathOwned.Meta):
        indexes = path_indexes("notice", "-received_at", "-id")

    def __str__(self) -> str:
        return f"{self.outcome} {self.about}"


class RefundState(models.TextChoices):
    CLAIMED = "claimed", _("Claimed")
    SENT = "sent", _("Sent")
    CONFIRMED = "confirmed", _("Confirmed")
    FAILED = "failed", _("Failed")


class Refund(PathOwned):
    """Money that goes back: of an order to the wallet, or of a top-up to its source."""

    number = models.CharField(_("number"), max_length=32, unique=True)
    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="refunds")
    top_up = models.ForeignKey(TopUp, models.PROTECT, null=True, blank=True, related_name="refunds")
    about = models.CharField(_("about"), max_length=80, blank=True)
    cash = models.BigIntegerField(_("cash"), default=0)
    bonus = models.BigIntegerField(_("bonus"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=RefundState, default=RefundState.CLAIMED)
    reason = models.CharField(_("reason"), max_length=300)
    actor_label = models.CharField(_("by"), max_length=120)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("created"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        indexes = path_indexes("refund", "-created_at", "-id")

    def __str__(self) -> str:
        return self.number
