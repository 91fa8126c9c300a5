"""Maintenance windows as staff set them. What they do to piles is done by ``services.maintenance_sweeps``.

All that changes the windows of one station takes turns. Windows may overlap: a pile comes back with the last of them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit import audit, clock, live, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.machines import move
from backoffice.kit.scope import path_of_tenant
from backoffice.kit.tasks import nudge
from stations import maintenance
from stations.models import (
    Life,
    Maintenance,
    MaintenancePile,
    MaintenanceState,
    Pile,
    Station,
    StationStatus,
)
from stations.states import MAINTENANCE, MAINTENANCE_OPEN

TASK = "stations.tasks.keep_maintenance"


@transaction.atomic
def plan_maintenance(
    station: Station,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    piles: Collection[Pile] = (),
    actor: Actor,
) -> Maintenance:
    """Set a window for a station of the scope, for some of its piles or (none named) for all of them.

    Raises Refused: ``closed``, ``span``, ``past``, ``long``, ``members``, ``too_many``, ``reason``.
    """
    hold_station(station.pk)
    place = locks.locked(Station.objects.filter(pk=station.pk)).get()
    if place.status == StationStatus.CLOSED:
        raise Refused(_("This station is closed."), code="closed")
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    _require_span(starts_at, ends_at)
    open_windows = Maintenance.objects.filter(station=place, state__in=MAINTENANCE_OPEN)
    if open_windows.count() >= maintenance.MOST_OPEN:
        raise Refused(
            _("At most %(most)d windows of a station are open at a time.") % {"most": maintenance.MOST_OPEN},
            code="too_many",
        )
    row = Maintenance.objects.create(
        tenant_id=place.tenant_id,
        station=place,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip()[:300],
        whole=not piles,
        created_by=actor.label[:120],
        created_at=clock.now(),
    )
    add_piles(row, _chosen(place, piles))
    audit.record(actor, "maintenance.planned", row, after=audit.snapshot(row), reason=reason)
    announce(row)
    nudge(TASK)
    return row


@transaction.atomic
def cancel_maintenance(window: Maintenance, *, actor: Actor, reason: str = "") -> Maintenance:
    """Drop a window that has not begun, or end one that runs. Raises Refused: ``over``."""
    hold_station(window.station_id)
    row = locks.locked(Maintenance.objects.filter(pk=window.pk)).get()
    if row.state not in {MaintenanceState.PLANNED, MaintenanceState.RUNNING}:
        raise Refused(_("This window is over."), code="over")
    before = audit.snapshot(row)
    begun = row.state == MaintenanceState.RUNNING
    target = MaintenanceState.ENDING if begun else MaintenanceState.CANCELLED
    row.state = move(MAINTENANCE, row.state, target)
    row.cancelled_at, row.cancelled_by = clock.now(), actor.label[:120]
    row.save(update_fields=["state", "cancelled_at", "cancelled_by"])
    if begun:
        turn_back(row)
    audit.record(actor, "maintenance.cancelled", row, before=before, after=audit.snapshot(row), reason=reason)
    announce(row)
    nudge(TASK)
    return row


def hold_station(station_id: int) -> None:
    """Take turns with whoever else changes windows of this station."""
    locks.hold(f"stations.maintenance:{station_id}")


def add_piles(window: Maintenance, piles: Collection[Pile]) -> None:
    """Take these piles into a window, each once."""
    known = set(MaintenancePile.objects.filter(window=window).values_list("pile", flat=True))
    path = path_of_tenant(window.tenant_id).as_columns()
    MaintenancePile.objects.bulk_create(
        MaintenancePile(**path, window=window, pile=pile) for pile in piles if pile.pk not in known
    )


def turn_back(window: Maintenance) -> None:
    """The second half begins for every pile of a window: nothing was asked of it yet in it."""
    MaintenancePile.objects.filter(window=window).update(settled=False, tries=0, tried_at=None, note="")


def announce(window: Maintenance) -> None:
    """Tell the pages that a window looks different."""
    path = path_of_tenant(window.tenant_id)
    live.publish("stations", f"station:{window.station_id}", path)
    live.publish("maintenance", audit.reference(window), path)


def _require_span(starts_at: datetime, ends_at: datetime) -> None:
    now = clock.now()
    if ends_at <= starts_at:
        raise Refused(_("A window ends after it begins."), code="span", field="ends_at")
    if ends_at <= now:
        raise Refused(_("This time is over."), code="past", field="ends_at")
    if starts_at < now - maintenance.GRACE:
        raise Refused(_("A window does not begin in the past."), code="past", field="starts_at")
    if ends_at - starts_at > maintenance.LONGEST:
        days = maintenance.LONGEST.days
        raise Refused(_("At most %(days)d days.") % {"days": days}, code="long", field="ends_at")


def _chosen(station: Station, piles: Collection[Pile]) -> list[Pile]:
    keys = {pile.pk for pile in piles}
    found = list(Pile.objects.filter(pk__in=keys, station=station).exclude(life=Life.RETIRED).order_by("pk"))
    if len(found) != len(keys):
        raise Refused(_("These terminals do not stand here."), code="members", field="piles")
    return found
