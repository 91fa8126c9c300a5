"""What was settled at stations today, each by its own clock, as columns of a list of stations.

It is another day elsewhere: a row brings the totals of every day that may be today somewhere, and its zone says
which of them is.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf

from backoffice.kit import clock
from stations import hooks
from stations.models import Station
from stations.selectors.sites import station_list
from stations.selectors.tariffs import default_tariff_name
from tenants.selectors import zone_at

FIGURES = ("day", "currency", "sessions", "energy_wh", "seconds", "total")


def station_list_with_today() -> QuerySet[Station]:
    """Stations as in ``station_list``, with ``zone``, ``default_tariff`` and ``day_totals``: they are looked up for the rows that are shown,
    and for no others, in the totals and never in orders.
    """
    days = [(clock.now() + timedelta(days=offset)).date() for offset in (-1, 0, 1)]
    totals = hooks.station_totals(days).filter(station=OuterRef("pk")).order_by("day", "currency", "pk")
    figures = JSONObject(**{name: F(name) for name in FIGURES})
    return station_list().annotate(
        zone=Coalesce(NullIf("timezone", Value("")), zone_at("tenant")),
        default_tariff=default_tariff_name(),
        day_totals=ArraySubquery(totals.values_list(figures, flat=True)),
    )
