"""Proof that the books are right: the invariants of ``domain`` 2.11 that can be read off this room's data.

Each check answers what contradicts it, within the active scope. Nothing is repaired.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from finance.entries import OF_A_WALLET
from finance.models import (
    Account,
    AccountKind,
    Debt,
    Hold,
    HoldState,
    Journal,
    Posting,
    Refund,
    RefundKind,
    RefundState,
    Settlement,
    TopUp,
    Wallet,
)
from finance.selectors import open_holds, payments_of

BATCH = 1_000
REVENUE = (AccountKind.REVENUE_ELECTRICITY, AccountKind.REVENUE_SERVICE, AccountKind.REVENUE_IDLE)
IN_TRANSIT = (RefundState.CLAIMED, RefundState.SENT, RefundState.FAILED)


@dataclass(frozen=True, slots=True)
class Violation:
    """``invariant`` as numbered in ``domain`` 2.11, ``ref`` names the row, ``detail`` the figures."""

    invariant: str
    ref: str
    detail: str


def violations() -> Iterator[Violation]:
    """Everything that contradicts an invariant, in the order of the invariants."""
    for check in CHECKS:
        yield from check()


def settlements_are_booked() -> Iterator[Violation]:
    """I2: the journal of a settlement books exactly the fee lines of the bill."""
    rows = Settlement.objects.annotate(
        gross=F("electricity") + F("service") + F("idle"),
        booked=Coalesce(
            Sum("journal__postings__amount", filter=Q(journal__postings__account__kind__in=REVENUE)), 0
        ),
    ).exclude(gross=-F("booked"))
    for row in rows:
        yield Violation("I2", str(row), f"bill {row.gross}, revenue booked {-row.booked}")


def refunds_stay_within_payments() -> Iterator[Violation]:
    """I3: of no order and no top-up goes more back than was paid; what is in transit is in the books."""
    yield from _order_refunds()
    yield from _top_up_refunds()
    yield from _transit()


def journals_balance() -> Iterator[Violation]:
    """I4: every journal has lines that add up to nothing per currency; so have all accounts together."""
    unbalanced = Posting.objects.values("journal_id", "currency").annotate(sum=Sum("amount")).order_by()
    for row in unbalanced.exclude(sum=0):
        yield Violation("I4", f"journal:{row['journal_id']}", f"off by {row['sum']} {row['currency']}")
    overall = Posting.objects.values("currency").annotate(sum=Sum("amount")).order_by()
    for total in overall.exclude(sum=0):
        yield Violation("I4", total["currency"], f"all accounts together are off by {total['sum']}")
    for journal in Journal.objects.filter(~Exists(Posting.objects.filter(journal=OuterRef("pk")))):
        yield Violation("I4", f"journal:{journal.pk}", "has no lines")
    for posting in Posting.objects.exclude(currency=F("account__currency")):
        yield Violation("I4", f"journal:{posting.journal_id}", "a line has not its account's currency")
    mirrored = (
        Posting.objects.filter(Q(journal__reversal__isnull=False) | Q(journal__reversal_of__isnull=False))
        .values("account_id", pair=Coalesce("journal__reversal_of_id", "journal_id"))
        .annotate(sum=Sum("amount"))
        .order_by()
    )
    for pair in mirrored.exclude(sum=0):
        yield Violation("I4", f"journal:{pair['pair']}", "its reversal is not its mirror")


def wallets_match_their_accounts() -> Iterator[Violation]:
    """I5: the cached figures of a wallet are its accounts' sums, and none is negative."""
    for tenant_id in Wallet.objects.order_by().values_list("tenant_id", flat=True).distinct():
        booked = _wallet_accounts(tenant_id)
        for wallet in Wallet.objects.filter(tenant_id=tenant_id):
            sums = booked.pop((wallet.subject, wallet.currency), {})
            cached = {
                AccountKind.WALLET_CASH: wallet.cash,
                AccountKind.WALLET_BONUS: wallet.bonus,
                AccountKind.ORDER_HOLD: wallet.held,
                AccountKind.USER_ARREARS: wallet.arrears,
            }
            for kind, figure in cached.items():
                total = sums.get(kind, 0)
                if figure != total or figure < 0:
                    yield Violation("I5", f"wallet:{wallet.pk}", f"{kind}: {figure}, in the books {total}")
        for (subject, currency), sums in booked.items():
            if any(sums.values()):
                yield Violation("I5", subject, f"money without a wallet: {currency} {sums}")


