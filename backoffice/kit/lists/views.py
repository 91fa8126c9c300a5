"""The pages that every resource has. Each checks the permission, reads through Listing and renders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.kit import figures
from backoffice.kit.enumeration import enumerated
from backoffice.kit.errors import Refused
from backoffice.kit.frame import Action, Column as ColumnChoice, Tab as TabLink, Words
from backoffice.kit.lists import paging
from backoffice.kit.lists.actions import ReasonForm, RowAction
from backoffice.kit.lists.exporting import EXPORT_NOW, start_export, workbook_response
from backoffice.kit.lists.filters import Related
from backoffice.kit.lists.keeping import (
    change_view,
    choose_columns,
    save_url_of,
    save_view,
    tabs_of as saved_tabs_of,
    tools_of,
)
from backoffice.kit.lists.listing import ALL, COLUMNS, SORT, TAB, Listing, listing_of
from backoffice.kit.lists.resource import Resource
from backoffice.kit.lists.saved import VIEW
from backoffice.kit.pages import refusal, requires, row_or_404, way_back
from backoffice.kit.staff import Reader, StaffRequest

EVERY_ROW = "every"
"""The query name by which a bulk page is about all rows that match."""

LOOK_AGAIN_S = 5
"""When a program that waits for a file asks again."""

MOST_AT_ONCE = 200
"""Rows that one request may do something to."""

NAMED = 10
"""Of many rows, how many a question or an answer names."""


def urls_of(resource: Resource) -> list[URLPattern]:
    """Every address of a resource."""
    guard = requires(resource.view) if resource.view else requires()
    return [
        path(resource.path + tail, guard(partial(view, resource=resource)), name=resource.name + suffix)
        for tail, suffix, view in _parts(resource)
    ]


def names_of(resource: Resource) -> list[str]:
    """The names of its addresses."""
    return [resource.name + suffix for _tail, suffix, _view in _parts(resource)]


def _parts(resource: Resource) -> list[tuple[str, str, Callable[..., HttpResponseBase]]]:
    """(address behind the resource's path, suffix of its name, view)"""
    parts: list[tuple[str, str, Callable[..., HttpResponseBase]]] = [
        ("", "", list_page),
        ("columns/", ".columns", choose_columns),
        ("views/", ".views", save_view),
        ("views/<int:pk>/<slug:deed>/", ".view", change_view),
        ("options/<str:name>/", ".options", suggest),
    ]
    if resource.export is not None:
        parts.append(("export/", ".export", export))
    if resource.actions:
        parts.append(("do/<slug:name>/", ".do", act))
    return parts


@require_GET
def list_page(request: StaffRequest, *, resource: Resource) -> HttpResponse:
    """The page, or for htmx its rows alone. Without any query it opens with the saved filter that is to be first."""
    listing = listing_of(request, resource)
    if not request.GET and listing.kept.default is not None:
        return HttpResponseRedirect(listing.url_of(listing.kept.default))
    fragment = bool(request.htmx) and not request.htmx.history_restore_request
    template = "kit/_table.html" if fragment else "kit/list.html"
    response = render(request, template, context_of(listing) | {"fragment": fragment})
    patch_vary_headers(response, ["HX-Request"])
    return response


def context_of(listing: Listing) -> dict[str, object]:
    """What the templates of a list read (``docs/look.md``, "A list")."""
    resource, reader = listing.resource, listing.reader
    first = next(iter(listing.allowed), None)
    return {
        "resource": resource,
        "title": resource.title,
        "note": resource.note,
        "filter": listing.filters if listing.filters.filters else None,
        "inline": str(resource.inline_filters),
        "keep": [
            (name, listing.query[name]) for name in (SORT, TAB, COLUMNS, VIEW) if listing.query.get(name)
        ],
        "reset_url": listing.bare_url,
        "chips": listing.chips(),
        "table": listing.table(),
        "page": listing.page,
        "lost": listing.lost,
        "totals": resource.totals(listing.rows) if resource.totals else (),
        "columns": [
            ColumnChoice(name, listing.allowed[name].header, name in listing.columns, fixed=name == first)
            for name in dict.fromkeys([*listing.columns, *listing.allowed])
        ],
        "columns_url": resource.url_of("columns"),
        "export_url": export_url(listing) if listing.may_export() else "",
        "export_posts": listing.page.total > EXPORT_NOW or listing.page.capped,
        "actions": [
            Action(
                button.label, to, icon=button.icon, tone=button.tone, asks=button.asks, get=not button.asks
            )
            for button in resource.page_actions
            if reader.may(button.perm) and (to := button.url())
        ],
        "bulk_actions": [
            *(action.bulk_button(resource.url + "do/") for action in listing.actions if action.bulk),
            *bulk_pages_of(listing),
        ],
        "tabs": tabs_of(listing),
        "view": listing.view,
        "view_tools": tools_of(listing),
        "save_url": save_url_of(listing),
        "live": resource.live,
        "empty": resource.empty,
        "tabbed": listing.tab is not None and listing.tab.name != resource.opens_at,
    }


def tabs_of(listing: Listing) -> list[TabLink]:
    """The views of the list with their counts, before any filter; then the saved filters of the reader."""
    if not listing.resource.tabs and not listing.kept.views:
        return []
    saved = listing.view is not None
    everything = TabLink(
        _("All"),
        listing.bare_url
        if saved and not listing.resource.opens_at
        else listing.url(**{TAB: ALL if listing.resource.opens_at else None, VIEW: None}),
        current=listing.tab is None and not saved,
    )
    links = [everything]
    for tab, count in listing.tab_counts:
        url = listing.url(**{TAB: tab.name, VIEW: None})
        kind = tab.kind if count else ""
        links.append(TabLink(tab.label, url, count, kind, current=tab is listing.tab and not saved))
    return [*links, *saved_tabs_of(listing)]


def bulk_pages_of(listing: Listing) -> list[Action]:
    """The buttons that lead to a page about the ticked rows, and about all rows that the filters keep."""
    query = listing.url(**{EVERY_ROW: "1"}).partition("?")[2]
    total = figures.number_text(listing.page.total) + ("+" if listing.page.capped else "")
    found = []
    for one in listing.resource.bulk_pages:
        if one.perms & listing.reader.grants:
            every = _("%(label)s (all %(total)s)") % {"label": one.label, "total": total}
            found.append(Action(one.label, one.url(), icon=one.icon))
            found.append(Action(every, f"{one.url()}?{query}", icon=one.icon))
    return found


def picked_rows(request: StaffRequest, resource: Resource) -> QuerySet[Any]:
    """What a bulk page is about: the rows that were ticked, or all that the filters of its query keep.

    Rows that the reader does not see in the list are left out.
    """
    if EVERY_ROW in request.GET:
        return listing_of(request, resource).rows
    keys = [key for key in request.POST.getlist("pk") if key.isascii() and key.isdigit() and len(key) < 19]
    return resource.rows_for(Reader.of(request)).filter(pk__in=keys)


def export_url(listing: Listing) -> str:
    """The Excel of what is on the screen, chosen columns included."""
    query = listing.url(**{COLUMNS: ",".join(listing.columns)}).partition("?")[2]
    return f"{listing.resource.url_of('export')}?{query}"


@require_http_methods(["GET", "POST"])
def export(request: StaffRequest, *, resource: Resource) -> HttpResponseBase:
    """The workbook at once where the rows are few; else a job, which a POST starts."""
    listing = listing_of(request, resource)
    if not listing.may_export():
        raise PermissionDenied
    count, _capped = paging.capped_count(listing.rows, listing.order)
    if count <= EXPORT_NOW:
        return workbook_response(listing, request)
    if request.token:
        return _export_for_program(listing, request)
    if request.method == "POST":
        try:
            job = start_export(listing, request.GET.urlencode(), request)
        except Refused as refused:
            messages.error(request, str(refused.message))
            return HttpResponseRedirect(listing.url())
        return HttpResponseRedirect(reverse("jobs.job", args=[job.public_id]))
    context = {
        "title": _("Excel of %(list)s") % {"list": resource.title},
        "text": _("These are many rows. The file is prepared in the background; you may go on working."),
        "submit_label": _("Prepare the file"),
        "cancel_url": listing.url(),
    }
    return render(request, "kit/confirm.html", context)


def _export_for_program(listing: Listing, request: StaffRequest) -> HttpResponse:
    """A job at once; the program looks again at ``Location`` until the file is there."""
    try:
        job = start_export(listing, request.GET.urlencode(), request)
    except Refused as refused:
        return HttpResponse(f"{refused.message}\n", status=409, content_type="text/plain; charset=utf-8")
    place = reverse("jobs.file", args=[job.public_id])
    return HttpResponse(status=202, headers={"Location": place, "Retry-After": str(LOOK_AGAIN_S)})


@require_GET
def suggest(request: StaffRequest, *, resource: Resource, name: str) -> HttpResponse:
    """Options of a filter by relation that match what was typed so far."""
    found = listing_of(request, resource).filters.filters.get(name)
    if not isinstance(found, Related):
        raise Http404
    typed = request.GET.get(name, "").replace("\0", "").strip()[:120]
    return render(request, "kit/_options.html", {"options": found.suggestions(typed)})


@require_http_methods(["GET", "POST"])
def act(request: StaffRequest, *, resource: Resource, name: str) -> HttpResponse:
    """Do something to one row or several: ask first where the action wants it."""
    action = resource.action(name)
    if action is None:
        raise Http404
    if refused := refusal(request, (action.perm,)):
        return refused
    if too_many := _too_many(request):
        messages.error(request, too_many)
        return HttpResponseRedirect(way_back(request, resource.url))
    rows, gone = _picked(request, resource, action)
    confirmed = request.method == "POST" and (not action.questions or "confirmed" in request.POST)
    form = ReasonForm(request.POST if confirmed else None) if action.reason else None
    if rows and (not confirmed or (form is not None and not form.is_valid())):
        return _question(request, resource, action, rows, form, gone)
    if gone:
        messages.error(request, _gone_words(gone))
    reason = form.cleaned_data["reason"] if form is not None and rows else ""
    _do(request, resource, action, rows, reason)
    return HttpResponseRedirect(way_back(request, resource.url))


def _keys(request: StaffRequest) -> list[str]:
    return list(dict.fromkeys(request.POST.getlist("pk") or request.GET.getlist("pk")))


def _too_many(request: StaffRequest) -> str:
    """Why nothing is done to so many rows; empty where they are few enough."""
    if (count := len(_keys(request))) <= MOST_AT_ONCE:
        return ""
    words = _("%(count)s rows are too many at once; tick at most %(most)s. Nothing was done.")
    return words % {"count": figures.number_text(count), "most": MOST_AT_ONCE}


def _picked(request: StaffRequest, resource: Resource, action: RowAction) -> tuple[list[Model], list[Model]]:
    """The rows that were named, and those of them that have left the list meanwhile. Any other key is 404."""
    keys, reader = _keys(request), Reader.of(request)
    if not keys or (len(keys) > 1 and not action.bulk):
        raise Http404
    rows, gone = [], []
    for key in keys:
        try:
            rows.append(row_or_404(resource.rows_for(reader), pk=key))
        except Http404:
            gone.append(row_or_404(resource.rows_anyhow(reader), pk=key))
    return rows, gone


def _gone_words(rows: list[Model]) -> str:
    """What is said of rows that have left the list while somebody thought about them."""
    words = ngettext(
        "%(rows)s is no longer in this list. Nothing was done to it.",
        "%(rows)s are no longer in this list. Nothing was done to them.",
        len(rows),
    )
    return words % {"rows": enumerated(_named(rows))}


def _named(rows: list[Model], called: Callable[[Model], Words] = str) -> list[str]:
    return [str(called(row)) for row in rows[:NAMED]] + (["…"] if len(rows) > NAMED else [])


def _question(
    request: StaffRequest,
    resource: Resource,
    action: RowAction,
    rows: list[Model],
    form: ReasonForm | None,
    gone: list[Model],
) -> HttpResponse:
    asked = str(action.label).rstrip("…")
    context = {
        "title": asked,
        "text": action.text,
        "consequences": _named(rows, action.called) + ([_gone_words(gone)] if gone else []),
        "form": form,
        "submit_label": asked,
        "danger": action.tone == "stop",
        "cancel_url": way_back(request, resource.url),
        "picked": [row.pk for row in rows],
        "next": way_back(request, resource.url),
    }
    return render(request, "kit/confirm.html", context)


def _do(request: StaffRequest, resource: Resource, action: RowAction, rows: list[Model], reason: str) -> None:
    done = 0
    for row in rows:
        try:
            action.run(row, actor=request.actor, reason=reason)
        except Refused as refused:
            messages.error(request, f"{row}: {refused.message}")
        else:
            done += 1
    if done == 1 == len(rows):
        messages.success(request, f"{rows[0]}: {action.done}")
    elif done:
        words = ngettext("%(action)s: %(n)s row.", "%(action)s: %(n)s rows.", done)
        messages.success(request, words % {"action": action.label, "n": done})
