"""Photos of stations, in the order that staff chose."""

from __future__ import annotations

from django.db.models import QuerySet

from stations.models import Station, StationPhoto


def photos() -> QuerySet[StationPhoto]:
    """Photos of the scope."""
    return StationPhoto.objects.select_related("station")


def photos_of(station: Station) -> QuerySet[StationPhoto]:
    """Those of one station, the first one first."""
    return photos().filter(station=station).order_by("position", "pk")
