"""Who pays what, from which pocket. Arithmetic on integers of minor units; nothing is stored here.

Bonus is used before cash. What goes back goes to where it came from, cash first. Nothing is ever
taken that is not there: what remains is owed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from backoffice.kit.money import allocate

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Purse:
    """Money by kind, minor units, never negative."""

    cash: int = 0
    bonus: int = 0

    def __post_init__(self) -> None:
        if self.cash < 0 or self.bonus < 0:
            raise ValueError(f"a purse cannot hold {self.cash} and {self.bonus}")

    @property
    def total(self) -> int:
        return self.cash + self.bonus

    def __add__(self, other: Purse) -> Purse:
        return Purse(self.cash + other.cash, self.bonus + other.bonus)

    def __sub__(self, other: Purse) -> Purse:
        return Purse(self.cash - other.cash, self.bonus - other.bonus)

    def spend(self, amount: int) -> Purse:
        """The part that pays ``amount``, or all there is: bonus before cash."""
        bonus = min(self.bonus, amount)
        return Purse(min(self.cash, amount - bonus), bonus)

    def give_back(self, amount: int) -> Purse:
        """The part that returns ``amount``, or all there is: cash before bonus."""
        cash = min(self.cash, amount)
        return Purse(cash, min(self.bonus, amount - cash))


@dataclass(frozen=True, slots=True)
class Figures:
    """The bill of an order: fee lines by kind and what is taken off them, minor units."""

    electricity: int = 0
    service: int = 0
    idle: int = 0
    discount: int = 0

    def __post_init__(self) -> None:
        if min(self.electricity, self.service, self.idle, self.discount) < 0 or self.payable < 0:
            raise ValueError(f"not a bill: {self}")

    @property
    def payable(self) -> int:
        return self.electricity + self.service + self.idle - self.discount


@dataclass(frozen=True, slots=True)
class Cover:
    """How a bill is paid: from what was set aside (``kept``), from the wallet (``taken``), the rest is owed.

    ``released`` is what was set aside and is not needed.
    """

    kept: Purse
    released: Purse
    taken: Purse
    owed: int

    @property
    def paid(self) -> Purse:
        return self.kept + self.taken


class RefundedMore(ValueError):
    """A bill was lowered below what has been refunded of it already."""


def cover(payable: int, *, aside: Purse, free: Purse, refunded: Purse = Purse(), forgiven: int = 0) -> Cover:
    """Pay ``payable`` from what is ``aside``, then from what is ``free``; the rest is owed.

    Within each, bonus goes before cash, but at least what was ``refunded`` in cash stays paid in cash.
    What was ``forgiven`` earlier is owed again, and never taken from what is free.
    Raises RefundedMore when ``payable`` is less than what was refunded.
    """
    if payable < refunded.total:
        raise RefundedMore
    bonus = min(aside.bonus, payable - refunded.cash)
    kept = Purse(min(aside.cash, payable - bonus), bonus)
    short = payable - kept.total
    taken = free.spend(max(short - forgiven, 0))
    return Cover(kept, aside - kept, taken, short - taken.total)


def share_refund(amount: int, revenue: Sequence[int]) -> tuple[int, ...]:
    """Spread a refund over the revenue it takes back, in proportion; no part exceeds its revenue."""
    if amount > sum(revenue):
        raise ValueError("a refund cannot exceed the revenue")
    return allocate(amount, revenue)


def fill(amount: int, rooms: Iterable[tuple[T, int]]) -> Filled[T]:
    """Spread ``amount`` over the rooms in their order, each up to its size; empty shares are left out."""
    shares: list[tuple[T, int]] = []
    for room, size in rooms:
        share = min(amount, size)
        if share > 0:
            shares.append((room, share))
            amount -= share
    return Filled(tuple(shares), amount)


@dataclass(frozen=True, slots=True)
class Filled(Generic[T]):
    """Who got how much, and what found no room."""

    shares: tuple[tuple[T, int], ...]
    left: int
