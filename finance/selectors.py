"""Reads of the money room. All are scoped; what an order paid is asked for by its reference (``order:8F2K``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from drivers.models import Driver
from finance.models import (
    Account,
    ChannelNotice,
    Debt,
    Hold,
    HoldState,
    Journal,
    PaymentChannel,
    Posting,
    Refund,
    RefundKind,
    RefundState,
    Settlement,
    TopUp,
    Wallet,
)
from finance.rules import Purse


@dataclass(frozen=True, slots=True)
class Payment:
    """Where the money of one order stands now, minor units.

    ``paid`` includes arrears paid since; ``refundable`` is what of it has not gone back yet.
    """

    about: str
    version: int
    currency: str
    payable: int
    paid: Purse
    owed: int
    written_off: int
    refunded: Purse

    @property
    def refundable(self) -> Purse:
        return self.paid - self.refunded


def wallets() -> QuerySet[Wallet]:
    return Wallet.objects.select_related("driver")


def wallets_of(driver: Driver) -> QuerySet[Wallet]:
    """A driver's wallets, one for each currency."""
    return Wallet.objects.filter(driver=driver).order_by("currency")


@dataclass(frozen=True, slots=True)
class Spendable:
    """What a driver has free and what he owes, minor units, over all his wallets."""

    free: int = 0
    owed: int = 0

    @property
    def can_start(self) -> bool:
        return self.free > 0 and not self.owed


def spendable(driver_ids: Iterable[int]) -> dict[int, Spendable]:
    """Which of these drivers could pay for a new order; one answer for each that was asked for."""
    wanted = set(driver_ids)
    sums = (
        Wallet.objects.filter(driver_id__in=wanted)
        .values_list("driver_id")
        .annotate(free=Sum(F("cash") + F("bonus")), owed=Sum("arrears"))
        .order_by()
    )
    known = {driver_id: Spendable(free, owed) for driver_id, free, owed in sums}
    return {driver_id: known.get(driver_id, Spendable()) for driver_id in wanted}


def accounts() -> QuerySet[Account]:
    return Account.objects.all()


def journals() -> QuerySet[Journal]:
    return Journal.objects.order_by("-at", "-id")


def postings() -> QuerySet[Posting]:
    """Ledger entries, the newest first."""
    return Posting.objects.select_related("journal", "account").order_by("-at", "-id")


def postings_of(wallet: Wallet) -> QuerySet[Posting]:
    """Ledger entries on a wallet's accounts, the newest first."""
    return postings().filter(
        account__tenant_id=wallet.tenant_id, account__subject=wallet.subject, currency=wallet.currency
    )


def top_ups() -> QuerySet[TopUp]:
    return TopUp.objects.select_related("wallet__driver", "channel").order_by("-created_at", "-id")


def refunds() -> QuerySet[Refund]:
    return Refund.objects.select_related("wallet__driver", "top_up").order_by("-created_at", "-id")


def debts() -> QuerySet[Debt]:
    return Debt.objects.order_by("-created_at", "-id")


def channels() -> QuerySet[PaymentChannel]:
    return PaymentChannel.objects.order_by("name", "pk")


def channel_for(tenant_id: int, currency: str) -> PaymentChannel | None:
    """The channel through which drivers of this operator pay now, if there is one."""
    return (
        PaymentChannel.objects.filter(tenant_id=tenant_id, currency=currency, enabled=True)
        .order_by("pk")
        .first()
    )


def notices() -> QuerySet[ChannelNotice]:
    return ChannelNotice.objects.order_by("-received_at", "-id")


def open_holds(abouts: Iterable[str] | None = None) -> dict[str, int]:
    """What is still set aside, by order, minor units; of these orders or of all. For invariant I6."""
    rows = Hold.objects.filter(state=HoldState.OPEN)
    if abouts is not None:
        rows = rows.filter(about__in=list(abouts))
    return dict(rows.values_list("about").annotate(total=Sum(F("cash") + F("bonus"))))


def settlements_of(about: str) -> QuerySet[Settlement]:
    """All versions, the latest first."""
    return Settlement.objects.filter(about=about).order_by("-version")


def refunded_of(about: str) -> Purse:
    """What of an order went back to its wallet."""
    return _refunded([about])[about]


def payment_of(about: str) -> Payment | None:
    """Where an order's money stands, or None while it is not settled."""
    return payments_of([about]).get(about)


def payments_of(abouts: Iterable[str]) -> dict[str, Payment]:
    """Where the money of these orders stands; orders that are not settled are missing."""
    wanted = list(abouts)
    latest = Settlement.objects.filter(about__in=wanted).order_by("about", "-version").distinct("about")
    owed = {debt.about: debt for debt in Debt.objects.filter(about__in=wanted)}
    refunded = _refunded(wanted)
    payments = {}
    for row in latest:
        debt = owed.get(row.about)
        payments[row.about] = Payment(
            about=row.about,
            version=row.version,
            currency=row.currency,
            payable=row.payable,
            paid=Purse(row.paid_cash + (debt.paid if debt else 0), row.paid_bonus),
            owed=debt.open if debt else 0,
            written_off=debt.written_off if debt else 0,
            refunded=refunded[row.about],
        )
    return payments


def needs_of_closing(tenant_id: int) -> tuple[int, int]:
    """How many wallets of a tenant still hold or owe money, and how many payments are on their way."""
    loaded = Wallet.objects.filter(tenant_id=tenant_id).exclude(cash=0, bonus=0, held=0, arrears=0).count()
    moving = (
        TopUp.objects.filter(wallet__tenant_id=tenant_id, state="pending").count()
        + Refund.objects.filter(
            wallet__tenant_id=tenant_id,
            state__in=[RefundState.CLAIMED, RefundState.SENT, RefundState.FAILED],
        ).count()
    )
    return loaded, moving


def _refunded(abouts: Iterable[str]) -> dict[str, Purse]:
    rows = (
        Refund.objects.filter(Q(about__in=list(abouts)), kind=RefundKind.ORDER)
        .values_list("about")
        .annotate(cash=Coalesce(Sum("cash"), 0), bonus=Coalesce(Sum("bonus"), 0))
        .order_by()
    )
    found: dict[str, Purse] = defaultdict(Purse)
    for about, cash, bonus in rows:
        found[about] = Purse(cash, bonus)
    return found
