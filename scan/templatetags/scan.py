"""What the driver's templates say: big figures with a small sign, prices per kWh, times at the station.

The words of figures are those of ``kit.figures``; here is only how they are set.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

import phonenumbers
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.kit import clock, figures
from backoffice.kit.money import Money
from finance.models import TopUp
from orders import labels
from orders.bill import Fee
from scan import times
from stations.slots import Band

register = template.Library()

TONGUES = {"en": "EN", "zh-hans": "中文"}
"""Languages as short as the head of a page needs them, each in itself."""


@register.simple_tag
def big_money(value: Money) -> SafeString:
    """The sign small and raised, the figure large."""
    symbol = figures.SYMBOLS.get(value.currency, value.currency)
    return format_html("<i>{}</i>{}", symbol, figures.amount_text(value))


@register.simple_tag
def money(value: Money) -> str:
    """``¥99.54``: as on a till, without a space."""
    return figures.money_text(value).replace(
        figures.NBSP, "" if _sign_sticks(value.currency) else figures.NBSP
    )


@register.simple_tag
def whole_money(value: Money) -> str:
    """``¥50``: without decimals that say nothing."""
    if value.decimal % 1:
        return money(value)
    sign = figures.SYMBOLS.get(value.currency, value.currency)
    return f"{sign}{'' if _sign_sticks(value.currency) else figures.NBSP}{figures.number_text(value.decimal)}"


@register.simple_tag
def amount(value: Money) -> str:
    """``99.54``: where the currency stands elsewhere."""
    return figures.amount_text(value)


@register.simple_tag
def unit(value: Decimal) -> str:
    """A price per kWh or minute: two decimals, and more only where it has them."""
    return figures.price_text(value)


@register.simple_tag
def unit_money(value: Decimal, currency: str) -> str:
    """``¥1.13``."""
    symbol = figures.SYMBOLS.get(currency, currency)
    return f"{symbol}{'' if _sign_sticks(currency) else figures.NBSP}{unit(value)}"


@register.simple_tag
def symbol(currency: str) -> str:
    return figures.SYMBOLS.get(currency, currency)


@register.simple_tag
def energy(wh: int, digits: int = 2) -> str:
    """kWh without the unit."""
    return figures.energy_text(wh, digits)


@register.simple_tag
def power(watts: int) -> str:
    """kW without the unit."""
    return figures.number_text(Decimal(watts) / 1000, 1)


@register.filter
def band(value: Band) -> str:
    """The word for a period."""
    return str(labels.BAND[value])


@register.simple_tag
def at(moment: datetime, zone: tzinfo, seconds: bool = False) -> str:
    """The time of day at the station."""
    return times.clock_text(moment, zone, seconds=seconds)


@register.simple_tag
def day(moment: datetime, zone: tzinfo) -> str:
    """The day at the station."""
    return times.day_text(moment, zone)


@register.simple_tag
def moment(value: datetime, zone: tzinfo) -> str:
    """The time today, with its day before."""
    return figures.moment_text(value, now=clock.now(), zone=zone)


@register.simple_tag
def age(since: datetime) -> str:
    """``4 s``, ``11 min``, ``1 h 07``."""
    return figures.span_text(_seconds(since))


@register.simple_tag
def ahead(until: datetime) -> str:
    """How long until then, in the same words."""
    left = -_seconds(until)
    return figures.span_text(left + 59 if left > 60 else left)


@register.simple_tag
def seconds_since(since: datetime) -> str:
    """For a script that lets the age tick: text, because a number would be grouped for the reader (``8,512``)."""
    return str(_seconds(since))


@register.filter
def minutes_seconds(seconds: int) -> str:
    """``1:42``."""
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.simple_tag
def duration(lasted: timedelta) -> str:
    """``1 h 31 min``, ``47 min``, ``42 s``."""
    seconds = lasted.total_seconds()
    return figures.duration_text(seconds) if seconds >= figures.HOUR else figures.span_text(seconds)


@register.simple_tag
def hours(minutes: int) -> str:
    """``1 h 47``: for a big figure."""
    return figures.span_text(minutes * 60)


@register.simple_tag
def ahead_seconds(seconds: int) -> str:
    """``42 s``, ``8 min``."""
    return figures.span_text(seconds)


@register.simple_tag
def span_words() -> dict[str, str]:
    """For the script that lets times tick."""
    return figures.span_words()


@register.simple_tag
def signed(value: Money) -> str:
    """``+50.00``, ``−12.40``."""
    return ("+" if value.amount > 0 else "") + figures.amount_text(value)


@register.simple_tag
def top_up_money(top_up: TopUp) -> str:
    """The amount of a payment."""
    return money(Money(top_up.amount, top_up.currency))


@register.simple_tag
def top_up_big(top_up: TopUp) -> SafeString:
    return big_money(Money(top_up.amount, top_up.currency))


@register.filter
def tongue(code: str) -> str:
    """``EN``, ``中文``."""
    return TONGUES.get(code, code)


@register.filter
def masked(phone: str) -> str:
    """``138****4471``."""
    return figures.masked_phone(phone)


@register.filter
def international(phone: str) -> str:
    """``+86 138 0000 4471``, in groups that are easy to compare; the blanks do not break."""
    number = phonenumbers.parse(phone)
    grouped = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return str(grouped).replace(" ", figures.NBSP)


@register.filter
def fee(value: Fee) -> str:
    """The word for a line of a bill."""
    return str(labels.FEE[value])


def _sign_sticks(currency: str) -> bool:
    return not figures.SYMBOLS.get(currency, currency)[-1].isalpha()


def _seconds(since: datetime) -> int:
    return int((clock.now() - since).total_seconds())