def holds_match_the_books() -> Iterator[Violation]:
    """I6: what is held for an order are its open holds, in the books and on the wallet."""
    opened = open_holds()
    booked = (
        Posting.objects.filter(account__kind=AccountKind.ORDER_HOLD)
        .values("journal__about")
        .annotate(held=-Sum("amount"))
        .order_by()
    )
    for row in booked.exclude(held=0):
        held = opened.pop(row["journal__about"], 0)
        if held != row["held"]:
            yield Violation("I6", row["journal__about"], f"open holds {held}, in the books {row['held']}")
    for about, held in opened.items():
        yield Violation("I6", about, f"open holds {held}, in the books 0")
    per_wallet = dict(
        Hold.objects.filter(state=HoldState.OPEN)
        .values_list("wallet_id")
        .annotate(total=Sum(F("cash") + F("bonus")))
        .order_by()
    )
    for wallet in Wallet.objects.filter(Q(held__gt=0) | Q(pk__in=per_wallet)):
        if wallet.held != per_wallet.get(wallet.pk, 0):
            yield Violation(
                "I6", f"wallet:{wallet.pk}", f"held {wallet.held}, open holds {per_wallet.get(wallet.pk, 0)}"
            )


def orders_are_settled_once() -> Iterator[Violation]:
    """I9: the journal of an order's latest version stands, those of all earlier ones are reversed."""
    later = Settlement.objects.filter(about=OuterRef("about"), version__gt=OuterRef("version"))
    rows = Settlement.objects.filter(journal__isnull=False).annotate(is_superseded=Exists(later))
    for row in rows.filter(is_superseded=True, journal__reversal__isnull=True):
        yield Violation("I9", str(row), "a later version stands, and this one is not reversed")
    for row in rows.filter(is_superseded=False, journal__reversal__isnull=False):
        yield Violation("I9", str(row), "the latest version is reversed")
    booked = (
        Journal.objects.filter(event_type="order.settled", reversal__isnull=True)
        .values("about")
        .annotate(total=Sum(1))
        .order_by()
    )
    for journal in booked.filter(total__gt=1):
        yield Violation("I9", journal["about"], f"settled {journal['total']} times")


def wallets_explain_themselves() -> Iterator[Violation]:
    """I15: a wallet has what came in, less what was charged, plus what came back; arrears are open debts."""
    flows = _flows()
    for wallet in Wallet.objects.all():
        expected = flows.get(wallet.pk, 0)
        stands = wallet.cash + wallet.bonus + wallet.held - wallet.arrears
        if stands != expected:
            yield Violation("I15", f"wallet:{wallet.pk}", f"stands at {stands}, explained are {expected}")
    owed = dict(
        Debt.objects.values_list("wallet_id")
        .annotate(total=Sum(F("amount") - F("paid") - F("written_off")))
        .order_by()
    )
    for wallet in Wallet.objects.filter(Q(arrears__gt=0) | Q(pk__in=owed)):
        if wallet.arrears != owed.get(wallet.pk, 0):
            yield Violation(
                "I15", f"wallet:{wallet.pk}", f"arrears {wallet.arrears}, debts {owed.get(wallet.pk, 0)}"
            )


CHECKS: tuple[Callable[[], Iterator[Violation]], ...] = (
    settlements_are_booked,
    refunds_stay_within_payments,
    journals_balance,
    wallets_match_their_accounts,
    holds_match_the_books,
    orders_are_settled_once,
    wallets_explain_themselves,
)


def _order_refunds() -> Iterator[Violation]:
    abouts = list(
        Refund.objects.filter(kind=RefundKind.ORDER).order_by().values_list("about", flat=True).distinct()
    )
    for start in range(0, len(abouts), BATCH):
        batch = abouts[start : start + BATCH]
        payments = payments_of(batch)
        for about in batch:
            payment = payments.get(about)
            if payment is None:
                yield Violation("I3", about, "refunded, and never settled")
            elif payment.refunded.cash > payment.paid.cash or payment.refunded.bonus > payment.paid.bonus:
                yield Violation("I3", about, f"refunded {payment.refunded} of {payment.paid}")


