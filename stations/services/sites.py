"""Stations: the places, whose they are, and when they are open for business.

A station belongs to an active operator or agency. What stands on it follows when it changes hands;
what happened there keeps the path of its time. A store belongs to a tenant of any level, and nobody charges there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any, TypedDict, TypeVar, Unpack

from django.db import transaction
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.scope import TenantOwned, unscoped
from stations.models import (
    CustodyKind,
    Life,
    LoadGroup,
    Maintenance,
    Pile,
    Station,
    StationPhoto,
    StationStatus,
    TariffAssignment,
)
from stations.quirks import is_zone
from stations.services import custody, moving
from tenants.models import Tenant
from tenants.selectors import lineage, stopped_by
from tenants.services.quotas import require_room

H = TypeVar("H", bound=TenantOwned)
OWNERS = (Level.OPERATOR, Level.AGENCY)


class StationFields(TypedDict, total=False):
    """What staff may set of a station. Coordinates come in pairs, WGS-84 degrees."""

    name: str
    status: str
    city: str
    address: str
    latitude: Decimal | None
    longitude: Decimal | None
    timezone: str
    opening_hours: str
    hours: Mapping[str, Any]
    strict_hours: bool
    facilities: Sequence[str]
    height_limit_m: Decimal | None
    parking: str
    is_public: bool
    opened_on: date | None
    contact: str
    contact_phone: str
    hotline: str
    power_limit_kw: Decimal | None


@transaction.atomic
def create_station(tenant: Tenant, *, actor: Actor, code: str, **fields: Unpack[StationFields]) -> Station:
    """Open a station of an operator or agency of the scope.

    Raises Refused: ``wrong_level``, ``tenant_stopped``, ``quota``, ``code_taken``, ``coordinates``, ``timezone``.
    """
    owner = Tenant.objects.get(pk=tenant.pk)
    require_owner(owner)
    require_room(owner.pk, stations=1)
    row = Station(tenant=owner, code=_free_code(code), created_at=clock.now())
    _assign(row, fields)
    row.save()
    audit.record(actor, "station.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def edit_station(station: Station, *, actor: Actor, **fields: Unpack[StationFields]) -> Station:
    """Change a station's profile. Raises Refused: ``coordinates``, ``timezone``, ``closed``, ``quota``."""
    row = locks.locked(Station.objects.filter(pk=station.pk)).get()
    _require_site(row)
    if row.status == StationStatus.CLOSED and fields.get("status", row.status) == StationStatus.CLOSED:
        raise Refused(_("This station is closed."), code="closed")
    if row.status == StationStatus.CLOSED:
        require_room(row.tenant_id, stations=1)
    before = audit.snapshot(row)
    _assign(row, fields)
    row.save()
    audit.record(actor, "station.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def transfer_station(station: Station, *, to: Tenant, actor: Actor, reason: str) -> Station:
    """Hand a station with all its piles to another owner of the scope, from now on.

    Tariffs that the new owner cannot see are taken off. Raises Refused: ``wrong_level``, ``tenant_stopped``, ``quota``.
    """
    row = locks.locked(Station.objects.filter(pk=station.pk)).get()
    _require_site(row)
    owner = Tenant.objects.get(pk=to.pk)
    require_owner(owner)
    if row.tenant_id == owner.pk:
        return row
    terminals = Pile.objects.filter(station=row).exclude(life=Life.RETIRED).count()
    require_room(owner.pk, stations=1, terminals=terminals, moved_from=row.tenant_id)
    before = audit.snapshot(row)
    give_station(row, owner, actor=actor, note=reason)
    audit.record(actor, "station.transferred", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def close_station(station: Station, *, actor: Actor, reason: str) -> Station:
    """End a station for good. Raises Refused while piles on it are not retired."""
    row = locks.locked(Station.objects.filter(pk=station.pk)).get()
    _require_site(row)
    if row.status == StationStatus.CLOSED:
        return row
    left = Pile.objects.filter(station=row).exclude(life=Life.RETIRED).count()
    if left:
        message = ngettext("%(count)d pile is not retired.", "%(count)d piles are not retired.", left)
        raise Refused(message % {"count": left}, code="blocked")
    before = audit.snapshot(row)
    row.status = StationStatus.CLOSED
    row.save(update_fields=["status"])
    audit.record(actor, "station.closed", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def give_station(row: Station, owner: Tenant, *, actor: Actor, note: str = "") -> None:
    """Give a locked station with all that stands on it to another owner, who was checked."""
    giver_id = row.tenant_id
    row.tenant = owner
    row.tariff = _kept(row.tariff, owner)
    row.local_list = _kept(row.local_list, owner)
    row.save(update_fields=["tenant", "tariff", "local_list"])
    for belonging in (LoadGroup, Maintenance, StationPhoto, TariffAssignment):
        for one in locks.locked(belonging.objects.filter(station=row)):
            one.tenant = owner
            one.save(update_fields=["tenant"])
    piles = list(locks.locked(Pile.objects.filter(station=row)).select_related("tariff", "station"))
    moving.give_piles(piles, owner)
    handed = [pile for pile in piles if pile.life != Life.RETIRED]
    custody.note_custody(handed, CustodyKind.HANDED, actor=actor, from_tenant_id=giver_id, note=note)


@transaction.atomic
def store_of(tenant: Tenant, *, actor: Actor) -> Station:
    """Where the piles of a tenant of the scope lie that stand nowhere; made when it has none. Its row is locked."""
    locks.hold(f"stations.store:{tenant.pk}")
    stores = Station.objects.filter(tenant=tenant.pk, status=StationStatus.STORE)
    found = locks.locked(stores).select_related("tenant").first()
    if found is not None:
        return found
    code = _store_code(tenant)
    owner = Tenant.objects.get(pk=tenant.pk)
    row = Station(
        tenant=owner, code=code, name=owner.name, status=StationStatus.STORE, created_at=clock.now()
    )
    row.save()
    audit.record(actor, "station.created", row, after=audit.snapshot(row))
    return row


def require_owner(tenant: Tenant) -> None:
    """Raises Refused unless the tenant may have stations now."""
    if Level(tenant.level) not in OWNERS:
        raise Refused(_("Stations belong to operators and agencies."), code="wrong_level", field="tenant")
    require_running(tenant)


def require_running(tenant: Tenant) -> None:
    """Raises Refused while the tenant, or one above it, is not active."""
    stopper = stopped_by(tenant.pk)
    if stopper is not None:
        raise Refused(
            _("%(name)s is not active.") % {"name": stopper.name}, code="tenant_stopped", field="tenant"
        )


def _kept(row: H | None, owner: Tenant) -> H | None:
    """What was handed down to the old owner, if the new one may use it too."""
    return row if row is not None and row.tenant_id in {a.id for a in lineage(owner.pk)} else None


def _require_site(row: Station) -> None:
    if row.status == StationStatus.STORE:
        raise Refused(_("This is a store, where terminals lie that stand nowhere yet."), code="store")


def _store_code(tenant: Tenant) -> str:
    base = f"STORE-{tenant.pk}"
    with unscoped(reason="codes are unique over the whole system"):
        taken = set(Station.objects.filter(code__startswith=base).values_list("code", flat=True))
    return next(
        code for number in count(1) if (code := f"{base}-{number}" if number > 1 else base) not in taken
    )


def _free_code(code: str) -> str:
    code = code.strip().upper()
    if not code:
        raise Refused(_("A station needs a code."), code="empty", field="code")
    locks.hold(f"stations.code:{code}")
    with unscoped(reason="codes are unique over the whole system"):
        if Station.objects.filter(code=code).exists():
            raise Refused(_("This code is taken."), code="code_taken", field="code")
    return code


def _assign(row: Station, fields: StationFields) -> None:
    if fields.get("status") == StationStatus.STORE:
        raise Refused(_("A store comes into being by itself."), code="store", field="status")
    for name, value in fields.items():
        setattr(row, name, value)
    if (row.latitude is None) != (row.longitude is None):
        raise Refused(_("Give both coordinates, or none."), code="coordinates", field="latitude")
    if row.latitude is not None and not -90 <= row.latitude <= 90:
        raise Refused(_("Latitude lies between -90 and 90."), code="coordinates", field="latitude")
    if row.longitude is not None and not -180 <= row.longitude <= 180:
        raise Refused(_("Longitude lies between -180 and 180."), code="coordinates", field="longitude")
    if row.timezone and not is_zone(row.timezone):
        raise Refused(_("This time zone does not exist."), code="timezone", field="timezone")
