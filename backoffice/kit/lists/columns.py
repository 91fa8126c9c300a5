"""Columns: one declaration makes the cell on the page and the typed cell of the workbook.

A column names the ORM paths that it needs and is given their values, never the row. So page and
export read the same values, no cell can start a query of its own, and which relations to join
follows from the columns that are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import django_tables2 as tables
from django.db import models
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.kit import cells, clock, figures
from backoffice.kit.export import Cell, Form, Head
from backoffice.kit.frame import Tone, Words
from backoffice.kit.lists import paths
from backoffice.kit.money import Money as Amount
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader

Values = Sequence[Any]
Show = Callable[..., Words]


class Column(tables.Column):
    """One column of a list.

    ``sources`` are ORM paths ending in a field or an annotation (default: the attribute's name).
    ``head`` defaults to the verbose name of the last field; ``sort`` is True (by the first path) or the
    paths to sort by; ``shown=False`` starts hidden; ``perm`` hides the column from those without it;
    ``second`` is the context line below; ``show`` turns the values into words, on the page and in Excel.
    """

    css: ClassVar[str] = ""
    form: ClassVar[Form] = Form.TEXT
    newest_first: ClassVar[bool] = False
    empty_values: tuple[Any, ...] = ()  # our own html() says what nothing looks like

    def __init__(
        self,
        *sources: str,
        head: Words = "",
        sort: bool | str | tuple[str, ...] = False,
        shown: bool = True,
        perm: Perm | None = None,
        second: Column | None = None,
        show: Show | None = None,
        css: str = "",
    ) -> None:
        super().__init__(
            verbose_name=head or None,
            orderable=bool(sort),
            initial_sort_descending=self.newest_first,
            attrs={"cell": {"class": f"{self.css} {css}".strip()}},
        )
        self.declared = self.own = sources
        self.sort = (sort,) if isinstance(sort, str) else sort
        self.shown = shown
        self.perm = perm
        self.second = second
        self.show = show

    def bind(self, name: str, model: type[models.Model]) -> None:
        """Take the name as the path and the field's name as head where none was given. Before the first use."""
        self.own = self.declared or (name,)
        self.given = len(self.own)
        self.accessor = tables.A(self.own[0])
        if self.verbose_name is None:
            self.verbose_name = paths.verbose_name(model, self.own[0]) or capfirst(name.replace("_", " "))
        if self.second is not None:
            self.second.bind(name, model)

    @property
    def sources(self) -> tuple[str, ...]:
        """Every path, those of the second line last."""
        return self.own + (self.second.sources if self.second else ())

    @property
    def sort_paths(self) -> tuple[str, ...]:
        """What to order by; empty where the list cannot be sorted by this column."""
        if self.sort is True:
            return self.own[:1]
        return tuple(self.sort or ())

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        """The cell on the page."""
        words = self.words(values, reader)
        return cells.two_lines(words, second, clip=True) if words or second else cells.NONE

    def words(self, values: Values, reader: Reader) -> Words:
        """The cell in one line: below another, as the name of a row, in a message."""
        if self.show is not None:
            return self.show(*values[: self.given])
        return "" if values[0] is None else str(values[0])

    def heads(self) -> list[Head]:
        """The columns of the workbook, as many as ``typed`` gives cells."""
        return [Head(str(self.verbose_name), self.form)]

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        """The cells of the workbook."""
        return [str(self.words(values, reader))]

    @property
    def header(self) -> str:
        """The head on the page: those of the workbook, joined."""
        return ", ".join(head.label for head in self.all_heads() if not head.once)

    def all_heads(self) -> list[Head]:
        return self.heads() + (self.second.all_heads() if self.second else [])

    def all_typed(self, values: Values, reader: Reader) -> list[Cell]:
        own = len(self.own)
        row = self.typed(values[:own], reader)
        return row + self.second.all_typed(values[own:], reader) if self.second else row

    def render(self, record: models.Model, table: Any) -> Words:  # type: ignore[override]
        values = [paths.value_at(record, source) for source in self.sources]
        own = len(self.own)
        second = self.second.words(values[own:], table.reader) if self.second else ""
        return self.html(values[:own], table.reader, second)

    def value(self, record: models.Model, table: Any) -> str:  # type: ignore[override]
        return str(self.words([paths.value_at(record, source) for source in self.own], table.reader))


class Text(Column):
    """Words, a code, a number that is not counted with: text in Excel too. A field with choices shows its label."""

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        if self.show is None and (labels := paths.choices(model, self.own[0])):
            self.show = lambda value: labels.get(value, value or "")


class Link(Text):
    """The name of the row: a link to ``to`` (a URL name) with the value at ``key``. Plain text without ``to_perm``."""

    css = "c-name"

    def __init__(
        self, *sources: str, to: str, key: str = "pk", to_perm: Perm | None = None, **options: Any
    ) -> None:
        super().__init__(*sources, **options)
        self.to, self.key, self.to_perm = to, key, to_perm

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        self.own = (*self.own, self.key)

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        words = self.words(values, reader)
        if not words:
            return super().html(values, reader, second)
        if values[-1] is None or not reader.may(self.to_perm):
            return cells.two_lines(format_html('<span class="name">{}</span>', words), second)
        return cells.link(words, reverse(self.to, args=[values[-1]]), second)


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

    form = Form.DURATION

    def words(self, values: Values, reader: Reader) -> Words:
        return "" if values[0] is None else figures.duration_text(_seconds(values[0]))

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        return [None if values[0] is None else Decimal(_seconds(values[0])) / 86400]


class Money(Column):
    """Minor units of the currency at ``currency``. Excel has the amount, and each currency path once beside it."""

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
        return [None, None] if amount is None else [amount.decimal, amount.currency]


class When(Column):
    """An instant, in the reader's time zone, or in that of the station at path ``zone``."""

    css = "c-num"
    form = Form.MOMENT
    newest_first = True

    def __init__(self, *sources: str, zone: str = "", **options: Any) -> None:
        super().__init__(*sources, **options)
        self.zone = zone

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        if self.zone:
            self.own = (*self.own, self.zone)

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        return cells.when(values[0], second, zone=self._place(values))

    def words(self, values: Values, reader: Reader) -> Words:
        if values[0] is None:
            return ""
        return figures.moment_text(values[0], now=clock.now(), zone=self._place(values))

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        if values[0] is None:
            return [None]
        return [timezone.localtime(values[0], self._place(values)).replace(tzinfo=None, microsecond=0)]

    def _place(self, values: Values) -> tzinfo | None:
        return zone_of(values[-1]) if self.zone else None


class Ago(When):
    """An instant as the time since then, ticking; in Excel the instant."""

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        return cells.two_lines(cells.ago(values[0], zone=self._place(values)), second)


class Day(Column):
    """A date without a time."""

    form = Form.DAY
    newest_first = True

    def words(self, values: Values, reader: Reader) -> Words:
        return "" if values[0] is None else formats.date_format(values[0], "DATE_FORMAT")

    def typed(self, values: Values, reader: Reader) -> list[Cell]:
        day: date | None = values[0]
        return [day]


class Badge(Column):
    """A state: its label (from the field, or ``choices``), in the colour and shape that ``tones`` names."""

    css = "c-state"

    def __init__(
        self,
        *sources: str,
        tones: Mapping[Any, Tone],
        choices: type[models.Choices] | Mapping[Any, Words] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*sources, **options)
        self.labels = paths.labels(choices)
        self.tones = {_plain(value): tone for value, tone in tones.items()}

    def bind(self, name: str, model: type[models.Model]) -> None:
        super().bind(name, model)
        self.labels = self.labels or paths.choices(model, self.own[0])

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        words = self.words(values, reader)
        if not words:
            return cells.NONE
        badge = cells.badge(words, self.tones.get(values[0], "plain"))
        return cells.two_lines(badge, second) if second else badge

    def words(self, values: Values, reader: Reader) -> Words:
        return self.labels.get(values[0], values[0] or "")


class YesNo(Badge):
    """A truth as a badge; ``yes`` and ``no`` are its words."""

    def __init__(
        self,
        *sources: str,
        yes: Words = _("Yes"),
        no: Words = _("No"),
        tones: Mapping[Any, Tone] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*sources, choices={True: yes, False: no}, tones=tones or {}, **options)


class Phone(Column):
    """A phone number (E.164), whole for readers with ``see``, masked for all others, in Excel too."""

    css = "c-who"

    def __init__(self, *sources: str, see: Perm, **options: Any) -> None:
        super().__init__(*sources, **options)
        self.see = see

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        words = self.words(values, reader)
        return (
            cells.two_lines(cells.phone(str(words)), second) if words else cells.two_lines(cells.NONE, second)
        )

    def words(self, values: Values, reader: Reader) -> Words:
        number = values[0]
        if not number:
            return ""
        return str(number) if reader.may(self.see) else figures.masked_phone(number)


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


def zone_of(name: object) -> tzinfo | None:
    """The zone of an IANA name; None (the reader's) for an empty or unknown one."""
    try:
        return ZoneInfo(str(name)) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _amount(values: Values) -> Amount | None:
    minor, currency = values[0], values[-1]
    return None if minor is None or not currency else Amount(int(minor), currency)


def _seconds(value: Any) -> float:
    return float(value.total_seconds() if hasattr(value, "total_seconds") else value)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
