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


def stations_worked_on() -> QuerySet[Maintenance, Any]:
    """The keys of stations where anything is being worked on."""
    return Maintenance.objects.filter(state=RUNNING).order_by().values("station")


def worked_on(pile: str = "pile", station: str = "station") -> Q:
    """Whether what a row is about is being worked on: a pile, alone or with its whole station, or a whole station.

    ``pile`` and ``station`` name the columns. Three short lists to look into: nothing is looked for pile by pile.
    """
    whole = Maintenance.objects.filter(state=RUNNING, whole=True).order_by().values("station")
    of_whole = Pile.objects.filter(station__in=whole).values("pk")
    alone = MaintenancePile.objects.filter(window__state=RUNNING).order_by().values("pile")
    return (
        Q(**{f"{pile}__isnull": True, f"{station}__in": whole})
        | Q(**{f"{pile}__in": of_whole})
        | Q(**{f"{pile}__in": alone})
    )
