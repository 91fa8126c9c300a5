"""The workbook that somebody fills in: heads with one example, and a sheet that says what each column is."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from backoffice.kit.export import Cell, Head, Sheet, write_workbook
from backoffice.kit.imports.declaration import Import


def template_of(one: Import) -> BinaryIO:
    """The workbook, to be read from its start."""
    heads = [Head(str(column.head)) for column in one.columns]
    rows = Sheet(str(one.title), heads, [[_cell(column.example) for column in one.columns]])
    explained = [
        [
            str(column.head),
            _("Yes") if column.needed else _("No"),
            str(column.help),
            _cell(column.example),
        ]
        for column in one.columns
    ]
    labels = [_("Column"), _("Needed"), _("What stands there"), _("Example")]
    target = TemporaryFile()  # noqa: SIM115 - the response closes it
    write_workbook(target, [rows, Sheet(_("Columns"), [Head(label) for label in labels], explained)])
    target.seek(0)
    return target


def _cell(example: Cell | Promise) -> Cell:
    """An example as a cell; words in the language of whoever asks."""
    return str(example) if isinstance(example, Promise) else example
