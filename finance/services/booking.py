"""The one way into a wallet: post journals and change its cached figures by exactly what they moved.

Lock order of this room: a wallet first, then its holds, debts, top-ups and refunds. Whoever holds
the wallet's row is alone with everything that hangs on it.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from backoffice.kit import clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.scope import path_of_tenant
from finance import hooks, ledger
from finance.entries import Books
from finance.ledger import Entry, Posted
from finance.models import AccountKind, Debt, Wallet
from finance.numbers import RANDOM_BITS, payment_number
from finance.rules import fill


def lock_wallet(wallet_id: int) -> Wallet:
    """The wallet's row, locked for the rest of the transaction. Raises Wallet.DoesNotExist outside the scope."""
    return locks.locked(Wallet.objects.filter(pk=wallet_id)).get()


def books_of(wallet: Wallet, actor: Actor, at: datetime | None = None) -> Books:
    """The books in which a wallet's journals stand."""
    return Books.of(wallet, path_of_tenant(wallet.tenant_id), actor, at)


def book(wallet: Wallet, books: Books, entries: Iterable[Entry]) -> list[Posted]:
    """Post and follow with the cached figures; cash that came free pays arrears, the oldest first.

    The caller holds the wallet's row. Entries that move nothing are left out; entries that had been
    posted before move nothing again.
    """
    posted = ledger.post_many(entry for entry in entries if entry.sums)
    for journal in posted:
        if journal.is_new:
            _follow(wallet, journal.entry)
    _repay(wallet, books)
    wallet.updated_at = clock.now()
    wallet.save(update_fields=["cash", "bonus", "held", "arrears", "updated_at"])
    return posted


def new_number(prefix: str) -> str:
    """A fresh number for a top-up or a refund."""
    return payment_number(prefix, clock.now(), secrets.randbits(RANDOM_BITS))


def tell_arrears_changed(about: str) -> None:
    """Tell the rooms above once this transaction has committed."""
    transaction.on_commit(functools.partial(hooks.arrears_changed, about), robust=True)


def _follow(wallet: Wallet, entry: Entry) -> None:
    for key, amount in entry.sums.items():
        if (key.subject, key.currency) != (wallet.subject, wallet.currency):
            continue
        match key.kind:
            case AccountKind.WALLET_CASH:
                wallet.cash -= amount
            case AccountKind.WALLET_BONUS:
                wallet.bonus -= amount
            case AccountKind.ORDER_HOLD:
                wallet.held -= amount
            case AccountKind.USER_ARREARS:
                wallet.arrears += amount


def _repay(wallet: Wallet, books: Books) -> None:
    if not (wallet.cash > 0 and wallet.arrears > 0):
        return
    owed = Debt.objects.filter(wallet=wallet, amount__gt=F("paid") + F("written_off"))
    debts = list(owed.order_by("created_at", "pk").select_for_update(of=("self",)))
    entries = []
    for debt, share in fill(wallet.cash, [(debt, debt.open) for debt in debts]).shares:
        debt.paid += share
        debt.payments += 1
        debt.updated_at = clock.now()
        debt.save(update_fields=["paid", "payments", "updated_at"])
        entries.append(books.arrears_paid(debt.about, debt.payments, share))
        tell_arrears_changed(debt.about)
    for journal in ledger.post_many(entries):
        _follow(wallet, journal.entry)
