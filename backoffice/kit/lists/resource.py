"""A list page is declared: one ``Resource`` yields its page, fragment, Excel, actions, suggestions, menu entry and tests.

Resources register when the apps are wired, so the registry is complete before the first request. What
a resource declares is checked when it registers (``kit.lists.checks``), not when somebody opens the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse

from backoffice.kit.frame import Action, Empty, Kind, Link, Words
from backoffice.kit.lists.actions import RowAction
from backoffice.kit.lists.columns import Column
from backoffice.kit.lists.filters import ListFilters, NoFilters
from backoffice.kit.lists.table import ListTable
from backoffice.kit.menu import Place
from backoffice.kit.perms import Perm
from backoffice.kit.scope import ScopedModel, looked_at
from backoffice.kit.staff import Reader


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A named part of a list, with its count: ``Tab(name="low", label=_("Hold under 15 %"), rows=lambda: Q(…))``.

    ``offered`` leaves it out where it would be empty for good, as by the level of who reads.
    """

    name: str
    label: Words
    rows: Callable[[], Q]
    kind: Kind = ""
    offered: Callable[[], bool] = lambda: True


@dataclass(frozen=True, kw_only=True)
class PageAction:
    """A button at the head of the page: ``PageAction(label=_("New station"), to="stations:create", perm=…)``.

    ``of`` is the argument of its address, where it has one.
    """

    label: Words
    to: str
    perm: Perm
    icon: str = "plus"
    asks: bool = False
    of: str = ""
    tone: Literal["", "primary"] = "primary"

    def url(self) -> str:
        return reverse(self.to, args=[self.of] if self.of else None)


@dataclass(frozen=True, kw_only=True)
class BulkPage:
    """A button above the ticked rows that leads to a page of its own, with a second one for all rows that match.

    The page at ``to`` is posted the keys of the ticked rows as ``pk``, or has ``every`` beside the filters
    in its query; ``kit.lists.picked_rows`` reads either. The reader needs one of ``perms``.
    """

    label: Words
    to: str
    perms: frozenset[Perm]
    icon: str = ""

    def url(self) -> str:
        return reverse(self.to)


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One list page.

    ``name`` names its URLs (``orders.history``, ``orders.history.export`` …), ``path`` is its address.
    ``rows`` is a selector; ``narrow`` restricts it by who reads. ``label`` is the path that names a row.
    ``order`` is the order at first, as in ``order_by``. ``view`` and ``export`` are permissions (``view``
    may be None: all staff).
    ``detail`` is the URL name of a row's page, called with the value at ``detail_key``.
    ``opens_at`` names the tab that is shown before anybody chose one (else all rows are).
    ``few``: its rows are few whatever their table holds, and its tabs are counted in one pass over them.
    ``live`` is the topic whose events refresh the rows. ``totals`` words sums over all rows; only for
    lists that stay small.
    """

    name: str
    path: str
    title: Words
    model: type[models.Model]
    rows: Callable[[], QuerySet[Any]]
    table: type[ListTable]
    view: Perm | None
    label: str
    order: tuple[str, ...]
    filters: type[ListFilters] = NoFilters
    export: Perm | None = None
    menu: Place | None = None
    detail: str = ""
    detail_key: str = "pk"
    narrow: Callable[[QuerySet[Any], Reader], QuerySet[Any]] | None = None
    tabs: tuple[Tab, ...] = ()
    opens_at: str = ""
    few: bool = False
    actions: tuple[RowAction, ...] = ()
    page_actions: tuple[PageAction, ...] = ()
    bulk_pages: tuple[BulkPage, ...] = ()
    live: str = ""
    empty: Empty | None = None
    inline_filters: int = 4
    totals: Callable[[QuerySet[Any]], Sequence[str]] | None = None
    note: Words = ""

    def __post_init__(self) -> None:
        self.table.bind(self.model)

    def rows_for(self, reader: Reader) -> QuerySet[Any]:
        """Every row that the list may show to this reader, in no order."""
        rows = self.rows()
        return looked_at(self.narrow(rows, reader) if self.narrow else rows)

    def rows_anyhow(self, reader: Reader) -> QuerySet[Any]:
        """Every row of the model that this reader sees, also those that left the list.

        None where more than the scope says who sees a row.
        """
        if self.narrow is not None or not issubclass(self.model, ScopedModel):
            return self.rows_for(reader).none()
        return looked_at(self.model.objects.all())

    @property
    def url(self) -> str:
        return reverse(self.name)

    def url_of(self, part: str, *args: object) -> str:
        """The address of ``export``, ``columns``, ``options``, ``do``."""
        return reverse(f"{self.name}.{part}", args=args)

    def detail_url(self, row: models.Model) -> str:
        """The address of a row's page; empty where there is none."""
        return reverse(self.detail, args=[getattr(row, self.detail_key)]) if self.detail else ""

    @property
    def naming(self) -> Column:
        """The column that words ``label``: rows are named as their reader may see them."""
        parts = (part for one in self.table.base_columns.values() for part in (one, one.second))
        return next(part for part in parts if part is not None and self.label in part.own)

    def action(self, name: str) -> RowAction | None:
        return next((action for action in self.actions if action.name == name), None)

    def buttons(self, row: models.Model, reader: Reader) -> list[Action]:
        """The actions of one row, for the head of its own page."""
        address = f"{self.url}do/"
        return [one.button(row, address) for one in self.actions if one.offered(row, reader)]

    def back(self) -> Link:
        """The link from a row's page to its list."""
        return Link(self.title, self.url)


_registered: dict[str, Resource] = {}


def register(resource: Resource) -> Resource:
    """Add a list page; called from an app's ``wiring``. Raises ValueError when the name or path is taken."""
    for other in _registered.values():
        if other.name == resource.name or other.path == resource.path:
            raise ValueError(f"{resource.name} at {resource.path}: taken by {other.name} at {other.path}")
    _registered[resource.name] = resource
    return resource


def registered() -> list[Resource]:
    """Every list page, in the order of registration."""
    return list(_registered.values())


def named(name: str) -> Resource:
    """Raises KeyError."""
    return _registered[name]
