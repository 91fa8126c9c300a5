"""Stickers: what a driver scans, and what tells him that he is at the right place. In sheets, as they are printed."""

from __future__ import annotations

from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.kit.enumeration import closed_up
from backoffice.kit.frame import Link
from backoffice.kit.imports.reading import pieces
from backoffice.kit.lists.views import EVERY_ROW, picked_rows
from backoffice.kit.pages import requires, row_or_404
from stations import selectors
from stations.forms.labels import LAYOUTS, SheetForm
from stations.permissions import StationPerm
from stations.resources import PILES
from stations.services.tokens import link_of
from stations.tokens import print_token
from tenants.selectors import lineage

MOST_LABELS = 500
"""On one page of the browser."""

MOST_PILES = 2_000
MAY_PRINT = (StationPerm.MANAGE, StationPerm.IMPORT)


@requires(*MAY_PRINT)
def of_pile(request, pk):
    """The stickers of one terminal."""
    row = row_or_404(selectors.piles(), pk=pk)
    back = Link(row.name, reverse("stations:pile", args=[pk]))
    return _sheets(
        request, [row.pk], title=closed_up(_("Labels of %(name)s") % {"name": row.name}), back=back
    )


@requires(*MAY_PRINT)
def of_station(request, pk):
    """The stickers of every terminal of a station."""
    row = row_or_404(selectors.stations(), pk=pk)
    back = Link(row.name, reverse("stations:station", args=[pk]))
    keys = list(selectors.piles_of(row).prefetch_related(None).values_list("pk", flat=True)[:MOST_PILES])
    return _sheets(request, keys, title=closed_up(_("Labels of %(name)s") % {"name": row.name}), back=back)


@requires(*MAY_PRINT)
@require_http_methods(["GET", "POST"])
def of_many(request):
    """The stickers of the terminals that were picked in their list."""
    if "keys" in request.POST:
        picked = [key for key in request.POST["keys"].split(",") if key.isascii() and key.isdigit()]
        keys = [int(key) for key in picked[:MOST_PILES] if len(key) < 19]
    elif EVERY_ROW in request.GET or "pk" in request.POST:
        rows = picked_rows(request, PILES).order_by().values_list("pk", flat=True)
        keys = list(rows[:MOST_PILES])
    else:
        raise Http404
    return _sheets(request, keys, title=_("Labels"), back=PILES.back(), picked=",".join(map(str, keys)))


def _sheets(request, keys, **context):
    """The labels on sheets of the chosen size; what was chosen wrongly is as usual."""
    form = SheetForm.of(request.POST if "keys" in request.POST else request.GET)
    codes = selectors.codes_to_print(keys)
    total, first = codes.count(), form.first
    shown = list(codes[first : first + MOST_LABELS])
    if not shown and first:
        raise Http404
    owners = {tenant_id: lineage(tenant_id) for tenant_id in {code.tenant_id for code in shown}}
    labels = [_label(code, owners[code.tenant_id]) for code in shown]
    layout = LAYOUTS[form.cleaned_data["layout"]]
    page = {
        "form": form,
        "sheets": list(pieces(labels, layout.count)),
        "layout": layout,
        "paper": form.cleaned_data["paper"],
        "total": total,
        "cut_at": MOST_PILES if len(keys) == MOST_PILES else None,
        "first": first + 1,
        "last": first + len(shown),
        "following": first + MOST_LABELS if first + MOST_LABELS < total else None,
        "previous": max(0, first - MOST_LABELS) if first else None,
    }
    return render(request, "stations/labels.html", {**page, **context})


def _label(code, owner):
    connector = code.connector
    pile = connector.pile
    power = connector.rated_kw or (pile.model.rated_kw if pile.model else None)
    return {
        "brand": owner[-1].brand,
        "station": pile.station.name,
        "pile": pile.name,
        "letter": connector.letter,
        "type": connector.type,
        "power": power,
        "hotline": pile.station.hotline or next((one.hotline for one in reversed(owner) if one.hotline), ""),
        "code": print_token(code.token),
        "domain": urlsplit(settings.PUBLIC_URL).netloc,
        "qr": drawing_of(link_of(code)),
    }


def drawing_of(link):
    """A QR code as SVG that takes the size of its place; a quarter of it may be scratched."""
    drawing = segno.make_qr(link, error="q").svg_inline(
        border=2, omitsize=True, svgclass="qr", lineclass=None
    )
    return mark_safe(drawing)  # noqa: S308 - made of modules, not of words
