"""The live map: its page, what a viewport shows, and the card of one station. Without scripts it is a table."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice.kit import clock
from backoffice.kit.pages import requires, row_or_404
from backoffice.kit.staff import Reader
from stations import hooks, map_answer, selectors, tones
from stations.permissions import StationPerm
from stations.resources import STATIONS
from stations.resources.guns import state_of
from stations.resources.map import MapFilters
from stations.selectors import map as on_map
from stations.standing import Standing
from stations.views.price_now import price_now
from stations.wording import STANDINGS

LIST, PAGES_MOST = "stations/_map_list.html", 10_000
PILES_SHOWN = 12
ELSEWHERE = ("page", "bbox", "z", "lat", "lng", "station")
"""Query names that say where somebody looks, and not what for."""


@require_GET
@requires(StationPerm.VIEW)
def page(request):
    """Everything in the scope that the filters keep, the worst first; the script draws the map beside it."""
    found, as_table = _filters(request), request.GET.get("view") == "table"
    seen = on_map.listed(found.qs, page=_number(request))
    context = {
        "filter": found,
        "as_table": as_table,
        "views": _views(request, as_table),
        "actions": hooks.map_actions(Reader.of(request)),
        "legend": list(zip(map_answer.legend(), seen.counts, strict=True)),
        "config": None if as_table else _config(found),
        **_list(request, found, seen),
    }
    return render(request, "stations/map.html", context)


@require_GET
@requires(StationPerm.VIEW)
def view(request):
    """What a viewport shows: marks, counts, and its page of the list."""
    try:
        viewport = map_answer.viewport_of(request.GET)
    except ValueError:
        return HttpResponseBadRequest(_("That is no part of the map."))
    found = _filters(request)
    seen = on_map.seen_in(found.qs, viewport, page=_number(request))
    return JsonResponse(
        {
            "marks": map_answer.marks_of(seen),
            "counts": seen.counts,
            "list": render_to_string(LIST, _list(request, found, seen)),  # a part: no frame is asked for
        }
    )


@require_GET
@requires(StationPerm.VIEW)
def card(request, pk):
    """One station in short: its terminals, what their connectors do, the power that flows and the price of now."""
    row = row_or_404(on_map.stations_to_map().select_related("tenant"), pk=pk)
    piles = list(selectors.piles_of(row))
    powers = {
        (one.pile_id, one.connector_number): one.power_w or 0
        for one in hooks.running_sessions([pile.pk for pile in piles])
    }
    context = {
        "row": row,
        "piles": [_pile(pile, powers) for pile in piles[:PILES_SHOWN]],
        "more": len(piles[PILES_SHOWN:]),
        "power_kw": sum(powers.values()) / 1000,
        "charging": len(powers),
        "prices": _prices(row),
    }
    return HttpResponse(render_to_string("stations/_map_card.html", context))


def _prices(row):
    """What a kWh costs now, for each price list that counts there."""
    zone = selectors.zone_of(row)
    found = selectors.tariffs_of_station(row, clock.now())
    return [price_now(one.version, zone) for one in found if one.version is not None]


def _filters(request):
    return MapFilters(request.GET, queryset=on_map.stations_to_map(), reader=Reader.of(request))


def _number(request):
    asked = request.GET.get("page", "")
    return (
        min(max(int(asked), 1), PAGES_MOST) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    )


def _list(request, found, seen):
    number = _number(request)
    last = (number - 1) * on_map.PAGE + len(seen.spots)
    agency = request.GET.get("agency")
    elsewhere = QueryDict(mutable=True)
    elsewhere.update({"trouble": "nowhere"} | ({"agency": agency} if agency else {}))
    return {
        "spots": [(spot, *_worst(spot)) for spot in seen.spots],
        "standings": [STANDINGS[standing] for standing in Standing],
        "first": last - len(seen.spots) + 1,
        "last": last,
        "total": seen.stations,
        "previous": f"?{_query(request, page=number - 1)}" if number > 1 else "",
        "next": f"?{_query(request, page=number + 1)}" if last < seen.stations and seen.spots else "",
        "nowhere": on_map.off_the_map(found.qs),
        "nowhere_url": f"{STATIONS.url}?{elsewhere.urlencode()}",
    }


def _query(request, **changes):
    query = request.GET.copy()
    for name in ELSEWHERE:
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def _worst(spot):
    """The word and the tone of the worst, and how many of how many connectors it is."""
    standing = spot.worst
    if standing is None:
        return _("No connectors"), "plain", ""
    many = spot.counts[list(Standing).index(standing)]
    return (
        STANDINGS[standing],
        tones.STANDING[standing],
        _("%(n)s of %(all)s") % {"n": many, "all": spot.connectors},
    )


def _pile(pile, powers):
    return {
        "row": pile,
        "guns": [
            (
                gun.letter,
                *state_of(gun.status, online=pile.online),
                powers[pile.pk, gun.number] / 1000 if powers.get((pile.pk, gun.number)) else None,
            )
            for gun in sorted(pile.connectors.all(), key=lambda gun: gun.number)
            if gun.number
        ],
    }


def _views(request, as_table):
    return [
        (_("Map"), f"?{_query(request, view='map')}", not as_table),
        (_("Table"), f"?{_query(request, view='table')}", as_table),
    ]


def _config(found):
    return {
        "view": reverse("stations:map_view"),
        "card": reverse("stations:map_card", args=[0]),
        "extent": on_map.extent_of(found.qs),
        "legend": map_answer.legend(),
        "words": map_answer.words(),
        "tiles": settings.MAP_TILES,
    }
