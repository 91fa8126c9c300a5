"""The ledger. ``finance.ledger`` is its only writer.

Amounts are integers of minor units. In a posting a debit is positive and a credit negative; every
journal sums to zero per currency (a deferred constraint trigger), and neither journals nor postings
are ever changed or deleted (a trigger).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.kit.scope import PathOwned, TenantOwned, path_indexes


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


class Account(TenantOwned):
    """An account in a tenant's books.

    ``subject`` tells accounts of one kind apart (``driver:7``, ``channel:3``); most kinds need none.
    """

    kind = models.CharField(_("account"), max_length=24, choices=AccountKind)
    subject = models.CharField(_("of"), max_length=60, blank=True)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(TenantOwned.Meta):
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "subject", "currency"], name="account_once"),
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
    reversal_of = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversal")

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

    journal = models.ForeignKey(Journal, models.PROTECT, db_index=False, related_name="postings")
    account = models.ForeignKey(
        Account, models.PROTECT, db_index=False, related_name="postings", verbose_name=_("account")
    )
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    at = models.DateTimeField(_("time"))

    class Meta(PathOwned.Meta):
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="posting_moves_something"),
            models.UniqueConstraint(fields=["journal", "account"], name="posting_once_per_account"),
        ]
        indexes = [
            *path_indexes("posting", "-at", "-id"),
            models.Index(fields=["account", "-at", "-id"], name="posting_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"

    @property
    def debit(self) -> int:
        return max(self.amount, 0)

    @property
    def credit(self) -> int:
        return max(-self.amount, 0)
