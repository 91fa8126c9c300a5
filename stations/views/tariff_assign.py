"""Which tariff counts where, for many stations or piles at once: what would change, then it is done or planned."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from backoffice.kit import clock, figures
from backoffice.kit.frame import Link
from backoffice.kit.lists.views import picked_rows
from backoffice.kit.pages import ONCE, form_page, requires, row_or_404
from stations import selectors
from stations.forms.tariffs import BulkForm, WhereForm
from stations.permissions import StationPerm
from stations.resources import PILES, STATIONS, TARIFF_CHANGES
from stations.services import tariffs
from tenants.selectors import standings, subtree_ids

GROUPS_SHOWN = 30
PREVIEW = "preview"

WHY = {
    "pile": gettext_lazy("own"),
    "station": gettext_lazy("of the station"),
    "agency": gettext_lazy("default of the agency"),
    "operator": gettext_lazy("default of the operator"),
}


@requires(StationPerm.TARIFF_MANAGE)
@require_http_methods(["GET", "POST"])
def stations(request):
    """Stations that were picked in their list."""
    rows = selectors.stations_picked(picked_rows(request, STATIONS))
    return _bulk(request, rows, STATIONS.back())


@requires(StationPerm.TARIFF_MANAGE)
@require_http_methods(["GET", "POST"])
def piles(request):
    """Terminals that were picked in their list."""
    rows = selectors.piles_picked(picked_rows(request, PILES))
    return _bulk(request, rows, PILES.back())


@requires(StationPerm.TARIFF_MANAGE)
def assign(request, pk):
    """One tariff at all stations of an owner, at those that have another one, or at those named by code."""
    row = row_or_404(selectors.tariffs(), pk=pk)
    sent = request.POST if ONCE in request.POST else None
    form = WhereForm(sent)
    page = reverse("stations:tariff", args=[row.pk])
    rows = _chosen(form.cleaned_data) if sent is not None and form.is_valid() else None
    return _page(
        request,
        form,
        rows,
        title=_("Assign %(name)s") % {"name": row.name},
        tariff=row,
        back=Link(row.name, page),
        cancel_url=page,
    )


def _bulk(request, rows, back):
    count = rows.count()
    if not count:
        raise Http404
    sent = request.POST if ONCE in request.POST else None
    form = BulkForm(sent)
    words = (
        ngettext("Tariff of %(count)s station", "Tariff of %(count)s stations", count)
        if rows.model._meta.model_name == "station"
        else ngettext("Tariff of %(count)s terminal", "Tariff of %(count)s terminals", count)
    )
    tariff = form.cleaned_data["tariff"] if sent is not None and form.is_valid() else None
    return _page(
        request,
        form,
        rows if sent is not None and form.is_valid() else None,
        title=words % {"count": figures.number_text(count)},
        tariff=tariff,
        back=back,
        cancel_url=back.url,
        picked=[key for key in request.POST.getlist("pk") if key.isascii() and key.isdigit()],
    )


def _page(request, form, rows, *, tariff, **context):
    """The form; with a preview of what would change once it is right, and the button that does it."""
    preview = None
    if rows is not None:
        at = form.cleaned_data.get("due_at") or clock.now()
        changing = tariffs.assignable(rows, tariff)
        preview = _preview(selectors.impact_of(changing, tariff, at), rows.count(), at)
    if request.method == "POST" and PREVIEW not in request.POST and ONCE in request.POST:
        return form_page(
            request,
            form,
            template="stations/assign.html",
            save=lambda data: _assign(request, rows, tariff, data["due_at"]),
            then=lambda batch: f"{TARIFF_CHANGES.url}?{urlencode({'batch': batch})}",
            preview=preview,
            tariff=tariff,
            **context,
        )
    once = request.POST.get(ONCE) or secrets.token_hex(8)
    page = {"form": form, ONCE: once, "preview": preview, "tariff": tariff, **context}
    return render(request, "stations/assign.html", page)


def _assign(request, rows, tariff, due_at):
    batch = tariffs.assign_in_bulk(rows, tariff=tariff, actor=request.actor, due_at=due_at)
    messages.success(request, _("Planned.") if due_at else _("Assigned. Here is what became of it."))
    return batch


def _chosen(data):
    """The stations that the form means."""
    if data["codes"]:
        return selectors.stations_by_codes(data["codes"])
    owners = subtree_ids(data["agency"].pk) if data["agency"] is not None else None
    return selectors.stations_of_owner(owners, data["instead_of"])


def _preview(impact, asked, at):
    """The impact in words: prices at that time, before and after, group by group."""
    shown = impact.groups[:GROUPS_SHOWN]
    owners = {one[0].tenant_id for group in shown for one in (group.before, group.after) if one}
    zones = {owner: standing.locality.timezone for owner, standing in standings(owners).items()}
    return {
        "impact": impact,
        "asked": asked,
        "unchanged": asked - impact.targets,
        "groups": [
            (_priced(one.before, zones, at), _priced(one.after, zones, at), one.targets, one.terminals)
            for one in shown
        ],
        "more": max(0, len(impact.groups) - GROUPS_SHOWN),
    }


def _priced(priced, zones, at):
    """A version with its price at an instant; None where there is no price."""
    if priced is None:
        return None
    version, why = priced
    snapshot = selectors.snapshot_of(version, zones[version.tenant_id], at=at)
    return {
        "name": str(version),
        "why": WHY[why],
        "price": snapshot.price_at(at).total,
        "currency": version.tariff.currency,
        "span": (version.lowest, version.highest),
    }
