"""Money set aside for an order before it starts. Once per order and sequence, never more than there is."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.figures import money_text
from backoffice.kit.machines import move
from backoffice.kit.money import Money
from finance import states
from finance.ledger import LedgerConflict
from finance.models import Hold, HoldState, Wallet
from finance.rules import Purse
from finance.services.booking import book, books_of, lock_wallet


@transaction.atomic
def place_hold(
    wallet: Wallet,
    *,
    amount: int,
    about: str,
    actor: Actor,
    sequence: int = 1,
    minimum: int | None = None,
) -> Hold:
    """Set ``amount`` minor units aside for ``about``: bonus before cash.

    With ``minimum``, a wallet that has less than ``amount`` gives all it has, if that is enough. The
    same ``(about, sequence)`` again gives the hold that is there. Raises Refused with code
    ``arrears``, or ``balance`` naming what is missing.
    """
    if amount <= 0:
        raise Refused(_("The amount must be more than zero."), code="amount", field="amount")
    row = lock_wallet(wallet.pk)
    known = Hold.objects.filter(about=about, sequence=sequence).first()
    if known is not None:
        if known.wallet_id != row.pk:
            raise LedgerConflict(f"{about} is held on another wallet")
        return known
    if row.arrears:
        owed = money_text(Money(row.arrears, row.currency))
        raise Refused(_("%(owed)s of an earlier charge is not paid yet.") % {"owed": owed}, code="arrears")
    needed = amount if minimum is None else min(minimum, amount)
    if row.available < needed:
        missing = money_text(Money(needed - row.available, row.currency))
        raise Refused(_("The balance is %(missing)s short.") % {"missing": missing}, code="balance")
    books = books_of(row, actor)
    purse = Purse(row.cash, row.bonus).spend(amount)
    hold = Hold.objects.create(
        **books.owner.as_columns(),
        wallet=row,
        about=about,
        sequence=sequence,
        cash=purse.cash,
        bonus=purse.bonus,
        currency=row.currency,
        created_at=clock.now(),
    )
    book(row, books, [books.held(about, sequence, purse)])
    return hold


@transaction.atomic
def release_hold(about: str, *, actor: Actor) -> int:
    """Give back whatever is still set aside for ``about``; minor units. A second time gives back nothing."""
    first = Hold.objects.filter(about=about).first()
    if first is None:
        return 0
    row = lock_wallet(first.wallet_id)
    holds = open_holds(row, about)
    books = books_of(row, actor)
    close_holds(holds, HoldState.RELEASED)
    book(
        row,
        books,
        [books.hold_released(about, hold.sequence, Purse(hold.cash, hold.bonus)) for hold in holds],
    )
    return sum(hold.amount for hold in holds)


def open_holds(wallet: Wallet, about: str) -> list[Hold]:
    """The open holds of an order, under the wallet's lock that the caller has."""
    return list(Hold.objects.filter(wallet=wallet, about=about, state=HoldState.OPEN).order_by("sequence"))


def close_holds(holds: Iterable[Hold], state: HoldState) -> None:
    """Close holds of a locked wallet. Raises IllegalMove for one that is closed."""
    for hold in holds:
        hold.state = move(states.HOLD, hold.state, state)
        hold.closed_at = clock.now()
        hold.save(update_fields=["state", "closed_at"])
