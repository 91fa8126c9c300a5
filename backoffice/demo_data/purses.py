"""The money of a driver over the weeks: top-ups, holds, settlements, as the services would have booked them.

The journals are those of ``finance.entries`` and the arithmetic is that of ``finance.rules``; what is
collected here is written in bulk by ``write``. Each driver's events come in the order of time.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from backoffice.demo_data.copying import copy
from backoffice.demo_data.masters import ACTOR, Customer
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Path
from finance.entries import Books
from finance.ledger import Entry, post_many
from finance.models import Hold, HoldState, PaymentChannel, Settlement, TopUp, TopUpState, Wallet
from finance.numbers import RANDOM_BITS, payment_number
from finance.rules import Cover, Figures, Purse, cover
from finance.sandbox.models import Merchant, Payment, PaymentStatus

NOTES = {"CNY": (5_000, 10_000, 20_000, 30_000), "EUR": (2_000, 5_000, 10_000)}
"""What people top up by, minor units."""

GIFT = {"CNY": 1_000, "EUR": 300}
JOURNALS_AT_ONCE = 4_000
PAYING_TAKES = timedelta(seconds=40)


@dataclass(slots=True)
class MoneyRows:
    """Everything that moved money, to be written at once."""

    entries: list[Entry] = field(default_factory=list)
    top_ups: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    settlements: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """With the key of the journal that settled; empty where nothing was to pay."""

    def clear(self) -> None:
        """Begin a new page; what stood on the last one has been written."""
        for part in (self.entries, self.top_ups, self.holds, self.settlements):
            part.clear()


@dataclass(slots=True)
class Pocket:
    """One driver's wallet as it stands in the story."""

    owner: Customer
    path: Path
    channel: PaymentChannel
    rows: MoneyRows
    free: Purse = field(default_factory=Purse)
    is_new: bool = True

    def top_up(self, short: int, at: datetime, chance: Random) -> None:
        """Pay in until ``short`` is there, in notes; the first time some get a gift on top."""
        notes = NOTES[self.currency]
        fitting = [note for note in notes if note >= short] or [notes[-1] * -(-short // notes[-1])]
        amount = fitting[0] if chance.random() < 0.6 else chance.choice(fitting[:2])
        number = payment_number("T", at, chance.getrandbits(RANDOM_BITS))
        paid = at + PAYING_TAKES
        books = self._books(self._driver(), paid)
        self.rows.top_ups.append(
            {
                **self.path.as_columns(),
                "number": number,
                "wallet_id": self.owner.wallet.pk,
                "channel_id": self.channel.pk,
                "amount": amount,
                "currency": self.currency,
                "state": TopUpState.PAID,
                "channel_ref": f"42{at:%Y%m%d}{chance.randrange(10**14):014d}",
                "come_back_to": "/",
                "created_at": at,
                "paid_at": paid,
                "expires_at": at + timedelta(minutes=15),
            }
        )
        self._book(books.top_up_paid(number, amount, self.channel))
        self.free += Purse(cash=amount)
        if self.is_new and chance.random() < 0.3:
            gift = GIFT[self.currency]
            gifts = self._books(ACTOR, paid)
            self._book(gifts.given(f"{self.owner.wallet.pk}:welcome:{number}", gift, "Welcome 新用户礼金"))
            self.free += Purse(bonus=gift)
        self.is_new = False

    def hold(self, about: str, amount: int, at: datetime) -> Purse:
        """Set money aside for an order, or all there is."""
        purse = self.free.spend(amount)
        self.free -= purse
        self._book(self._books(self._driver(), at).held(about, 1, purse))
        return purse

    def release(self, about: str, purse: Purse, since: datetime, at: datetime, actor: Actor) -> None:
        """Give back what was set aside for an order that never began."""
        self.free += purse
        self._book(self._books(actor, at).hold_released(about, 1, purse))
        self._note_hold(about, purse, since, at, HoldState.RELEASED)

    def settle(
        self, about: str, figures: Figures, purse: Purse, since: datetime, at: datetime, actor: Actor
    ) -> Cover:
        """Pay an order's bill from what was set aside, then from what is free."""
        paying = cover(figures.payable, aside=purse, free=self.free)
        self.free = self.free - paying.taken + paying.released
        books = self._books(actor, at)
        settled = books.settled(about, 1, figures, paying)
        for entry in (
            books.taken(about, 1, paying.taken),
            settled,
            books.rest_released(about, 1, paying.released),
        ):
            self._book(entry)
        state = HoldState.CAPTURED if paying.kept.total else HoldState.RELEASED
        self._note_hold(about, purse, since, at, state)
        self.rows.settlements.append(
            (
                settled.event_key if settled.sums else "",
                {
                    **self.path.as_columns(),
                    "wallet_id": self.owner.wallet.pk,
                    "about": about,
                    "version": 1,
                    "electricity": figures.electricity,
                    "service": figures.service,
                    "idle": figures.idle,
                    "discount": figures.discount,
                    "paid_cash": paying.paid.cash,
                    "paid_bonus": paying.paid.bonus,
                    "arrears": paying.owed,
                    "released_cash": paying.released.cash,
                    "released_bonus": paying.released.bonus,
                    "currency": self.currency,
                    "at": at,
                },
            )
        )
        return paying

    @property
    def currency(self) -> str:
        return self.owner.wallet.currency

    def _driver(self) -> Actor:
        return Actor(f"driver:{self.owner.driver.pk}", self.owner.person.name)

    def _books(self, actor: Actor, at: datetime) -> Books:
        return Books(self.path, self.owner.wallet.subject, self.currency, actor, at)

    def _book(self, entry: Entry) -> None:
        if entry.sums:
            self.rows.entries.append(entry)

    def _note_hold(
        self, about: str, purse: Purse, since: datetime, until: datetime, state: HoldState
    ) -> None:
        if not purse.total:
            return
        self.rows.holds.append(
            {
                **self.path.as_columns(),
                "wallet_id": self.owner.wallet.pk,
                "about": about,
                "cash": purse.cash,
                "bonus": purse.bonus,
                "currency": self.currency,
                "state": state,
                "created_at": since,
                "closed_at": until,
            }
        )


def write(rows: MoneyRows, pockets: Iterable[Pocket], now: datetime) -> None:
    """Post the journals in the order of time, and write what they are about; wallets get what is left."""
    journals: dict[str, int] = {}
    entries = sorted(rows.entries, key=lambda entry: entry.at or now)
    for start in range(0, len(entries), JOURNALS_AT_ONCE):
        for posted in post_many(entries[start : start + JOURNALS_AT_ONCE]):
            journals[posted.entry.event_key] = posted.journal_id
    copy(TopUp, rows.top_ups)
    copy(Payment, _payments(rows.top_ups))
    copy(Hold, rows.holds)
    copy(Settlement, ({**row, "journal_id": journals.get(key)} for key, row in rows.settlements))
    wallets = []
    for pocket in pockets:
        wallet = pocket.owner.wallet
        wallet.cash, wallet.bonus, wallet.updated_at = pocket.free.cash, pocket.free.bonus, now
        wallets.append(wallet)
    Wallet.objects.bulk_update(wallets, ["cash", "bonus", "updated_at"], batch_size=500)


def _payments(top_ups: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same payments in the books of the sandbox, so that they can be paid back from there."""
    merchants = dict(PaymentChannel.objects.values_list("pk", "merchant"))
    numbers = dict(Merchant.objects.values_list("number", "pk"))
    for row in top_ups:
        yield {
            "merchant_id": numbers[merchants[row["channel_id"]]],
            "number": row["number"],
            "token": secrets.token_urlsafe(18),
            "amount": row["amount"],
            "currency": row["currency"],
            "title": "Charging credit",
            "notify_url": "",
            "return_url": "",
            "status": PaymentStatus.PAID,
            "transaction": row["channel_ref"],
            "expires_at": row["expires_at"],
            "created_at": row["created_at"],
        }
