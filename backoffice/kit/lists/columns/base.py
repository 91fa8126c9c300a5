"""What every column is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, ClassVar, Self

import django_tables2 as tables
from django.db import models
from django.utils.text import capfirst

from backoffice.kit import cells
from backoffice.kit.enumeration import enumerated
from backoffice.kit.export import Cell, Form, Head
from backoffice.kit.frame import Words
from backoffice.kit.lists import paths
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

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """For the table of one page. A column is not changed after it was bound; all its tables share what it holds."""
        return copy(self)

    def bind(self, name: str, model: type[models.Model]) -> None:
        """Take the name as the path and the field's name as head where none was given. Before the first use."""
        self.own = self.declared or (name,)
        self.given = len(self.own)
        self.accessor = tables.A(self.own[0])
        if self.verbose_name is None:
            self.verbose_name = paths.verbose_name(model, self.own[0]) or capfirst(name.replace("_", " "))
        if self.second is not None:
            self.second.bind(name, model)

    def lead(self) -> None:
        """Stand first: at the start of the line, whatever it holds."""
        cell = self.attrs["cell"]
        cell["class"] = " ".join(name for name in cell["class"].split() if name != "c-num")

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
        return enumerated(head.label for head in self.all_heads() if not head.once)

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
