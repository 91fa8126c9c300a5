"""What one person keeps of a list: his saved filters, which are tabs of it, and the columns he wants to see.

Nobody else sees or changes them. They hold what was asked, never what was found, so they open nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from backoffice.kit import clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.lists.resource import Resource
from backoffice.kit.models import SavedView

MOST = 12
"""Saved filters of one person for one list."""

LONGEST_QUERY = 2_000

VIEW = "view"
NO_VIEW = "none"
"""The value of ``VIEW`` for the list as it is, where one of its saved filters is shown first."""

NOT_KEPT = frozenset({VIEW, "after", "before", "columns", "every"})
"""Query names that say nothing of which rows are wanted in which order."""


@dataclass(frozen=True)
class Kept:
    """What somebody keeps of one list; ``columns`` is empty for the usual ones."""

    views: Sequence[SavedView] = ()
    columns: Sequence[str] = ()

    @property
    def default(self) -> SavedView | None:
        """The saved filter that the list opens with."""
        return next((view for view in self.views if view.is_default), None)

    def view(self, key: str) -> SavedView | None:
        return next((view for view in self.views if str(view.pk) == key), None)


def views_of(owner: Actor, resource: Resource) -> QuerySet[SavedView]:
    """The saved filters of one person for one list, in the order of their tabs."""
    rows = SavedView.objects.filter(owner_ref=owner.ref, resource=resource.name)
    return rows.exclude(name="").order_by("pk")


def all_views_of(owner: Actor) -> QuerySet[SavedView]:
    """The saved filters of one person for every list, list by list."""
    return SavedView.objects.filter(owner_ref=owner.ref).exclude(name="").order_by("resource", "pk")


def address_of(resource: Resource, view: SavedView) -> str:
    """The list under one of its saved filters."""
    return f"{resource.url}?{'&'.join(filter(None, [view.query, f'{VIEW}={view.pk}']))}"


def kept_of(owner: Actor, resource: Resource) -> Kept:
    """Both, in one query."""
    rows = list(SavedView.objects.filter(owner_ref=owner.ref, resource=resource.name).order_by("pk"))
    columns: list[str] = next((row.columns for row in rows if not row.name), [])
    return Kept([row for row in rows if row.name], columns)


def wanted_of(query: QueryDict) -> str:
    """What is kept of a query: filters, tab and order, in one spelling."""
    kept = QueryDict(mutable=True)
    for name, values in sorted(query.lists()):
        if name not in NOT_KEPT and any(values):
            kept.setlist(name, values)
    return kept.urlencode()


@transaction.atomic
def save_view(
    resource: Resource, *, name: str, query: str, columns: Sequence[str], is_default: bool, actor: Actor
) -> SavedView:
    """Keep a filter under a name. Raises Refused for a name that is taken, and where there are too many."""
    locks.hold(_lock(resource, actor))
    views = views_of(actor, resource)
    if len(query) > LONGEST_QUERY:
        raise Refused(_("This filter is too long to be kept."), code="long", field="name")
    if views.count() >= MOST:
        raise Refused(
            _("A list keeps %(most)s filters; delete one first.") % {"most": MOST}, code="many", field="name"
        )
    view = SavedView(
        owner_ref=actor.ref,
        resource=resource.name,
        name=_free_name(views, name),
        query=query,
        columns=list(columns),
        created_at=clock.now(),
    )
    view.save()
    if is_default:
        _make_default(views, view)
    return view


@transaction.atomic
def rename_view(resource: Resource, view: SavedView, *, name: str, actor: Actor) -> None:
    """Give it another name. Raises Refused for one that is taken."""
    locks.hold(_lock(resource, actor))
    views = views_of(actor, resource)
    views.filter(pk=view.pk).update(name=_free_name(views.exclude(pk=view.pk), name))


@transaction.atomic
def set_default(resource: Resource, view: SavedView, *, on: bool, actor: Actor) -> None:
    """Let the list open with it, or not any more. There is one at most."""
    locks.hold(_lock(resource, actor))
    views = views_of(actor, resource)
    if on:
        _make_default(views, view)
    else:
        views.filter(pk=view.pk).update(is_default=False)


def overwrite_view(resource: Resource, view: SavedView, *, query: str, actor: Actor) -> None:
    """Keep other filters under the same name. Raises Refused for ones that are too long."""
    if len(query) > LONGEST_QUERY:
        raise Refused(_("This filter is too long to be kept."), code="long")
    views_of(actor, resource).filter(pk=view.pk).update(query=query)


def delete_view(resource: Resource, view: SavedView, *, actor: Actor) -> None:
    """For good."""
    views_of(actor, resource).filter(pk=view.pk).delete()


@transaction.atomic
def keep_columns(
    resource: Resource, columns: Sequence[str], *, actor: Actor, view: SavedView | None = None
) -> None:
    """Keep columns in their order, for the list or for one of its saved filters; none are the usual ones."""
    if view is not None:
        views_of(actor, resource).filter(pk=view.pk).update(columns=list(columns))
        return
    locks.hold(_lock(resource, actor))
    own = SavedView.objects.filter(owner_ref=actor.ref, resource=resource.name, name="")
    if not columns:
        own.delete()
    elif not own.update(columns=list(columns)):
        row = SavedView(owner_ref=actor.ref, resource=resource.name, columns=list(columns))
        row.created_at = clock.now()
        row.save()


def moved(columns: Sequence[str], *, up: str = "", down: str = "") -> list[str]:
    """The columns with one of them a place nearer to the front or to the end."""
    found = list(columns)
    for name, step in ((up, -1), (down, 1)):
        if name in found:
            at = found.index(name)
            to = min(max(at + step, 0), len(found) - 1)
            found.insert(to, found.pop(at))
    return found


def _free_name(others: QuerySet[SavedView], name: str) -> str:
    if others.filter(name=name).exists():
        raise Refused(_("You have a filter of this name already."), code="taken", field="name")
    return name


def _make_default(views: QuerySet[SavedView], view: SavedView) -> None:
    views.filter(is_default=True).update(is_default=False)
    views.filter(pk=view.pk).update(is_default=True)


def _lock(resource: Resource, actor: Actor) -> str:
    return f"views:{actor.ref}:{resource.name}"
