"""The pages by which somebody keeps of a list what he wants: columns, and filters under a name as its tabs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.kit.errors import Refused
from backoffice.kit.frame import Action, Tab as TabLink
from backoffice.kit.lists import saved
from backoffice.kit.lists.listing import COLUMNS, Listing, listing_of
from backoffice.kit.lists.resource import Resource
from backoffice.kit.models import SavedView
from backoffice.kit.pages import row_or_404, way_back
from backoffice.kit.staff import StaffRequest


class NameForm(forms.Form):
    """What a saved filter is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40, strip=True)


class SaveForm(NameForm):
    """The same, and whether the list opens with it."""

    is_default = forms.BooleanField(label=gettext_lazy("Open the list with it"), required=False)


def tabs_of(listing: Listing) -> list[TabLink]:
    """The saved filters of the reader, behind the list's own tabs. They are not counted: each may ask for anything."""
    return [
        TabLink(view.name, listing.url_of(view), current=view is listing.view) for view in listing.kept.views
    ]


def save_url_of(listing: Listing) -> str:
    """Where the filters in force are given a name."""
    return f"{listing.resource.url_of('views')}?{listing.wanted}"


def tools_of(listing: Listing) -> list[Action]:
    """What may be done to the saved filter that is shown."""
    view = listing.view
    if view is None:
        return []

    def address(deed: str) -> str:
        return f"{listing.resource.url_of('view', view.pk, deed)}?{listing.wanted}"

    first = (
        Action(_("No longer open the list with it"), address("later"), icon="close")
        if view.is_default
        else Action(_("Open the list with it"), address("first"), icon="check")
    )
    changed = [Action(_("Save the changes"), address("overwrite"), icon="save")]
    return [
        *(changed if listing.wanted != view.query else []),
        Action(_("Rename…"), address("rename"), icon="edit", asks=True),
        first,
        Action(_("Delete…"), address("delete"), icon="trash", tone="stop", asks=True),
    ]


@require_POST
def choose_columns(request: StaffRequest, *, resource: Resource) -> HttpResponse:
    """Keep a choice of columns in its order, or go back to the usual ones; a saved filter has columns of its own."""
    known = resource.table.base_columns
    chosen = [name for name in request.POST.getlist(COLUMNS) if name in known]
    chosen = saved.moved(chosen, up=request.POST.get("up", ""), down=request.POST.get("down", ""))
    view = saved.kept_of(request.actor, resource).view(request.POST.get(saved.VIEW, ""))
    columns = [] if "reset" in request.POST else chosen
    saved.keep_columns(resource, columns, actor=request.actor, view=view)
    return HttpResponseRedirect(way_back(request, resource.url))


@require_http_methods(["GET", "POST"])
def save_view(request: StaffRequest, *, resource: Resource) -> HttpResponse:
    """Keep the filters of the query under a name."""
    listing = listing_of(request, resource)
    form = SaveForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            view = saved.save_view(
                resource,
                query=listing.wanted,
                columns=list(listing.kept.columns),
                actor=request.actor,
                **form.cleaned_data,
            )
        except Refused as refused:
            form.add_error(refused.field, str(refused.message))
        else:
            return HttpResponseRedirect(listing.url_of(view))
    text = _("It becomes a tab of the list, for you alone.")
    chips = [
        _("%(label)s: %(value)s") % {"label": chip.label, "value": chip.value} for chip in listing.chips()
    ]
    return _ask(request, listing, title=_("Save filter"), text=text, form=form, consequences=chips)


@require_http_methods(["GET", "POST"])
def change_view(request: StaffRequest, *, resource: Resource, pk: int, deed: str) -> HttpResponse:
    """Rename, overwrite, delete a saved filter, or let the list open with it. Somebody else's is 404."""
    view = row_or_404(saved.views_of(request.actor, resource), pk=pk)
    listing = listing_of(request, resource)
    if deed in {"rename", "delete"}:
        return _rename(request, listing, view) if deed == "rename" else _delete(request, listing, view)
    if deed not in {"first", "later", "overwrite"}:
        raise Http404
    if request.method == "POST":
        try:
            _do(request, listing, view, deed)
        except Refused as refused:
            messages.error(request, str(refused.message))
    return HttpResponseRedirect(f"{listing.resource.url}?{listing.wanted}&{saved.VIEW}={pk}")


def _do(request: StaffRequest, listing: Listing, view: SavedView, deed: str) -> None:
    if deed == "overwrite":
        saved.overwrite_view(listing.resource, view, query=listing.wanted, actor=request.actor)
    else:
        saved.set_default(listing.resource, view, on=deed == "first", actor=request.actor)


def _rename(request: StaffRequest, listing: Listing, view: SavedView) -> HttpResponse:
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": view.name})
    if form.is_valid():
        try:
            saved.rename_view(listing.resource, view, actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            form.add_error("name", str(refused.message))
        else:
            return HttpResponseRedirect(way_back(request, listing.url_of(view)))
    return _ask(request, listing, title=_("Rename “%(name)s”") % {"name": view.name}, form=form)


def _delete(request: StaffRequest, listing: Listing, view: SavedView) -> HttpResponse:
    if request.method == "POST":
        saved.delete_view(listing.resource, view, actor=request.actor)
        return HttpResponseRedirect(way_back(request, listing.resource.url))
    return _ask(
        request,
        listing,
        title=_("Delete “%(name)s”") % {"name": view.name},
        text=_("The tab goes; the rows stay as they are."),
        submit_label=_("Delete"),
        danger=True,
    )


def _ask(request: HttpRequest, listing: Listing, **context: Any) -> HttpResponse:
    back = way_back(request, "")
    usual = {
        "submit_label": _("Save"),
        "cancel_url": back or listing.resource.url,
        "next": back,
        "leaves": True,
    }
    return render(request, "kit/confirm.html", usual | context)
