"""A driver's wallet as he reads it: what is free, what is set aside, what is owed, and what moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Words
from backoffice.kit.money import Money
from finance import selectors as finance, services
from finance.models import AccountKind, TopUp, Wallet
from finance.selectors import Page
from finance.wording import event_words
from scan.access import Visit

AT_ONCE = timedelta(seconds=2)
WORDS: Mapping[str, Words] = {
    "order.settled": _("Charge paid"),
    "order.released": _("Given back"),
    "order.held": _("Set aside for a charge"),
    "topup.paid": _("Money added"),
    "arrears.paid": _("Open bill paid"),
    "order.refunded": _("Refunded"),
    "refund.claimed": _("On its way back to you"),
    "wallet.adjusted": _("Cash at the desk"),
    "wallet.gift": _("Bonus"),
}

FREE = frozenset({AccountKind.WALLET_CASH, AccountKind.WALLET_BONUS})


@dataclass(frozen=True, slots=True)
class Movement:
    """``change`` is what it did to the free balance, ``held`` to what is set aside, ``owed`` to the arrears."""

    at: datetime
    kinds: frozenset[str]
    about: str
    change: Money
    held: Money
    owed: Money

    @property
    def words(self) -> Words:
        """As a driver calls it; where several things happened at once, the one that counts."""
        for kind, said in WORDS.items():
            if kind in self.kinds:
                return said
        return event_words(min(self.kinds))

    @property
    def number(self) -> str:
        """Of the charge or the payment."""
        return self.about.partition(":")[2]


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
            _movements(finance.journals_of(wallet, newest=30), wallet),
            finance.top_ups_of(wallet, newest=5),
        )
        for wallet in finance.wallets_of(visit.own)
    ]


def _movements(pages: Sequence[Page], wallet: Wallet) -> list[Movement]:
    """What belongs together as one line: a settlement is several journals of one order at one moment."""
    found: list[Movement] = []
    for page in pages:
        one = _movement(page, wallet)
        last = found[-1] if found else None
        if last is not None and last.about == one.about and last.at - one.at <= AT_ONCE:
            found[-1] = replace(
                last,
                kinds=last.kinds | one.kinds,
                change=last.change + one.change,
                held=last.held + one.held,
                owed=last.owed + one.owed,
            )
        else:
            found.append(one)
    return [one for one in found if one.change or one.held or one.owed]


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
        kinds=frozenset({page.journal.event_type}),
        about=page.journal.about,
        change=moved(*FREE),
        held=moved(AccountKind.ORDER_HOLD),
        owed=-moved(AccountKind.USER_ARREARS),
    )
