"""Stickers: what a driver scans, and what tells him that he is at the right place."""

from __future__ import annotations

from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from backoffice.kit.frame import Link
from backoffice.kit.pages import requires, row_or_404
from stations import selectors
from stations.permissions import StationPerm
from stations.services.tokens import link_of
from stations.tokens import print_token
from tenants.selectors import lineage


@requires(StationPerm.MANAGE)
def of_pile(request, pk):
    """The stickers of one terminal."""
    row = row_or_404(selectors.piles(), pk=pk)
    back = Link(row.name, reverse("stations:pile", args=[pk]))
    return _sheet(request, [row], title=_("Labels of %(name)s") % {"name": row.name}, back=back)


@requires(StationPerm.MANAGE)
def of_station(request, pk):
    """The stickers of every terminal of a station."""
    row = row_or_404(selectors.stations(), pk=pk)
    back = Link(row.name, reverse("stations:station", args=[pk]))
    piles = selectors.piles().filter(pk__in=selectors.piles_of(row).values("pk")).order_by("name", "pk")
    return _sheet(request, piles, title=_("Labels of %(name)s") % {"name": row.name}, back=back)


def _sheet(request, piles, **context):
    labels = [label for pile in piles for label in _labels(pile)]
    return render(request, "stations/labels.html", {"labels": labels, **context})


def _labels(pile):
    owner = lineage(pile.tenant_id)
    codes = selectors.live_tokens(pile)
    for connector in selectors.connectors_of(pile):
        code = codes.get(connector.pk)
        if code is None:
            continue
        power = connector.rated_kw or (pile.model.rated_kw if pile.model else None)
        yield {
            "brand": owner[-1].brand,
            "station": pile.station.name,
            "pile": pile.name,
            "letter": connector.letter,
            "type": connector.type,
            "power": power,
            "hotline": pile.station.hotline
            or next((one.hotline for one in reversed(owner) if one.hotline), ""),
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
