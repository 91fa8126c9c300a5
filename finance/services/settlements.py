"""Orders paid: exactly once for each version of the bill. A wallet never goes below zero; the rest is owed.

The first version is settled from what was set aside. A later one reverses the journal of the one
before and settles anew; what was paid so far counts as set aside for it.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.figures import money_text
from backoffice.kit.money import Money
from finance import ledger
from finance.entries import Books
from finance.ledger import Entry, LedgerConflict
from finance.models import Debt, Hold, HoldState, Settlement, Wallet
from finance.rules import Cover, Figures, Purse, RefundedMore, cover
from finance.selectors import refunded_of
from finance.services.booking import book, books_of, lock_wallet, tell_arrears_changed
from finance.services.holds import close_holds, open_holds


@transaction.atomic
def settle_hold(
    about: str,
    *,
    version: int,
    electricity: int,
    service: int,
    idle: int = 0,
    discount: int = 0,
    actor: Actor,
    wallet: Wallet | None = None,
) -> Settlement:
    """Pay an order's bill (minor units) out of what was set aside for it, and give the rest back.

    What is missing is taken from the wallet as far as it goes; the rest becomes arrears. An order
    without a hold names its ``wallet``. The same version again gives the stored settlement; other
    figures under it, or a version out of turn, raise LedgerConflict.
    """
    figures = Figures(electricity, service, idle, discount)
    row = lock_wallet(_payer(about, wallet))
    stored, latest = _stored(about, version, figures)
    if stored is not None:
        return stored
    if latest is not None:
        raise LedgerConflict(f"{about} is settled; a new version is a correction")
    return _settle(row, about, version, figures, None, actor)


@transaction.atomic
def correct_settlement(  # noqa: PLR0913  the bill alone is four figures
    about: str,
    *,
    version: int,
    electricity: int,
    service: int,
    idle: int = 0,
    discount: int = 0,
    reason: str,
    actor: Actor,
    wallet: Wallet | None = None,
) -> Settlement:
    """Settle an order anew with other figures (minor units).

    Less: arrears shrink first, then cash goes back, then bonus. More: taken from the wallet, the
    rest becomes arrears. Raises Refused with code ``refunded`` when the new bill is lower than what
    was refunded of the order, LedgerConflict for a version out of turn.
    """
    figures = Figures(electricity, service, idle, discount)
    row = lock_wallet(_payer(about, wallet))
    stored, latest = _stored(about, version, figures)
    if stored is not None:
        return stored
    if latest is None or latest.version + 1 != version:
        raise LedgerConflict(f"{about} has no version before {version}")
    settlement = _settle(row, about, version, figures, latest, actor)
    audit.record(
        actor,
        "settlement.corrected",
        settlement,
        before=audit.snapshot(latest),
        after=audit.snapshot(settlement),
        reason=reason,
    )
    return settlement


def _payer(about: str, wallet: Wallet | None) -> int:
    """The wallet that pays: known from its holds or an earlier version, else named by the caller."""
    for model in (Settlement, Hold):
        wallet_id = model.objects.filter(about=about).values_list("wallet_id", flat=True).first()
        if wallet_id is not None:
            if wallet is not None and wallet.pk != wallet_id:
                raise LedgerConflict(f"{about} is paid from another wallet")
            return int(wallet_id)
    if wallet is None:
        raise LedgerConflict(f"nothing is known about who pays {about}")
    return wallet.pk


def _stored(about: str, version: int, figures: Figures) -> tuple[Settlement | None, Settlement | None]:
    """The settlement of this version if there is one, and the latest."""
    rows = list(Settlement.objects.filter(about=about).order_by("version"))
    same = next((row for row in rows if row.version == version), None)
    if same is not None and _figures(same) != figures:
        raise LedgerConflict(f"version {version} of {about} was settled with other figures")
    return same, rows[-1] if rows else None


def _settle(
    wallet: Wallet,
    about: str,
    version: int,
    figures: Figures,
    previous: Settlement | None,
    actor: Actor,
) -> Settlement:
    books = books_of(wallet, actor)
    holds = open_holds(wallet, about)
    debt = Debt.objects.filter(about=about).first()
    aside = sum((Purse(hold.cash, hold.bonus) for hold in holds), Purse())
    if previous is not None:
        aside += Purse(previous.paid_cash + (debt.paid if debt else 0), previous.paid_bonus)
    forgiven = min(debt.written_off if debt else 0, max(figures.payable - aside.total, 0))
    paying = _cover(about, figures, aside, wallet, forgiven)
    close_holds(holds, HoldState.CAPTURED if paying.kept.total else HoldState.RELEASED)
    entries = _undo(books, about, version, previous, debt, forgiven)
    settled = books.settled(about, version, figures, paying)
    entries += [
        books.taken(about, version, paying.taken),
        settled,
        books.rest_released(about, version, paying.released),
    ]
    _owe(books, wallet, about, paying.owed, forgiven, debt)
    journals = {posted.entry.event_key: posted.journal_id for posted in book(wallet, books, entries)}
    return Settlement.objects.create(
        **books.owner.as_columns(),
        wallet=wallet,
        about=about,
        version=version,
        electricity=figures.electricity,
        service=figures.service,
        idle=figures.idle,
        discount=figures.discount,
        paid_cash=paying.paid.cash,
        paid_bonus=paying.paid.bonus,
        arrears=paying.owed,
        released_cash=paying.released.cash,
        released_bonus=paying.released.bonus,
        currency=wallet.currency,
        journal_id=journals.get(settled.event_key),
        at=clock.now(),
    )


def _cover(about: str, figures: Figures, aside: Purse, wallet: Wallet, forgiven: int) -> Cover:
    refunded = refunded_of(about)
    try:
        return cover(
            figures.payable,
            aside=aside,
            free=Purse(wallet.cash, wallet.bonus),
            refunded=refunded,
            forgiven=forgiven,
        )
    except RefundedMore as error:
        amount = money_text(Money(refunded.total, wallet.currency))
        raise Refused(
            _("%(amount)s of this order has been refunded; the bill cannot be lower.") % {"amount": amount},
            code="refunded",
        ) from error


def _undo(
    books: Books, about: str, version: int, previous: Settlement | None, debt: Debt | None, forgiven: int
) -> list[Entry]:
    """What puts the money of the version before back to where it was set aside."""
    if previous is None:
        return []
    entries = []
    if previous.journal is not None:
        entries.append(ledger.reversal(previous.journal, actor=books.actor, at=books.at))
    if debt is not None:
        entries.append(books.arrears_folded(about, version, debt.paid, debt.written_off - forgiven))
    return entries


def _owe(books: Books, wallet: Wallet, about: str, owed: int, forgiven: int, debt: Debt | None) -> None:
    if debt is None:
        if not owed:
            return
        debt = Debt(
            **books.owner.as_columns(),
            wallet=wallet,
            about=about,
            currency=wallet.currency,
            created_at=clock.now(),
        )
    else:
        tell_arrears_changed(about)
    debt.amount, debt.paid, debt.written_off = owed, 0, forgiven
    debt.updated_at = clock.now()
    debt.save()


def _figures(settlement: Settlement) -> Figures:
    return Figures(settlement.electricity, settlement.service, settlement.idle, settlement.discount)
