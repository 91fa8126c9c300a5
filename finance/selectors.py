"""Reads of the money room. All are scoped; what an order paid is asked for by its reference (``order:8F2K``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import BigIntegerField, Case, Count, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Cast, Coalesce, Substr

from backoffice.kit.scope import current_scope, owned_by_scope
from backoffice.kit.statements import execute
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
    TopUpState,
    Wallet,
)
from finance.models.wallets import DRIVER_SUBJECT
from finance.rules import Purse
from tenants.selectors import subtree_ids


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
    return Wallet.objects.all()


def wallets_of(driver: Driver) -> QuerySet[Wallet]:
    """A driver's wallets, one for each currency."""
    return Wallet.objects.filter(driver=driver).order_by("currency")


def wallet_at(driver: str, currency: str) -> Subquery:
    """The key of the wallet that pays for a row, as a column of the row; both are paths of it."""
    wallets = Wallet.objects.filter(driver=OuterRef(driver), currency=OuterRef(currency))
    return Subquery(wallets.order_by().values("pk")[:1])


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
    with connection.cursor() as cursor:
        execute(cursor, _SPENDABLE, [list(wanted), *owned_by_scope(current_scope())])
        known = {driver_id: Spendable(free, owed) for driver_id, free, owed in cursor.fetchall()}
    return {driver_id: known.get(driver_id, Spendable()) for driver_id in wanted}


_SPENDABLE = """
SELECT driver_id, sum(cash + bonus)::bigint, sum(arrears)::bigint FROM finance_wallet
WHERE driver_id = ANY(%s) AND (%s OR tenant_id = ANY(%s)) GROUP BY driver_id
"""
"""Plain SQL, because the intake asks for each of its batches."""


def accounts() -> QuerySet[Account]:
    return Account.objects.all()


def journals() -> QuerySet[Journal]:
    return Journal.objects.all()


def postings() -> QuerySet[Posting]:
    """Ledger entries with their two columns, ``debit`` and ``credit``: the one that does not apply is None."""
    return Posting.objects.annotate(
        in_debit=Case(When(amount__gt=0, then=F("amount"))),
        in_credit=Case(When(amount__lt=0, then=-F("amount"))),
    )


def named_postings() -> QuerySet[Posting]:
    """The same with ``driver_name`` where the account is a driver's; "" for one without a name."""
    driver = Case(
        When(
            account__subject__regex=rf"^{DRIVER_SUBJECT}\d+$",
            then=Cast(Substr("account__subject", len(DRIVER_SUBJECT) + 1), BigIntegerField()),
        )
    )
    named = Driver.objects.filter(pk=OuterRef("of_driver")).values("name")
    return postings().annotate(of_driver=driver, driver_name=Subquery(named[:1]))


