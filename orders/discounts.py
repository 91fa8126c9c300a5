"""Who gives what off which fees, and how that is spread over the lines of a bill.

Percentages come before coupons; each takes from what the ones before it left. A discount never
exceeds its base, so nothing is paid out; its shares by line add up to it, because revenue shares
are computed from them. ``funder`` says who bears it: ``operator``, ``agency``, ``platform`` …
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from backoffice.kit.money import Money, allocate, round_half_up
from orders.bill import Fee, Line, Reduction

ENERGY_FEES = frozenset({Fee.ELECTRICITY, Fee.SERVICE})


@dataclass(frozen=True, slots=True)
class PercentOff:
    """``percent`` (0 to 100) off some fees, the service fee unless told otherwise."""

    percent: Decimal
    funder: str
    reason: str = "percent_off"
    fees: frozenset[Fee] = frozenset({Fee.SERVICE})

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise ValueError("percent_out_of_range")

    def off(self, base: int) -> int:
        return round_half_up(base * self.percent / 100)


@dataclass(frozen=True, slots=True)
class Coupon:
    """A fixed amount of minor units off some fees, when they reach ``threshold``. It gives no change."""

    amount: int
    funder: str
    reason: str = "coupon"
    fees: frozenset[Fee] = ENERGY_FEES
    threshold: int = 0

    def __post_init__(self) -> None:
        if self.amount < 0 or self.threshold < 0:
            raise ValueError("negative_coupon")

    def off(self, base: int) -> int:
        return min(self.amount, base) if base >= self.threshold else 0


Discount = PercentOff | Coupon


def reduce(lines: Sequence[Line], discounts: Sequence[Discount]) -> tuple[Reduction, ...]:
    """Take the discounts from the lines; those that come to nothing are left out."""
    left = [line.amount.amount for line in lines]
    reductions = []
    for discount in sorted(discounts, key=lambda discount: isinstance(discount, Coupon)):
        bases = [amount if line.fee in discount.fees else 0 for line, amount in zip(lines, left, strict=True)]
        shares = allocate(discount.off(sum(bases)), bases)
        if any(shares):
            left = [amount - share for amount, share in zip(left, shares, strict=True)]
            money = tuple(
                Money(share, line.amount.currency) for line, share in zip(lines, shares, strict=True)
            )
            reductions.append(Reduction(discount.reason, discount.funder, money))
    return tuple(reductions)
