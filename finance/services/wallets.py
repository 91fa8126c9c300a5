"""Wallets: opened when first needed, adjusted by people with a reason."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.money import minor_digits
from drivers.models import Driver
from finance import ledger
from finance.entries import accounts_of
from finance.models import Wallet
from finance.services.booking import book, books_of, lock_wallet, new_number


@transaction.atomic
def wallet_for(driver: Driver, currency: str) -> Wallet:
    """The driver's wallet in this currency, opened with its accounts if it is the first time."""
    known = Wallet.objects.filter(driver=driver, currency=currency).first()
    if known is not None:
        return known
    minor_digits(currency)
    Wallet.objects.bulk_create(
        [Wallet(tenant_id=driver.tenant_id, driver=driver, currency=currency, updated_at=clock.now())],
        ignore_conflicts=True,
    )
    wallet = Wallet.objects.get(driver=driver, currency=currency)
    ledger.open_accounts(accounts_of(wallet))
    return wallet


@transaction.atomic
def adjust_balance(wallet: Wallet, *, amount: int, actor: Actor, reason: str, key: str = "") -> Wallet:
    """Take in cash at the desk, or pay it out when ``amount`` (minor units) is negative.

    ``key`` makes a repeated request one adjustment. Raises Refused without a reason, for nothing, or
    for more than there is.
    """
    return _adjust(wallet, "cash", amount, actor, reason, key)


@transaction.atomic
def give_bonus(wallet: Wallet, *, amount: int, actor: Actor, reason: str, key: str = "") -> Wallet:
    """Give bonus, or take it back when ``amount`` (minor units) is negative. As ``adjust_balance``."""
    return _adjust(wallet, "bonus", amount, actor, reason, key)


def _adjust(wallet: Wallet, part: str, amount: int, actor: Actor, reason: str, key: str) -> Wallet:
    if not reason.strip():
        raise Refused(_("A reason is needed."), code="reason", field="reason")
    if not amount:
        raise Refused(_("The amount must not be zero."), code="amount", field="amount")
    row = lock_wallet(wallet.pk)
    if getattr(row, part) + amount < 0:
        raise Refused(_("There is not that much in the wallet."), code="balance", field="amount")
    before = audit.snapshot(row)
    books = books_of(row, actor)
    key = f"{row.pk}:{key or new_number('A')}"
    entry = (books.adjusted if part == "cash" else books.given)(key, amount, reason)
    if book(row, books, [entry])[0].is_new:
        action = "wallet.adjusted" if part == "cash" else "wallet.gift"
        audit.record(actor, action, row, before=before, after=audit.snapshot(row), reason=reason)
    return row
