"""A driver's wallet as he reads it: what is free, what is set aside, what is owed, and what moved it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import Http404

from backoffice.kit.frame import Words
from backoffice.kit.money import Money
from finance import selectors as finance, services
from finance.models import AccountKind, TopUp, Wallet
from finance.selectors import Page
from finance.wording import event_words
from scan.access import Visit

FREE = frozenset({AccountKind.WALLET_CASH, AccountKind.WALLET_BONUS})


@dataclass(frozen=True, slots=True)
class Movement:
    """``change`` is what it did to the free balance, ``held`` to what is set aside, ``owed`` to the arrears."""

    at: datetime
    words: Words
    about: str
    change: Money
    held: Money
    owed: Money


@dataclass(frozen=True, slots=True)
class Purse:
    """One wallet."""

    wallet: Wallet
    zone: ZoneInfo
    movements: Sequence[Movement]
    top_ups: Sequence[TopUp]

    def _money(self, amount: int) -> Money:
        return Money(amount, self.wallet.currency)

    @property
    def free(self) -> Money:
        return self._money(self.wallet.available)

    @property
    def cash(self) -> Money:
        return self._money(self.wallet.cash)

    @property
    def bonus(self) -> Money:
        return self._money(self.wallet.bonus)

    @property
    def held(self) -> Money:
        return self._money(self.wallet.held)

    @property
    def owed(self) -> Money:
        return self._money(self.wallet.arrears)


def own_wallet(visit: Visit, currency: str = "") -> Wallet:
    """The driver's wallet in a currency he has one in, else in that of the operator."""
    for wallet in finance.wallets_of(visit.own):
        if wallet.currency == currency:
            return wallet
    return services.wallet_for(visit.own, visit.locality.currency)


def own_top_up(visit: Visit, number: str) -> TopUp:
    """A payment of this driver. 404 for everybody else's."""
    row = finance.top_ups().filter(number=number, wallet__driver=visit.own).select_related("channel").first()
    if row is None:
        raise Http404
    return row


def purses_of(visit: Visit) -> list[Purse]:
    """The driver's wallets; one that is empty is there from the first look on."""
    own_wallet(visit)
    zone = ZoneInfo(visit.locality.timezone)
    return [
        Purse(
            wallet,
            zone,
            [_movement(page, wallet) for page in finance.journals_of(wallet, newest=20)],
            finance.top_ups_of(wallet, newest=5),
        )
        for wallet in finance.wallets_of(visit.own)
    ]


def _movement(page: Page, wallet: Wallet) -> Movement:
    mine = [
        line
        for line in page.lines
        if line.account.subject == wallet.subject and line.currency == wallet.currency
    ]

    def moved(*kinds: str) -> Money:
        return Money(-sum(line.amount for line in mine if line.account.kind in kinds), wallet.currency)

    return Movement(
        at=page.journal.at,
        words=event_words(page.journal.event_type),
        about=page.journal.about,
        change=moved(*FREE),
        held=moved(AccountKind.ORDER_HOLD),
        owed=-moved(AccountKind.USER_ARREARS),
    )
