"""Columns of numbers: counts, measures, shares, money. Excel gets numbers, exact in decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext

from backoffice.kit import cells, drawings, figures
from backoffice.kit.export import Cell, Form, Head
from backoffice.kit.frame import Tone, Words
from backoffice.kit.lists.columns.base import Column, Values
from backoffice.kit.money import Money as Amount
from backoffice.kit.staff import Reader


class Number(Column):
    """A count or a measure with ``digits`` decimals; ``scale`` divides what is stored, ``total`` adds it up in Excel."""

    css = "c-num"
    form = Form.NUMBER
    newest_first = True
    digits = 0
    scale: int = 1

    def __init__(
        self,
        *sources: str,
        digits: int | None = None,
        scale: int | None = None,
        total: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*sources, **options)
        self.digits = self.digits if digits is None else digits
        self.scale = self.scale if scale is None else scale
        self.total = total

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        if second and not self.words(values, reader):
            return cells.two_lines(cells.NONE, second)  # the figure below never reads as this one
        return super().html(values, reader, second)

    def words(self, values: Values, reader: Reader) -> Words:
        if self.show is not None or values[0] is None:
            return super().words(values, reader)
        return figures.number_text(Decimal(values[0]) / self.scale, self.digits)

    def heads(self) -> list[Head]:
        return [Head(str(self.verbose_name), self.form, digits=self.digits, total=self.total)]

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        return [None if values[0] is None else Decimal(values[0]) / self.scale]


class Energy(Number):
    """Watt-hours, shown in kWh with three decimals."""

    digits = 3
    scale = 1000


class Power(Number):
    """Watts, shown in kW with one decimal."""

    digits = 1
    scale = 1000


class Percent(Number):
    """A share: 0.272 is 27.2 %."""

    form = Form.PERCENT
    digits = 1

    def words(self, values: Values, reader: Reader) -> Words:
        return "" if values[0] is None else figures.percent_text(Decimal(values[0]), self.digits)


class Duration(Number):
    """Seconds, or a timedelta: ``2 h 39 min`` on the page, a duration in Excel."""

    css = "c-num c-time"
    form = Form.DURATION

    def words(self, values: Values, reader: Reader) -> Words:
        return "" if values[0] is None else figures.duration_text(_seconds(values[0]))

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        return [None if values[0] is None else Decimal(_seconds(values[0])) / 86400]


class Bar(Column):
    """A measure over its top with a bar below (``118.2 / 120``): two paths, in the unit that ``scale`` gives."""

    css = "c-num c-bar"
    form = Form.NUMBER
    newest_first = True

    def __init__(
        self,
        value: str,
        top: str,
        *,
        scale: int = 1,
        digits: int = 1,
        tone: Tone = "charging",
        **options: Any,
    ) -> None:
        super().__init__(value, top, **options)
        self.scale, self.digits, self.tone = scale, digits, tone

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        value, top = values
        if value is None:
            return cells.NONE
        shown = Decimal(value) / self.scale
        if not top:
            return figures.number_text(shown, self.digits)
        return cells.measured(
            shown, Decimal(top), label=str(self.verbose_name), tone=self.tone, digits=self.digits
        )

    def words(self, values: Values, reader: Reader) -> Words:
        return "" if values[0] is None else figures.number_text(Decimal(values[0]) / self.scale, self.digits)

    def heads(self) -> list[Head]:
        return [Head(str(self.verbose_name), self.form, digits=self.digits)]

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        return [None if values[0] is None else Decimal(values[0]) / self.scale]


class Online(Bar):
    """How many of so many are heard; none of them is no small figure."""

    def __init__(self, value: str, top: str, **options: Any) -> None:
        super().__init__(value, top, digits=0, **options)

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        online, top = values
        if online or not top:
            return super().html(values, reader, second)
        empty = drawings.bar(0, top, label=str(self.verbose_name), tone="fault")
        return cells.OVER("value t-fault", figures.number_text(0), figures.number_text(top), empty)


class Money(Column):
    """Minor units of the currency at ``currency``. Excel has the amount, and each currency path once beside it.

    The currency is there where the amount is not: it may stand for the other amounts of the row.
    """

    css = "c-num"
    form = Form.MONEY
    newest_first = True

    def __init__(
        self, *sources: str, currency: str = "currency", total: bool = False, **options: Any
    ) -> None:
        super().__init__(*sources, **options)
        self.currency = currency
        self.total = total

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        self.own = (*self.own, self.currency)

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        return cells.money(_amount(values), second)

    def words(self, values: Values, reader: Reader) -> Words:
        amount = _amount(values)
        return "" if amount is None else figures.money_text(amount)

    def heads(self) -> list[Head]:
        amount = Head(str(self.verbose_name), self.form, total=self.total, currency=self.currency)
        return [amount, Head(gettext("Currency"), Form.TEXT, once=self.currency)]

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        amount = _amount(values)
        return [None if amount is None else amount.decimal, values[-1] or None]


def _amount(values: Values) -> Amount | None:
    minor, currency = values[0], values[-1]
    return None if minor is None or not currency else Amount(int(minor), currency)


def _seconds(value: Any) -> float:
    return float(value.total_seconds() if hasattr(value, "total_seconds") else value)
