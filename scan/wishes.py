"""What a driver may choose before the start, and what each choice needs set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from backoffice.kit.figures import SYMBOLS, number_text
from backoffice.kit.frame import Words
from backoffice.kit.money import Money, minor_digits
from orders.models import LimitKind
from orders.quotes import Quote
from orders.services.starting import Wish, hold_wanted

KINDS = (LimitKind.FULL, LimitKind.MONEY, LimitKind.ENERGY, LimitKind.MINUTES)
OTHER = "other"

KWH = (10, 20, 40)
MINUTES = (20, 40, 60)
AMOUNTS = {"CNY": (30, 50, 100), "JPY": (1_000, 2_000, 5_000), "KRW": (10_000, 20_000, 50_000)}
USUAL_AMOUNTS = (10, 20, 40)
TOP_UPS = {"CNY": (50, 100, 200), "JPY": (1_000, 3_000, 5_000), "KRW": (10_000, 30_000, 50_000)}
USUAL_TOP_UPS = (20, 50, 100)


@dataclass(frozen=True, slots=True)
class Option:
    """One button: its value in the form, its words, and the hold it needs."""

    value: str
    label: str
    hold: Money
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """The buttons of one kind of limit, with the field for any other number."""

    kind: LimitKind
    title: Words
    unit: Words
    options: Sequence[Option]
    other: str = ""
    other_chosen: bool = False
    error: str = ""


def amounts(currency: str) -> tuple[int, ...]:
    """Usual amounts to stop at, in major units."""
    return AMOUNTS.get(currency, USUAL_AMOUNTS)


def top_up_amounts(currency: str, missing: int) -> list[Money]:
    """What to offer a driver who lacks ``missing`` minor units: enough, and the usual amounts above it."""
    usual = [Money.from_major(Decimal(major), currency) for major in TOP_UPS.get(currency, USUAL_TOP_UPS)]
    if missing <= 0:
        return usual
    step = 10 ** (minor_digits(currency) + 1)
    enough = Money(-(-missing // step) * step, currency)
    return [enough, *(money for money in usual if money > enough)][:3]


def panels(offer: Quote, chosen: Mapping[str, str], errors: Mapping[str, str], *, free: int) -> list[Panel]:
    """The three kinds that have a number, with what is chosen and what was typed."""
    currency = offer.tariff.currency
    symbol = SYMBOLS.get(currency, currency)
    minor = 10 ** minor_digits(currency)
    least = offer.minimum_hold.amount
    kinds: list[tuple[LimitKind, Words, Words, Sequence[int], int, str]] = [
        (
            LimitKind.MONEY,
            _("Amount"),
            symbol,
            [a for a in amounts(currency) if a * minor >= least],
            minor,
            symbol,
        ),
        (LimitKind.ENERGY, _("Energy in kWh"), "kWh", KWH, 1000, ""),
        (LimitKind.MINUTES, _("Minutes"), _("min"), MINUTES, 1, ""),
    ]
    made = []
    for kind, title, unit, numbers, factor, sign in kinds:
        name = kind.value
        picked = chosen.get(name, "")
        if picked != OTHER and picked not in {str(number) for number in numbers}:
            picked = str(numbers[min(1, len(numbers) - 1)]) if numbers else OTHER
        options = [
            Option(
                str(number),
                f"{sign}{number_text(number)}",
                hold_wanted(offer, Wish(kind, number * factor), free=free),
                chosen=picked == str(number),
            )
            for number in numbers
        ]
        typed = chosen.get(f"{name}_other", "")[:20]
        made.append(Panel(kind, title, unit, options, typed, picked == OTHER, errors.get(name, "")))
    return made
