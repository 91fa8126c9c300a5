"""The rows of a list as markup: what repeats for each row and each cell of a page."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_tables2 import Table
from django_tables2.columns.base import BoundColumn

from backoffice.kit import cells
from backoffice.kit.markup import Pattern, joined

ROW = Pattern('<tr id="row-{}">{}{}</tr>')
PICK = Pattern(
    '<td class="c-pick"><input type="checkbox" class="pick" form="bulk" name="pk" value="{}" aria-label="{}"></td>'
)
CELL = Pattern('<td class="{}" data-l="{}">')
PLAIN_CELL = Pattern('<td data-l="{}">')
END = SafeString("</td>")


def table_body(table: Table, *, picking: bool) -> SafeString:
    """Every row; nothing without rows. ``picking`` puts a box before each, for bulk actions.

    The columns are asked themselves. django-tables2 would look into the signature of each before each cell, and
    read a value that none of them wants: 25 rows of twelve columns took twice as long.
    """
    columns = [
        (column.column.render, _opening(css, str(column.header)), "c-name" in css.split())
        for column, css in ((column, cell_class(column)) for column in table.columns)
    ]
    named = next((render for render, _start, names in columns if names), None)
    rows = []
    for record in table.data:
        pick = SafeString("")
        if picking:
            name = cells.first_line(named(record, table)) if named else record.pk
            pick = PICK(record.pk, _("Select %(name)s") % {"name": name})
        drawn = joined(
            piece for render, start, _names in columns for piece in (start, render(record, table), END)
        )
        rows.append(ROW(record.pk, pick, drawn))
    return joined(rows)


def cell_class(column: BoundColumn) -> str:
    """The ``c-…`` classes of a column. django-tables2 adds the column's name, which must not meet a class of ours."""
    names = f"{column.attrs['td'].get('class') or ''}".split()
    return " ".join(sorted({name for name in names if name.startswith("c-")}))


def _opening(css: str, label: str) -> SafeString:
    """The start of a cell; ``label`` stands before it where the row is a card."""
    return CELL(css, label) if css else PLAIN_CELL(label)