def _top_up_refunds() -> Iterator[Violation]:
    rows = TopUp.objects.annotate(
        claimed=Coalesce(Sum("refunds__cash", filter=~Q(refunds__state=RefundState.RETURNED)), 0)
    ).exclude(claimed=F("refunded"), refunded__lte=F("amount"))
    for row in rows:
        yield Violation("I3", f"topup:{row.number}", f"refunds {row.claimed}, counted {row.refunded}")


def _transit() -> Iterator[Violation]:
    moving = dict(
        _pairs(
            Refund.objects.filter(state__in=IN_TRANSIT)
            .values_list("wallet__tenant_id", "currency")
            .annotate(total=Sum("cash"))
            .order_by()
        )
    )
    booked = dict(
        _pairs(
            Posting.objects.filter(account__kind=AccountKind.REFUND_TRANSIT)
            .values_list("account__tenant_id", "currency")
            .annotate(total=-Sum("amount"))
            .order_by()
        )
    )
    for key in moving.keys() | booked.keys():
        if moving.get(key, 0) != booked.get(key, 0):
            tenant_id, currency = key
            yield Violation(
                "I3",
                f"tenant:{tenant_id}",
                f"refunds on their way {moving.get(key, 0)} {currency}, in the books {booked.get(key, 0)}",
            )


def _pairs(rows: Iterable[tuple[int, str, int]]) -> Iterator[tuple[tuple[int, str], int]]:
    for tenant_id, currency, total in rows:
        yield (tenant_id, currency), total


def _wallet_accounts(tenant_id: int) -> dict[tuple[str, str], dict[str, int]]:
    """Sums by (subject, currency) and kind, with the sign that the wallet shows."""
    rows = (
        Account.objects.filter(tenant_id=tenant_id, kind__in=OF_A_WALLET)
        .annotate(sum=Coalesce(Sum("postings__amount"), 0))
        .values_list("subject", "currency", "kind", "sum")
    )
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for subject, currency, kind, total in rows:
        sums[subject, currency][kind] = total if kind == AccountKind.USER_ARREARS else -total
    return sums


def _flows() -> dict[int, int]:
    """What each wallet should stand at, by its key, from the rows that moved it."""
    flows: dict[int, int] = defaultdict(int)

    def add(rows: Iterable[tuple[int, int]], sign: int) -> None:
        for wallet_id, total in rows:
            flows[wallet_id] += sign * total

    credited = TopUp.objects.filter(paid_at__isnull=False, closed_at__isnull=True)
    add(credited.values_list("wallet_id").annotate(total=Sum("amount")).order_by(), 1)
    sent_back = Refund.objects.filter(kind=RefundKind.TOP_UP).exclude(state=RefundState.RETURNED)
    add(sent_back.values_list("wallet_id").annotate(total=Sum("cash")).order_by(), -1)
    given_back = Refund.objects.filter(kind=RefundKind.ORDER)
    add(given_back.values_list("wallet_id").annotate(total=Sum(F("cash") + F("bonus"))).order_by(), 1)
    later = Settlement.objects.filter(about=OuterRef("about"), version__gt=OuterRef("version"))
    charged = Settlement.objects.filter(~Exists(later))
    bills = Sum(F("electricity") + F("service") + F("idle") - F("discount"))
    add(charged.values_list("wallet_id").annotate(total=bills).order_by(), -1)
    add(Debt.objects.values_list("wallet_id").annotate(total=Sum("written_off")).order_by(), 1)
    by_subject = {
        (tenant_id, f"driver:{driver_id}", currency): wallet_id
        for wallet_id, tenant_id, driver_id, currency in Wallet.objects.values_list(
            "pk", "tenant_id", "driver_id", "currency"
        )
    }
    by_hand = (
        Posting.objects.filter(
            journal__event_type__in=["wallet.adjusted", "wallet.gift"],
            account__kind__in=[AccountKind.WALLET_CASH, AccountKind.WALLET_BONUS],
        )
        .values_list("account__tenant_id", "account__subject", "currency")
        .annotate(total=-Sum("amount"))
        .order_by()
    )
    add(
        (
            (by_subject[tenant_id, subject, currency], total)
            for tenant_id, subject, currency, total in by_hand
            if (tenant_id, subject, currency) in by_subject
        ),
        1,
    )
    return flows
