"""Many past payments at once, through the same arithmetic and the same journals as a single one.

For taking over the books of another system and for filling a demonstration. Only orders that were
paid in full come this way; a wallet that would have to owe is refused.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from backoffice.kit import clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.levels import Path
from backoffice.kit.scope import path_of_tenant
from finance import ledger
from finance.entries import Books
from finance.ledger import Entry
from finance.models import Hold, HoldState, PaymentChannel, Settlement, TopUp, TopUpState, Wallet
from finance.numbers import RANDOM_BITS, payment_number
from finance.rules import Cover, Figures, Purse, cover
from finance.services.top_ups import PAY_WITHIN

BATCH = 2_000


class NotCovered(ValueError):
    """An order of the past cost more than its wallet had."""


@dataclass(frozen=True, slots=True)
class PastTopUp:
    """``amount`` minor units that came through a channel."""

    wallet_id: int
    channel: PaymentChannel
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class PastOrder:
    """``hold``: at most so much was set aside, minor units, or what there was."""

    wallet_id: int
    about: str
    hold: int
    figures: Figures
    held_at: datetime
    settled_at: datetime


PastEvent = PastTopUp | PastOrder


@transaction.atomic
def import_history(events: Iterable[PastEvent], *, actor: Actor) -> dict[str, Settlement]:
    """Book past events in the order of their times; the settlements of the orders by their reference.

    Orders and wallets must be new to each other: whatever is known already raises IntegrityError.
    Raises NotCovered.
    """
    per_wallet: dict[int, list[PastEvent]] = defaultdict(list)
    for event in events:
        per_wallet[event.wallet_id].append(event)
    paths: dict[int, Path] = {}
    made = _Rows()
    for wallet in locks.locked(Wallet.objects.filter(pk__in=per_wallet)):
        if wallet.tenant_id not in paths:
            paths[wallet.tenant_id] = path_of_tenant(wallet.tenant_id)
        _Life(wallet, paths[wallet.tenant_id], actor, made).live(per_wallet[wallet.pk])
    return made.write()


@dataclass
class _Rows:
    """What is to be written, collected."""

    wallets: list[Wallet] = field(default_factory=list)
    top_ups: list[TopUp] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def write(self) -> dict[str, Settlement]:
        journals: dict[str, int] = {}
        for start in range(0, len(self.entries), BATCH):
            for posted in ledger.post_many(self.entries[start : start + BATCH]):
                journals[posted.entry.event_key] = posted.journal_id
        for settlement in self.settlements:
            settlement.journal_id = journals.get(f"settle:{settlement.about}:1")
        TopUp.objects.bulk_create(self.top_ups, batch_size=BATCH)
        Hold.objects.bulk_create(self.holds, batch_size=BATCH)
        Settlement.objects.bulk_create(self.settlements, batch_size=BATCH)
        Wallet.objects.bulk_update(self.wallets, ["cash", "bonus", "updated_at"], batch_size=BATCH)
        return {settlement.about: settlement for settlement in self.settlements}


class _Life:
    """One wallet living through its past."""

    def __init__(self, wallet: Wallet, path: Path, actor: Actor, rows: _Rows) -> None:
        self._wallet, self._path, self._actor, self._rows = wallet, path, actor, rows
        self._purse = Purse(wallet.cash, wallet.bonus)
        self._aside: dict[str, Purse] = {}

    def live(self, events: Sequence[PastEvent]) -> None:
        moments: list[tuple[datetime, int, PastEvent]] = []
        for event in events:
            if isinstance(event, PastTopUp):
                moments.append((event.at, 0, event))
            else:
                moments += [(event.held_at, 1, event), (event.settled_at, 2, event)]
        for at, step, event in sorted(moments, key=lambda moment: moment[:2]):
            if isinstance(event, PastTopUp):
                self._top_up(event)
            elif step == 1:
                self._hold(event, at)
            else:
                self._settle(event, at)
        self._wallet.cash, self._wallet.bonus = self._purse.cash, self._purse.bonus
        self._wallet.updated_at = clock.now()
        self._rows.wallets.append(self._wallet)

    def _books(self, at: datetime) -> Books:
        return Books.of(self._wallet, self._path, self._actor, at)

    def _top_up(self, event: PastTopUp) -> None:
        number = payment_number("T", event.at, secrets.randbits(RANDOM_BITS))
        self._purse += Purse(event.amount)
        self._rows.entries.append(self._books(event.at).top_up_paid(number, event.amount, event.channel))
        self._rows.top_ups.append(
            TopUp(
                **self._path.as_columns(),
                number=number,
                wallet=self._wallet,
                channel=event.channel,
                amount=event.amount,
                currency=self._wallet.currency,
                state=TopUpState.PAID,
                channel_ref=f"H{number}",
                created_at=event.at,
                paid_at=event.at,
                expires_at=event.at + PAY_WITHIN,
            )
        )

    def _hold(self, order: PastOrder, at: datetime) -> None:
        purse = self._purse.spend(order.hold)
        self._purse -= purse
        self._aside[order.about] = purse
        if purse.total:
            self._rows.entries.append(self._books(at).held(order.about, 1, purse))

    def _settle(self, order: PastOrder, at: datetime) -> None:
        aside = self._aside.pop(order.about)
        paying = cover(order.figures.payable, aside=aside, free=self._purse)
        if paying.owed:
            raise NotCovered(f"{order.about} is {paying.owed} short")
        self._purse = self._purse - paying.taken + paying.released
        books = self._books(at)
        entries = [
            books.taken(order.about, 1, paying.taken),
            books.settled(order.about, 1, order.figures, paying),
            books.rest_released(order.about, 1, paying.released),
        ]
        self._rows.entries += [entry for entry in entries if entry.sums]
        if aside.total:
            self._rows.holds.append(self._closed_hold(order, aside, paying))
        self._rows.settlements.append(self._settlement(order, paying))

    def _closed_hold(self, order: PastOrder, aside: Purse, paying: Cover) -> Hold:
        return Hold(
            **self._path.as_columns(),
            wallet=self._wallet,
            about=order.about,
            cash=aside.cash,
            bonus=aside.bonus,
            currency=self._wallet.currency,
            state=HoldState.CAPTURED if paying.kept.total else HoldState.RELEASED,
            created_at=order.held_at,
            closed_at=order.settled_at,
        )

    def _settlement(self, order: PastOrder, paying: Cover) -> Settlement:
        return Settlement(
            **self._path.as_columns(),
            wallet=self._wallet,
            about=order.about,
            version=1,
            electricity=order.figures.electricity,
            service=order.figures.service,
            idle=order.figures.idle,
            discount=order.figures.discount,
            paid_cash=paying.paid.cash,
            paid_bonus=paying.paid.bonus,
            arrears=0,
            released_cash=paying.released.cash,
            released_bonus=paying.released.bonus,
            currency=self._wallet.currency,
            at=order.settled_at,
        )
