"""Drivers' money: wallets, what is set aside for orders, how orders were settled, what is still owed.

A wallet's figures are caches of its accounts' sums. They change in ``finance.services.wallets.book``
alone, together with the postings, under the wallet's row lock.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext, gettext_lazy as _, pgettext_lazy

from backoffice.kit import references
from backoffice.kit.scope import PathOwned, TenantOwned
from drivers.models import Driver
from finance.models.ledger import Journal

DRIVER_SUBJECT = "driver:"
"""How the accounts of drivers begin to name their owner."""


class Wallet(TenantOwned):
    """A driver's money at an operator. ``cash`` and ``bonus`` are free, ``held`` is set aside for open orders.

    Whoever owes has no free cash: money that comes in pays arrears first.
    """

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
            models.CheckConstraint(
                condition=models.Q(cash=0) | models.Q(arrears=0), name="wallet_pays_arrears_first"
            ),
        ]

    def __str__(self) -> str:
        return f"wallet of {self.driver_id}"

    @property
    def available(self) -> int:
        """What a new order may use, minor units."""
        return self.cash + self.bonus

    @property
    def subject(self) -> str:
        """How this wallet's accounts name their owner."""
        return f"{DRIVER_SUBJECT}{self.driver_id}"


class HoldState(models.TextChoices):
    OPEN = "open", pgettext_lazy("hold", "Open")
    CAPTURED = "captured", _("Settled")
    RELEASED = "released", _("Released")


class Hold(PathOwned):
    """Money of a wallet set aside for one order. ``cash`` + ``bonus`` is what was taken from each."""

    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="holds")
    about = models.CharField(_("about"), max_length=80)
    sequence = models.PositiveSmallIntegerField(default=1)
    cash = models.BigIntegerField(_("cash"), default=0)
    bonus = models.BigIntegerField(_("bonus"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=10, choices=HoldState, default=HoldState.OPEN)
    created_at = models.DateTimeField(_("created"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta(PathOwned.Meta):
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.UniqueConstraint(fields=["about", "sequence"], name="hold_once_per_sequence"),
            models.CheckConstraint(condition=models.Q(cash__gte=0, bonus__gte=0), name="hold_not_negative"),
        ]
        indexes = [models.Index(fields=["wallet"], condition=models.Q(state="open"), name="hold_open")]

    def __str__(self) -> str:
        return f"hold for {self.about}"

    @property
    def amount(self) -> int:
        return self.cash + self.bonus


class Settlement(PathOwned):
    """How one version of an order's bill was paid: written once, replaced by the next version, never changed.

    electricity + service + idle - discount = paid_cash + paid_bonus + arrears. ``released`` is what
    went back to the wallet on that occasion.
    """

    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="settlements")
    about = models.CharField(_("about"), max_length=80)
    version = models.PositiveSmallIntegerField(_("version"))
    electricity = models.BigIntegerField(_("electricity"))
    service = models.BigIntegerField(_("service"))
    idle = models.BigIntegerField(_("idle fee"))
    discount = models.BigIntegerField(_("discount"))
    paid_cash = models.BigIntegerField(_("cash"))
    paid_bonus = models.BigIntegerField(_("bonus"))
    arrears = models.BigIntegerField(_("arrears"))
    released_cash = models.BigIntegerField(default=0)
    released_bonus = models.BigIntegerField(default=0)
    currency = models.CharField(_("currency"), max_length=3)
    journal = models.OneToOneField(
        Journal, models.PROTECT, null=True, blank=True, related_name="settlement"
    )  # none where nothing was to pay
    at = models.DateTimeField(_("time"))

    class Meta(PathOwned.Meta):
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.UniqueConstraint(fields=["about", "version"], name="settled_once_per_version"),
            models.CheckConstraint(
                condition=models.Q(
                    electricity__gte=0,
                    service__gte=0,
                    idle__gte=0,
                    discount__gte=0,
                    paid_cash__gte=0,
                    paid_bonus__gte=0,
                    arrears__gte=0,
                    electricity=models.F("paid_cash")
                    + models.F("paid_bonus")
                    + models.F("arrears")
                    + models.F("discount")
                    - models.F("service")
                    - models.F("idle"),
                ),
                name="settlement_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about} v{self.version}"

    @property
    def payable(self) -> int:
        return self.electricity + self.service + self.idle - self.discount

    @property
    def released(self) -> int:
        return self.released_cash + self.released_bonus


class Debt(PathOwned):
    """What an order left unpaid: ``amount`` of the current version, of which some is paid or written off by now."""

    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="debts")
    about = models.CharField(_("about"), max_length=80, unique=True)
    amount = models.BigIntegerField(_("amount"))
    paid = models.BigIntegerField(_("paid"), default=0)
    written_off = models.BigIntegerField(_("written off"), default=0)
    payments = models.PositiveIntegerField(default=0)  # numbers the journals that paid or wrote off
    currency = models.CharField(_("currency"), max_length=3)
    created_at = models.DateTimeField(_("since"))
    updated_at = models.DateTimeField(_("changed"))

    class Meta(PathOwned.Meta):
        verbose_name = _("arrears")
        verbose_name_plural = _("arrears")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    paid__gte=0,
                    written_off__gte=0,
                    amount__gte=models.F("paid") + models.F("written_off"),
                ),
                name="debt_adds_up",
            )
        ]
        indexes = [
            models.Index(
                fields=["wallet", "created_at", "id"],
                condition=models.Q(amount__gt=models.F("paid") + models.F("written_off")),
                name="debt_open",
            )
        ]

    def __str__(self) -> str:
        return gettext("Arrears of %(about)s") % {"about": references.in_words(self.about)}

    @property
    def open(self) -> int:
        return self.amount - self.paid - self.written_off
