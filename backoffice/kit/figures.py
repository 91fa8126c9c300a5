"""Figures as text in the reader's language: money, energy, spans of time, moments, phone numbers.

Every page, mail and message words a figure through this module, so that the same amount never reads
in two ways. Text only; the HTML around it is made by ``kit.cells``. Times come in as arguments: no clock here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

import phonenumbers
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext as _

from backoffice.kit.money import Money, minor_digits

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"

SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "C$",
    "CHF": "CHF",
    "CNY": "¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "INR": "₹",
    "JPY": "JP¥",
    "KRW": "₩",
    "SGD": "S$",
    "THB": "฿",
    "TWD": "NT$",
    "USD": "$",
    "VND": "₫",
}
"""Unambiguous signs. A currency that is not listed shows its ISO 4217 code."""

MINUTE, HOUR, DAY = 60, 3600, 86400
MASK = "****"


def number_text(value: Decimal | float, digits: int = 0) -> str:
    """``18,912.4``: grouped in the reader's way, with exactly ``digits`` decimals and a true minus sign."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{abs(rounded):,.{digits}f}".translate(_separators(get_language()))
    return MINUS + text if rounded < 0 else text


@cache
def _separators(language: str | None) -> dict[int, str]:
    """What stands for Python's separators in the language in force; every language here groups in threes."""
    return {
        ord(","): formats.get_format("THOUSAND_SEPARATOR", language),
        ord("."): formats.get_format("DECIMAL_SEPARATOR", language),
    }


def amount_text(money: Money) -> str:
    """``45.28``: without the currency, for columns and lines under a head that names it."""
    digits = minor_digits(money.currency)
    return number_text(Decimal(money.amount).scaleb(-digits), digits)


def money_text(money: Money) -> str:
    """``¥ 45.28``, ``−¥ 5.00``; the space does not break."""
    digits = minor_digits(money.currency)
    figure = number_text(Decimal(abs(money.amount)).scaleb(-digits), digits)
    symbol = SYMBOLS.get(money.currency, money.currency)
    return f"{MINUS if money.amount < 0 else ''}{symbol}{NBSP}{figure}"


def sums_text(sums: Iterable[str]) -> str:
    """``¥ 45.28 + € 3.00``: amounts of several currencies side by side; a narrow place parts them before the sign."""
    return f" +{NBSP}".join(sums)


def price_text(price: Decimal, digits: int = 2) -> str:
    """``1.20``, ``0.8254``: of a kWh or a minute, with the decimals of its currency and more only where it has them."""
    exact = price.normalize()
    return number_text(price, max(digits, -int(exact.as_tuple().exponent)) if exact else digits)


def energy_text(wh: int, digits: int = 3) -> str:
    """Watt-hours as kWh without the unit: 22418 → ``22.418``."""
    return number_text(Decimal(wh) / 1000, digits)


def percent_text(ratio: Decimal | float, digits: int = 1) -> str:
    """``0.272`` → ``27.2 %``."""
    return f"{number_text(ratio * 100, digits)}{NBSP}%"


def change_text(ratio: Decimal | float, digits: int = 1) -> str:
    """``0.062`` → ``+6.2 %``, ``-0.013`` → ``−1.3 %``."""
    return f"{'+' if ratio > 0 else ''}{percent_text(ratio, digits)}"


def span_words() -> dict[str, str]:
    """The patterns of ``span_text``, which the browser uses to let times tick in the same words."""
    return _span_words(get_language())


@cache
def _span_words(language: str | None) -> dict[str, str]:
    """Those of the language in force, which is an argument because the words hang on it."""
    return {
        "second": _("%(n)s s"),
        "minute": _("%(n)s min"),
        "hour": _("%(h)s h %(m)s"),
        "day": _("%(n)s d"),
    }


def span_text(seconds: float) -> str:
    """``4 s``, ``11 min``, ``1 h 07``, ``3 d``: one unit is enough to see whether something is old."""
    whole, words = max(0, int(seconds)), span_words()
    if whole < MINUTE:
        text = words["second"] % {"n": whole}
    elif whole < HOUR:
        text = words["minute"] % {"n": whole // MINUTE}
    elif whole < DAY:
        text = words["hour"] % {"h": whole // HOUR, "m": f"{whole % HOUR // MINUTE:02d}"}
    else:
        text = words["day"] % {"n": whole // DAY}
    return text.replace(" ", NBSP)


def duration_text(seconds: float) -> str:
    """``36 min 07 s``, ``2 h 39 min``: a measured length, spelled out."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        text = _("%(s)s s") % {"s": whole}
    elif whole < HOUR:
        text = _("%(m)s min %(s)s s") % {"m": whole // MINUTE, "s": f"{whole % MINUTE:02d}"}
    else:
        text = _("%(h)s h %(m)s min") % {"h": whole // HOUR, "m": f"{whole % HOUR // MINUTE:02d}"}
    return text.replace(" ", NBSP)


def length_text(seconds: float) -> str:
    """``10 min``, ``6 h``, ``1 min 30 s``: a length that was set and not measured; what is nothing of it is left out."""
    whole = int(seconds)
    if whole >= HOUR and whole % HOUR == 0:
        return (_("%(n)s h") % {"n": whole // HOUR}).replace(" ", NBSP)
    if MINUTE <= whole < HOUR and whole % MINUTE == 0:
        return (_("%(n)s min") % {"n": whole // MINUTE}).replace(" ", NBSP)
    return duration_text(whole)


def moment_text(at: datetime, *, now: datetime, zone: tzinfo | None = None) -> str:
    """``14:03`` today, ``21 Nov 14:03`` this year, ``21 Nov 2025 14:03`` before.

    ``zone`` is the station's where the moment happened at a station; without it the reader's is used.
    """
    there, today = timezone.localtime(at, zone), timezone.localtime(now, zone)
    clock = _clock_text(time(there.hour, there.minute), get_language())
    if there.date() == today.date():
        return clock
    return f"{day_text(there.date(), whole=there.year != today.year)} {clock}"


def exact_text(at: datetime, *, zone: tzinfo | None = None) -> str:
    """``21 Nov 2026 14:03:52 CST``: nothing left to guess, for titles and receipts."""
    there = timezone.localtime(at, zone)
    return f"{day_text(there.date())} {there:%H:%M:%S} {there.tzname() or ''}".rstrip()


def day_text(day: date, *, whole: bool = True) -> str:
    """``21 Nov 2026``; not ``whole``, the year is understood."""
    return _day_text(day, "DATE_FORMAT" if whole else "MONTH_DAY_FORMAT", get_language())


@lru_cache(maxsize=4096)
def _day_text(day: date, form: str, language: str | None) -> str:
    """In the language in force: the rows of a list have few days, and a moment is worded twice in each."""
    return str(formats.date_format(day, form))


@lru_cache(maxsize=4096)
def _clock_text(clock: time, language: str | None) -> str:
    return str(formats.time_format(clock, "TIME_FORMAT"))


def masked_phone(e164: str) -> str:
    """``+8613800004471`` → ``138****4471``; a number that cannot be parsed keeps its last two digits."""
    try:
        national = str(phonenumbers.parse(e164).national_number)
    except phonenumbers.NumberParseException:
        return MASK + e164[-2:]
    if len(national) < len(MASK) + 4:
        return MASK + national[-2:]
    return national[:3] + MASK + national[-4:]
