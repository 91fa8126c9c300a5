"""A list as a sheet of a workbook: the same columns, heads, filters and order as on the screen."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.export import Cell, Head, Sheet
from backoffice.kit.lists.listing import Listing
from backoffice.kit.scope import current_scope


def sheet_of(listing: Listing) -> Sheet:
    """All rows of a listing; they are read while the workbook is written."""
    heads: list[Head] = []
    kept: list[int] = []
    for index, head in enumerate(head for column in listing.columns.values() for head in column.all_heads()):
        if not head.once or head.once not in {known.once for known in heads}:
            heads.append(head)
            kept.append(index)
    return Sheet(str(listing.resource.title), heads, _rows(listing, kept), about=_about(listing))


def _rows(listing: Listing, kept: list[int]) -> Iterator[list[Cell]]:
    wanted: list[str] = []
    plan = []
    for column in listing.columns.values():
        plan.append((column.all_typed, len(wanted), len(wanted) + len(column.sources)))
        wanted += column.sources
    reader = listing.reader
    for values in listing.records(wanted):
        row = [cell for typed, start, stop in plan for cell in typed(values[start:stop], reader)]
        yield [row[index] for index in kept] if len(kept) < len(row) else row


def _about(listing: Listing) -> list[tuple[str, Cell]]:
    """The filter sheet: everything needed to make the same list again."""
    tab, part = listing.tab, current_scope().part
    return [
        (_("List"), str(listing.resource.title)),
        *([(_("Only"), part.name)] if part else []),
        *([(_("View"), str(tab.label))] if tab else []),
        *((str(label), str(words)) for _name, label, words in listing.filters.in_force()),
        (_("Made by"), listing.reader.actor.label),
        (_("Made at"), formats.date_format(timezone.localtime(clock.now()), "DATETIME_FORMAT")),
        (
            _("Time zone"),
            f"{timezone.get_current_timezone_name()} ({_('times at a station are in its own zone')})",
        ),
    ]
