"""Money is an integer of minor units with its currency; amounts of two currencies never meet.

Rounding has one home, here: half up, away from zero, exactly as ``ROUND_HALF_UP``. No float
passes. Errors carry a code that a form translates; the pure modules hold no text for people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import lcm

Exact = int | Decimal | Fraction

# ISO 4217, list one: the currencies that do not have two minor digits.
_MINOR_DIGITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?", re.ASCII)

LARGEST = 10**15 - 1
"""Largest amount that ``Money.parse`` lets in, in minor units: safe in a bigint, in JSON and in Excel."""


class MoneyFault(StrEnum):
    """Why money was refused: stable codes."""

    CURRENCY_MISMATCH = "currency_mismatch"
    UNKNOWN_CURRENCY = "unknown_currency"
    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    TOO_MANY_DECIMALS = "too_many_decimals"
    OUT_OF_RANGE = "out_of_range"
    NOT_INTEGER = "not_integer"
    BAD_WEIGHTS = "bad_weights"


class MoneyError(ValueError):
    """An operation on money that has no meaning; ``code`` says which."""

    def __init__(self, code: MoneyFault) -> None:
        super().__init__(code.value)
        self.code = code


@lru_cache(maxsize=256)
def minor_digits(currency: str) -> int:
    """How many decimals the currency has: CNY 2, JPY 0, KWD 3 (ISO 4217)."""
    if not _CURRENCY.fullmatch(currency):
        raise MoneyError(MoneyFault.UNKNOWN_CURRENCY)
    return _MINOR_DIGITS.get(currency, 2)


def divide_half_up(numerator: int, denominator: int) -> int:
    """The quotient of two integers, rounded half up, away from zero; ``denominator`` is positive."""
    if numerator < 0:
        return -divide_half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def round_half_up(value: Exact) -> int:
    """The nearest integer, half away from zero; exact at any number of digits."""
    if isinstance(value, int):
        return value
    return divide_half_up(*value.as_integer_ratio())


def allocate(total: int, weights: Sequence[Exact], *, remainder_to: int | None = None) -> tuple[int, ...]:
    """Share ``total`` by ``weights`` so that the parts add up to it.

    By default the largest remainders get the missing units, ties go to the earliest. With
    ``remainder_to`` every other part is rounded half up, never beyond what is left, and that one
    part takes the rest. Weights are not negative and not all zero, unless ``total`` is zero.
    """
    if total < 0:
        return tuple(-part for part in allocate(-total, weights, remainder_to=remainder_to))
    shares = _whole(weights)
    whole = sum(shares)
    if not whole:
        if total:
            raise MoneyError(MoneyFault.BAD_WEIGHTS)
        return (0,) * len(shares)
    if remainder_to is not None:
        return _allocate_with_rest(total, shares, remainder_to)
    return round_together([total * share for share in shares], whole)


def round_together(numerators: Sequence[int], denominator: int) -> tuple[int, ...]:
    """Round fractions of one denominator so that they add up to their sum, rounded half up.

    Each is rounded down, the largest remainders get what is missing, ties go to the earliest.
    """
    parts = [numerator // denominator for numerator in numerators]
    missing = divide_half_up(sum(numerators), denominator) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: -(numerators[i] % denominator))
    for i in by_remainder[:missing]:
        parts[i] += 1
    return tuple(parts)


def _allocate_with_rest(total: int, shares: Sequence[int], rest: int) -> tuple[int, ...]:
    whole = sum(shares)
    parts = [0] * len(shares)
    left = total
    for i, share in enumerate(shares):
        if i != rest:
            parts[i] = min(left, divide_half_up(total * share, whole))
            left -= parts[i]
    parts[rest] = left
    return tuple(parts)


def _whole(weights: Sequence[Exact]) -> list[int]:
    """The same proportions in integers."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    if any(numerator < 0 for numerator, _ in ratios):
        raise MoneyError(MoneyFault.BAD_WEIGHTS)
    common = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (common // denominator) for numerator, denominator in ratios]


@dataclass(frozen=True, slots=True)
class Money:
    """``amount`` minor units of ``currency`` (ISO 4217, upper case): ``Money(8404, "CNY")`` is 84.04 yuan."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise MoneyError(MoneyFault.NOT_INTEGER)
        minor_digits(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum, zero of ``currency`` when there is none."""
        return sum(amounts, cls(0, currency))

    @classmethod
    def from_major(cls, value: Exact, currency: str) -> Money:
        """From major units (yuan, euro), rounded half up to the minor unit."""
        numerator, denominator = value.as_integer_ratio()
        return cls(divide_half_up(numerator * 10 ** minor_digits(currency), denominator), currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read what a person typed: ``"1,234.50"``, also in full width; MoneyError says what is wrong.

        Commas only group thousands, so that ``"12,5"`` is refused and not taken for 125.
        """
        digits = minor_digits(currency)
        cleaned = unicodedata.normalize("NFKC", text).strip()
        if not cleaned:
            raise MoneyError(MoneyFault.EMPTY)
        match = _AMOUNT.fullmatch(cleaned)
        if match is None:
            raise MoneyError(MoneyFault.NOT_A_NUMBER)
        sign, major, minor = match[1], match[2].replace(",", "").lstrip("0"), (match[3] or "").rstrip("0")
        if len(minor) > digits:
            raise MoneyError(MoneyFault.TOO_MANY_DECIMALS)
        if len(major) + digits > len(str(LARGEST)):
            raise MoneyError(MoneyFault.OUT_OF_RANGE)
        amount = int(major + minor.ljust(digits, "0") or "0")
        return cls(-amount if sign == "-" else amount, currency)

    @property
    def decimal(self) -> Decimal:
        """In major units with all decimals of the currency: ``Decimal("84.04")``."""
        return Decimal(self.amount).scaleb(-minor_digits(self.currency))

    def allocate(self, weights: Sequence[Exact], *, remainder_to: int | None = None) -> tuple[Money, ...]:
        """``allocate`` of this amount; the parts add up to it."""
        parts = allocate(self.amount, weights, remainder_to=remainder_to)
        return tuple(Money(part, self.currency) for part in parts)

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    def __bool__(self) -> bool:
        return self.amount != 0

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            return NotImplemented
        return Money(self.amount * times, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount >= self._same(other)

    def _same(self, other: Money) -> int:
        """The other's amount, when it is money of the same currency."""
        if other.currency != self.currency:
            raise MoneyError(MoneyFault.CURRENCY_MISMATCH)
        return other.amount
