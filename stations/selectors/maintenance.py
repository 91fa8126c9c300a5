"""Maintenance windows, and what they keep from charging now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from stations.models import (
    Maintenance,
    MaintenancePile,
    MaintenanceState,
    Pile,
    Station,
)

RUNNING = MaintenanceState.RUNNING


def maintenances() -> QuerySet[Maintenance]:
    """Windows of the scope."""
    return Maintenance.objects.select_related("station")


def maintenance_list() -> QuerySet[Maintenance]:
    """With ``pile_count``, the piles that are in them so far."""
    return maintenances().annotate(pile_count=Count("items"))


def maintenances_of(station: Station) -> QuerySet[Maintenance]:
    """Of one station, the latest first."""
    return maintenance_list().filter(station=station).order_by("-starts_at", "-pk")


def open_maintenances(station: Station) -> QuerySet[Maintenance]:
    """Those that are planned or not over, the next first."""
    return (
        maintenances_of(station)
        .filter(state__in=[MaintenanceState.PLANNED, RUNNING, MaintenanceState.ENDING])
        .order_by("starts_at", "pk")
    )


def maintenance_piles(windows: Iterable[Maintenance]) -> QuerySet[MaintenancePile]:
    """The piles of windows with their two commands, by name."""
    rows = MaintenancePile.objects.filter(window__in=[window.pk for window in windows])
    return rows.select_related("pile", "out_command", "back_command").order_by("pile__name", "pk")


def maintenance_at(pile: Pile) -> Maintenance | None:
    """The window that keeps a pile from charging now; of several the one that ends last."""
    inside = MaintenancePile.objects.filter(window=OuterRef("pk"), pile=pile)
    rows = Maintenance.objects.filter(Q(whole=True) | Exists(inside), station=pile.station_id, state=RUNNING)
    return rows.order_by("-ends_at", "-pk").first()


def next_maintenance(pile: Pile) -> Maintenance | None:
    """The next window planned for a pile."""
    inside = MaintenancePile.objects.filter(window=OuterRef("pk"), pile=pile)
    rows = Maintenance.objects.filter(
        Q(whole=True) | Exists(inside), station=pile.station_id, state=MaintenanceState.PLANNED
    )
    return rows.order_by("starts_at", "pk").first()


def stations_in_maintenance() -> QuerySet[Station]:
    """Stations that are being worked on whole."""
    return Station.objects.filter(Exists(_running(station=OuterRef("pk"), whole=True)))


def stations_worked_on() -> QuerySet[Maintenance, Any]:
    """The keys of stations where anything is being worked on."""
    return Maintenance.objects.filter(state=RUNNING).order_by().values("station")


def piles_in_maintenance() -> QuerySet[Pile]:
    """Piles that are being worked on, alone or with their whole station."""
    whole = _running(station=OuterRef("station"), whole=True)
    inside = MaintenancePile.objects.filter(pile=OuterRef("pk"), window__state=RUNNING)
    return Pile.objects.filter(Exists(whole) | Exists(inside))


def _running(**more: Any) -> QuerySet[Maintenance]:
    return Maintenance.objects.filter(state=RUNNING, **more)
