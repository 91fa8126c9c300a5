"""Stations and piles of the scope as something to find."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.kit.search import SHOWN, Hit, Provider
from backoffice.kit.staff import Reader
from stations.models import Pile, Station
from stations.permissions import StationPerm


def find_stations(words: str, _reader: Reader) -> Iterator[Hit]:
    """By part of the name, or the beginning of the code: there are ten thousand at most, and a name has no one beginning."""
    rows = Station.objects.filter(Q(name__icontains=words) | Q(code__istartswith=words))
    for row in rows.select_related("tenant").order_by("name", "pk")[:SHOWN]:
        context = " · ".join(filter(None, [row.code, row.city, row.tenant.name]))
        yield Hit(row.name, reverse("stations:station", args=[row.pk]), context, "pile")


def find_piles(words: str, _reader: Reader) -> Iterator[Hit]:
    """By the beginning of the name, the serial, or the identity (as typed or in capitals); each has an index."""
    identity = Q(identity__startswith=words) | Q(identity__startswith=words.upper())
    rows = Pile.objects.filter(identity | Q(name__istartswith=words) | Q(serial__istartswith=words))
    for row in rows.select_related("station").order_by("name", "pk")[:SHOWN]:
        context = " · ".join(filter(None, [row.station.name, row.identity, row.serial]))
        yield Hit(row.name, reverse("stations:pile", args=[row.pk]), context, "bolt")


PILES = Provider(
    name="piles",
    label=_("Terminals"),
    find=find_piles,
    perm=StationPerm.VIEW,
    order=30,
    model=Pile,
    by="identity",
)
STATIONS = Provider(
    name="stations",
    label=_("Stations"),
    find=find_stations,
    perm=StationPerm.VIEW,
    order=40,
    model=Station,
    by="code",
)
