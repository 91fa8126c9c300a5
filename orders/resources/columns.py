"""Columns that only lists of orders have."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy

from alarms.resources import where
from backoffice.kit import cells, clock, figures
from backoffice.kit.export import Cell, Form, Head
from backoffice.kit.frame import Words
from backoffice.kit.lists import columns
from backoffice.kit.lists.columns.base import Values
from backoffice.kit.money import Money
from backoffice.kit.staff import Reader
from drivers.permissions import DriverPerm

SILENT = timedelta(minutes=2)
"""A pile that charges and says nothing for longer is worth a look."""


class Lasting(columns.Duration):
    """How long, in one unit; in Excel the exact duration."""

    css = "c-num"

    def words(self, values: Values, reader: Reader) -> Words:
        return "" if values[0] is None else figures.span_text(values[0].total_seconds())


class SoC(columns.Number):
    """State of charge, ``SoC 64 %`` on the page, 64 in Excel."""

    def words(self, values: Values, reader: Reader) -> Words:
        return _("SoC %(soc)s %%") % {"soc": values[0]} if values[0] is not None else ""


class Headed(columns.Column):
    """A figure whose context line explains itself: the page has the head of the figure alone, Excel both."""

    @property
    def header(self) -> str:
        return str(self.verbose_name)


class Began(Headed, columns.When):
    """A moment, with how long it is since, or how it came about, below."""


class Charge(Headed, columns.Money):
    """A sum, with the parts it is made of below; Excel gives each part a column."""


class Parts(columns.Column):
    """Electricity and service fee, ``31.83 + 13.45``: minor units of one currency. A narrow cell parts them before the sign."""

    css = "c-num"
    form = Form.MONEY
    heads_of_parts = (gettext_lazy("Electricity"), gettext_lazy("Service"))

    def __init__(self, electricity: str, service: str, **options: Any) -> None:
        super().__init__(electricity, service, "currency", **options)

    def words(self, values: Values, reader: Reader) -> Words:
        electricity, service, currency = values
        if not currency:
            return ""
        parts = (Money(electricity, currency), Money(service, currency))
        return " +\N{NO-BREAK SPACE}".join(figures.amount_text(part) for part in parts)

    def heads(self) -> list[Head]:
        heads = [
            Head(str(words), self.form, total=True, currency="currency") for words in self.heads_of_parts
        ]
        return [*heads, Head(_("Currency"), Form.TEXT, once="currency")]

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        electricity, service, currency = values
        if not currency:
            return [None, None, None]
        return [Money(electricity, currency).decimal, Money(service, currency).decimal, currency]


class HoldLeft(columns.Money):
    """What is left of the hold, with the bar that says how much of it that is."""

    css = "c-num c-bar"

    def __init__(self, left: str, hold: str, **options: Any) -> None:
        super().__init__(left, hold, **options)

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        left, hold, currency = values
        if left is None:
            return cells.NONE
        return cells.remaining(Money(left, currency), Money(hold, currency), label=str(self.verbose_name))


class Heard(columns.Ago):
    """When the pile last spoke; loud once it has been silent for too long."""

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        shown = super().html(values, reader, second)
        silent = values[0] is not None and clock.now() - values[0] > SILENT
        return format_html('<span class="t-waiting">{}</span>', shown) if silent else shown


class Meter(columns.Number):
    """A register as the pile sent it, Wh as kWh; also where it is text out of a JSON column."""

    digits = 3
    scale = 1000

    def words(self, values: Values, reader: Reader) -> Words:
        return super().words([_whole(values[0])], reader)

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        return super().typed([_whole(values[0])], reader)


class Metered(columns.Energy):
    """What the registers of a pile say between their start and their stop, in kWh; nothing while there is no stop."""

    def __init__(self, start: str, stop: str, **options: Any) -> None:
        super().__init__(start, stop, **options)

    def words(self, values: Values, reader: Reader) -> Words:
        return super().words([_risen(values)], reader)

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        return super().typed([_risen(values)], reader)


def _risen(values: Values) -> int | None:
    start, stop = values
    return None if start is None or stop is None else stop - start


def _whole(value: Any) -> int | None:
    """Whatever a pile sent as a register, if it is one."""
    try:
        return None if value is None else int(Decimal(value))
    except (ArithmeticError, ValueError, TypeError):
        return None


def station(*path: str) -> columns.Column:
    """The station, and below it the terminal with the letter of its connector: ``HQ-07 · A``."""
    name, pile, number = path or ("station__name", "pile__name", "connector__number")
    return columns.Text(
        name,
        head=gettext_lazy("Station"),
        css="c-who",
        second=columns.Text(pile, number, head=gettext_lazy("Terminal"), show=where),
    )


def driver(path: str = "", **options: Any) -> columns.Column:
    """The driver's phone, as far as the reader may see it."""
    return columns.Phone(
        f"{path}driver__phone", see=DriverPerm.SEE_PHONE, head=gettext_lazy("Driver"), **options
    )
