"""One reading of a list: what was asked of a resource, by whom, and the rows that answer it.

The page, the fragment, the workbook and the job that writes a large one all read through here, so they
agree on filters, columns and order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property

from backoffice.kit import frame
from backoffice.kit.counting import capped_counts, counts_within
from backoffice.kit.lists import paging, paths
from backoffice.kit.lists.columns import Column
from backoffice.kit.lists.filters import ListFilters
from backoffice.kit.lists.resource import Resource, Tab
from backoffice.kit.lists.saved import NO_VIEW, VIEW, Kept, address_of, kept_of, wanted_of
from backoffice.kit.lists.table import Buttons, ListTable, PageData
from backoffice.kit.models import SavedView
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader, StaffRequest

SORT, TAB, COLUMNS, AFTER, BEFORE = "sort", "tab", "columns", "after", "before"
PLACE = (AFTER, BEFORE)
"""Query names that place a reader within the rows."""

ALL = "all"
"""The value of ``TAB`` for every row, in a list that opens at one of its tabs."""

EXPORT_CHUNK = 2_000


class Listing:
    """A resource under a query. ``kept`` is what the reader keeps of the list: columns and saved filters."""

    def __init__(
        self, resource: Resource, query: QueryDict, reader: Reader, kept: Kept | None = None
    ) -> None:
        self.resource, self.query, self.reader = resource, query, reader
        self.kept = kept or Kept()
        self.view = self.kept.view(query.get(VIEW, ""))
        asked = [name for value in query.getlist(COLUMNS) for name in value.split(",")]
        self.chosen = asked or (self.view.columns if self.view else ()) or self.kept.columns

    @cached_property
    def allowed(self) -> dict[str, Column]:
        """Every column that the reader may see, in order."""
        columns: Mapping[str, Column] = self.resource.table.base_columns
        return {name: column for name, column in columns.items() if self.reader.may(column.perm)}

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns that are shown: the first always, then those chosen in their order, else the usual ones."""
        first = [*self.allowed][:1]
        chosen = [name for name in self.chosen if name in self.allowed]
        usual = [name for name, column in self.allowed.items() if column.shown]
        return {name: self.allowed[name] for name in dict.fromkeys([*first, *(chosen or usual)])}

    @cached_property
    def sorting(self) -> str:
        """The column to sort by, with ``-`` for descending; empty for the list's own order."""
        asked = self.query.get(SORT, "")
        column = self.allowed.get(asked.removeprefix("-"))
        return asked if column is not None and column.sort_paths else ""

    @cached_property
    def order(self) -> paging.Order:
        names = self.resource.order
        if self.sorting:
            sign = "-" if self.sorting.startswith("-") else ""
            names = tuple(sign + path for path in self.allowed[self.sorting.removeprefix("-")].sort_paths)
        return paging.Order.by(self.resource.model, names)

    @cached_property
    def shown_order(self) -> str:
        """The column head that carries the arrow."""
        if self.sorting:
            return self.sorting
        first = self.resource.order[0]
        for name, column in self.columns.items():
            if column.sort_paths[:1] == (first.removeprefix("-"),):
                return f"-{name}" if first.startswith("-") else name
        return ""

    @cached_property
    def tab(self) -> Tab | None:
        asked = self.query.get(TAB) or self.resource.opens_at
        return next((tab for tab in self.resource.tabs if tab.name == asked), None)

    @cached_property
    def all_rows(self) -> QuerySet[Any]:
        return self.resource.rows_for(self.reader)

    @cached_property
    def filters(self) -> ListFilters:
        rows = self.all_rows.filter(self.tab.rows()) if self.tab else self.all_rows
        return self.resource.filters(
            self.query, queryset=rows, reader=self.reader, suggest=f"{self.resource.name}.options"
        )

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """The rows that the filters keep, in no order."""
        rows: QuerySet[Any] = self.filters.qs
        return rows

    @property
    def actions(self) -> list[Any]:
        """What this reader may do to rows."""
        return [action for action in self.resource.actions if self.reader.may(action.perm)]

    @cached_property
    def slice(self) -> paging.Slice:
        """The rows of the page that was asked for, with what the shown columns and the actions read, and no more.

        They are picked first and joined then: PostgreSQL would join every row that the filters keep, work out what
        stands beside each, and sort them after.
        """
        wanted = [path for column in self.columns.values() for path in column.sources]
        wanted += [*self.resource.naming.own, *(path for action in self.actions for path in action.needs)]
        wanted += [key.path for key in self.order.keys]
        before, after = self._cursor(BEFORE), self._cursor(AFTER)

        def whole(picked: QuerySet[Any]) -> QuerySet[Any]:
            return paths.read(self.all_rows.filter(pk__in=picked.values("pk")), wanted)

        if before is not None:
            return paging.slice_before(self.rows, self.order, before, whole=whole)
        found = paging.slice_after(self.rows, self.order, after, whole=whole)
        return (
            found
            if found.rows or after is None
            else paging.slice_after(self.rows, self.order, None, whole=whole)
        )

    @cached_property
    def tab_counts(self) -> list[tuple[Tab, int]]:
        """The tabs that are offered, each with its number of rows before any filter."""
        tabs = [tab for tab in self.resource.tabs if tab.offered()]
        if self.resource.few:
            return list(zip(tabs, self._within[:-1], strict=True))
        counts = capped_counts([self.all_rows.filter(tab.rows()) for tab in tabs])
        return list(zip(tabs, counts, strict=True))

    @cached_property
    def _within(self) -> list[int]:
        """Of rows that are few: how many each tab has, and last how many there are."""
        conditions = [tab.rows() for tab in self.resource.tabs if tab.offered()]
        return counts_within(self.all_rows, [*conditions, Q()])

    def _counted(self) -> tuple[int, bool]:
        """How many rows the filters keep, and whether counting stopped before the last."""
        if self.resource.few and self.tab is None and not self.filters.in_force():
            return self._within[-1], False
        return paging.capped_count(self.rows, self.order)

    @property
    def lost(self) -> bool:
        """Was a place asked for that cannot be found any more? Then the first page is shown."""
        return any(self.query.get(name) and self._cursor(name) is None for name in PLACE)

    @cached_property
    def page(self) -> frame.Page:
        """Where the page stands among all rows, and how to get on."""
        part = self.slice
        last = part.before + len(part.rows)
        total, capped = (last, False) if not part.before and not part.later else self._counted()
        return frame.Page(
            first=part.before + 1 if part.rows else 0,
            last=last,
            total=max(total, last),
            capped=capped,
            first_url=self.url() if part.earlier else "",
            previous_url=self.url(**{BEFORE: part.earlier.signed(self._salt)}) if part.earlier else "",
            next_url=self.url(**{AFTER: part.later.signed(self._salt)}) if part.later else "",
        )

    def table(self) -> ListTable:
        """The page of rows as a table."""
        buttons = [action for action in self.actions if action.row]
        address = self.resource.url + "do/"
        extra = (
            [("actions", Buttons(buttons, naming=self.resource.naming, address=address))] if buttons else []
        )
        return self.resource.table(
            PageData(self.slice.rows, self.resource.model),
            reader=self.reader,
            exclude=[name for name in self.resource.table.base_columns if name not in self.columns],
            extra_columns=extra,
            sequence=[*self.columns, "..."],
            order_by=self.shown_order or (),
            order_by_field=SORT,
        )

    def url(self, **changes: str | None) -> str:
        """The list's address with the same query, at its start; a change of None drops the name."""
        query = self.query.copy()
        for name in PLACE:
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        for name in [name for name, values in query.lists() if not any(values)]:
            del query[name]
        if not query and self.kept.default is not None:
            query[VIEW] = NO_VIEW
        return f"{self.resource.url}?{query.urlencode()}" if query else self.resource.url

    @property
    def bare_url(self) -> str:
        """The list without any filter."""
        return f"{self.resource.url}?{VIEW}={NO_VIEW}" if self.kept.default else self.resource.url

    def url_of(self, view: SavedView) -> str:
        """The list under one of its saved filters."""
        return address_of(self.resource, view)

    @property
    def wanted(self) -> str:
        """What would be kept of this query under a name."""
        return wanted_of(self.query)

    def chips(self) -> list[frame.Chip]:
        """The filters in force."""
        return [
            frame.Chip(label, words, self.url(**dict.fromkeys(self.filters.names_of(name))))
            for name, label, words in self.filters.in_force()
        ]

    def records(self, wanted: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The values at these paths of every row, in order, streamed from the database."""
        ordered = self.order.apply(self.rows)
        yield from ordered.values_list(*wanted).iterator(chunk_size=EXPORT_CHUNK)

    def may_export(self) -> bool:
        perm: Perm | None = self.resource.export
        return perm is not None and self.reader.may(perm)

    @property
    def _salt(self) -> str:
        return f"{self.resource.name}:{self.order}"

    def _cursor(self, name: str) -> paging.Cursor | None:
        text = self.query.get(name, "")
        return paging.Cursor.read(text, self._salt, len(self.order.keys)) if text else None


def listing_of(request: StaffRequest, resource: Resource) -> Listing:
    """What the request asks of the list, with what its reader keeps of it."""
    return Listing(resource, request.GET, Reader.of(request), kept_of(request.actor, resource))


def unreadable(resource: Resource, wanted: Iterable[str]) -> list[str]:
    """The paths that are neither fields of the model nor annotations of its rows."""
    annotations = resource.rows().query.annotations
    found = []
    for path in wanted:
        try:
            fields = paths.fields_on(resource.model, path)
        except FieldDoesNotExist:
            if path not in annotations:
                found.append(path)
            continue
        if any(field.one_to_many or field.many_to_many for field in fields) or fields[-1].is_relation:
            found.append(path)
    return found
