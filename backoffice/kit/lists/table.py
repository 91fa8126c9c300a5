"""The table of a list: a django-tables2 Table over one page of rows that are ordered and joined already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import django_tables2 as tables
from django.db import models
from django_tables2.data import TableData

from backoffice.kit import cells
from backoffice.kit.frame import Words
from backoffice.kit.lists import paths
from backoffice.kit.lists.actions import RowAction
from backoffice.kit.lists.columns import Column
from backoffice.kit.staff import Reader


class PageData(TableData):
    """One page of rows. Ordering was done by the database; the table must not touch it."""

    def __init__(self, rows: Sequence[models.Model], model: type[models.Model]) -> None:
        super().__init__(rows)
        self._model = model

    @property
    def model(self) -> type[models.Model]:
        return self._model

    def order_by(self, aliases: object) -> None:
        """The rows come ordered."""

    def __len__(self) -> int:
        return len(self.data)


class ListTable(tables.Table):
    """Base of every list's table: nothing but columns of ``kit.lists.columns``."""

    base_columns: ClassVar[dict[str, Column]]

    def __init__(self, *args: Any, reader: Reader, **options: Any) -> None:
        self.reader = reader
        super().__init__(*args, **options)

    @classmethod
    def bind(cls, model: type[models.Model]) -> None:
        """Let the columns find their fields; a resource does it when it is declared."""
        for at, (name, column) in enumerate(cls.base_columns.items()):
            column.bind(name, model)
            if not at:
                column.lead()


class Buttons(Column):
    """What may be done to the row: the last column, on the page only."""

    css = "c-act"

    def __init__(self, actions: Sequence[RowAction], *, naming: Column, address: str) -> None:
        super().__init__("pk")
        self.verbose_name = ""
        self.accessor = tables.A("pk")
        self.actions, self.naming, self.address = actions, naming, address

    @property
    def header(self) -> str:
        return ""

    def render(self, record: models.Model, table: Any) -> Words:  # type: ignore[override]
        shown = [a.button(record, self.address) for a in self.actions if a.offered(record, table.reader)]
        values = [paths.value_at(record, path) for path in self.naming.own]
        name = self.naming.words(values, table.reader)
        return cells.row_actions(shown, key=str(record.pk), of=str(name))