def postings_of(wallet: Wallet) -> QuerySet[Posting]:
    """Ledger entries on a wallet's accounts, the newest first, with journal and account."""
    return (
        postings()
        .filter(
            account__tenant_id=wallet.tenant_id, account__subject=wallet.subject, currency=wallet.currency
        )
        .select_related("journal", "account")
        .order_by("-at", "-id")
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A journal in full, debits first."""

    journal: Journal
    lines: list[Posting]


def journal_pages(journals: Iterable[Journal]) -> list[Page]:
    """These journals with all their lines, in their order."""
    shown = list(journals)
    lines: dict[int, list[Posting]] = defaultdict(list)
    for line in Posting.objects.filter(journal__in=shown).select_related("account").order_by("-amount", "pk"):
        lines[line.journal_id].append(line)
    return [Page(journal, lines[journal.pk]) for journal in shown]


def journals_about(about: str) -> list[Page]:
    """What one order, top-up or refund did to the ledger, in the order it happened."""
    return journal_pages(Journal.objects.filter(about=about).order_by("pk"))


def journals_of(wallet: Wallet, *, newest: int = 12) -> list[Page]:
    """The last journals that moved a wallet's money, the newest first."""
    own = Account.objects.filter(
        tenant_id=wallet.tenant_id, subject=wallet.subject, currency=wallet.currency
    ).values("pk")
    moved = Posting.objects.filter(account__in=own).order_by("-at", "-journal_id").values("at", "journal_id")
    keys = [row["journal_id"] for row in moved.distinct()[:newest]]
    return journal_pages(Journal.objects.filter(pk__in=keys).order_by("-at", "-pk"))


def open_holds_of(wallet: Wallet) -> QuerySet[Hold]:
    return Hold.objects.filter(wallet=wallet, state=HoldState.OPEN).order_by("created_at", "pk")


def debts_of(wallet: Wallet) -> QuerySet[Debt]:
    """What is still owed, the oldest first: the order in which it is paid."""
    owed = debts().filter(wallet=wallet, amount__gt=F("paid") + F("written_off"))
    return owed.order_by("created_at", "pk")


def top_ups_of(wallet: Wallet, *, newest: int = 10) -> list[TopUp]:
    return list(TopUp.objects.filter(wallet=wallet).order_by("-created_at", "-pk")[:newest])


def pending_top_ups_of(wallet: Wallet) -> list[TopUp]:
    """Payments on their way, the newest first."""
    waiting = TopUp.objects.filter(wallet=wallet, state=TopUpState.PENDING).select_related("channel")
    return list(waiting.order_by("-created_at", "-pk"))


def holds_of(about: str) -> QuerySet[Hold]:
    """What was set aside for an order, open or not, in order."""
    return Hold.objects.filter(about=about).order_by("sequence")


def refunds_of(top_up: TopUp) -> QuerySet[Refund]:
    return Refund.objects.filter(top_up=top_up).order_by("-created_at", "-pk")


def notices_about(about: str) -> QuerySet[ChannelNotice]:
    """What a channel reported about a top-up or a refund (``topup:T26…``), the newest first."""
    return ChannelNotice.objects.filter(about=about).order_by("-received_at", "-pk")


def notices_of(channel: PaymentChannel, *, newest: int = 50) -> list[ChannelNotice]:
    """The last reports of a channel, believed or not."""
    return list(ChannelNotice.objects.filter(channel=channel).order_by("-received_at", "-pk")[:newest])


def top_ups() -> QuerySet[TopUp]:
    return TopUp.objects.all()


def refunds() -> QuerySet[Refund]:
    return Refund.objects.all()


def debts() -> QuerySet[Debt]:
    """What orders left unpaid, with what is ``still_owed`` of it."""
    return Debt.objects.annotate(still_owed=F("amount") - F("paid") - F("written_off"))


def channels() -> QuerySet[PaymentChannel]:
    return PaymentChannel.objects.all()


def channel_for(tenant_id: int, currency: str) -> PaymentChannel | None:
    """The channel through which drivers of this operator pay now, if there is one."""
    return (
        PaymentChannel.objects.filter(tenant_id=tenant_id, currency=currency, enabled=True)
        .order_by("pk")
        .first()
    )


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


def purses_below(tenant_id: int) -> tuple[int, list[tuple[str, int, int]]]:
    """The wallets of a tenant and of those below it: how many, and by currency what is in them and what is held."""
    rows = (
        Wallet.objects.filter(tenant_id__in=subtree_ids(tenant_id))
        .order_by("currency")
        .values_list("currency")
        .annotate(wallets=Count("pk"), free=Sum(F("cash") + F("bonus")), held=Sum("held"))
    )
    found = list(rows)
    return sum(one[1] for one in found), [(currency, free, held) for currency, _n, free, held in found]


def _refunded(abouts: Iterable[str]) -> dict[str, Purse]:
    rows = (
        Refund.objects.filter(about__in=list(abouts), kind=RefundKind.ORDER)
        .values_list("about")
        .annotate(cash=Coalesce(Sum("cash"), 0), bonus=Coalesce(Sum("bonus"), 0))
        .order_by()
    )
    found: dict[str, Purse] = defaultdict(Purse)
    for about, cash, bonus in rows:
        found[about] = Purse(cash, bonus)
    return found
