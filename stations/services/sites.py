"""Stations: the places, whose they are, and when they are open for business.

A station belongs to an active operator or agency. What stands on it follows when it changes hands;
what happened there keeps the path of its time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict, TypeVar, Unpack

from django.db import transaction
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.scope import TenantOwned, unscoped
from stations.models import (
    Certificate,
    ChargingProfile,
    ConfigurationKey,
    Connector,
    Life,
    LoadGroup,
    LoadShare,
    Pile,
    QrToken,
    Station,
    StationStatus,
    TariffAssignment,
)
from stations.quirks import is_zone
from stations.services import local_lists
from stations.snapshots import compare
from tenants.models import Tenant
from tenants.selectors import lineage, stopped_by

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
    hotline: str
    power_limit_kw: Decimal | None


@transaction.atomic
def create_station(tenant: Tenant, *, actor: Actor, code: str, **fields: Unpack[StationFields]) -> Station:
    """Open a station of an operator or agency of the scope.

    Raises Refused: ``wrong_level``, ``tenant_stopped``, ``code_taken``, ``coordinates``, ``timezone``.
    """
    owner = Tenant.objects.get(pk=tenant.pk)
    require_owner(owner)
    row = Station(tenant=owner, code=_free_code(code), created_at=clock.now())
    _assign(row, fields)
    row.save()
    audit.record(actor, "station.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def edit_station(station: Station, *, actor: Actor, **fields: Unpack[StationFields]) -> Station:
    """Change a station's profile. Raises Refused: ``coordinates``, ``timezone``, ``closed``."""
    row = locks.locked(Station.objects.filter(pk=station.pk)).get()
    if row.status == StationStatus.CLOSED and fields.get("status", row.status) == StationStatus.CLOSED:
        raise Refused(_("This station is closed."), code="closed")
    before = audit.snapshot(row)
    _assign(row, fields)
    row.save()
    audit.record(actor, "station.edited", row, before=before, after=audit.snapshot(row))
    return row


@transaction.atomic
def transfer_station(station: Station, *, to: Tenant, actor: Actor, reason: str) -> Station:
    """Hand a station with all its piles to another owner of the scope, from now on.

    Tariffs that the new owner cannot see are taken off. Raises Refused: ``wrong_level``, ``tenant_stopped``.
    """
    row = locks.locked(Station.objects.filter(pk=station.pk)).get()
    owner = Tenant.objects.get(pk=to.pk)
    require_owner(owner)
    if row.tenant_id == owner.pk:
        return row
    before = audit.snapshot(row)
    row.tenant = owner
    row.tariff = _kept(row.tariff, owner)
    row.local_list = _kept(row.local_list, owner)
    row.save(update_fields=["tenant", "tariff", "local_list"])
    for group in locks.locked(LoadGroup.objects.filter(station=row)):
        group.tenant = owner
        group.save(update_fields=["tenant"])
    for planned in locks.locked(TariffAssignment.objects.filter(station=row)):
        planned.tenant = owner
        planned.save(update_fields=["tenant"])
    for pile in locks.locked(Pile.objects.filter(station=row)).select_related("tariff"):
        move_to_owner(pile, owner)
    audit.record(actor, "station.transferred", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


@transaction.atomic
def close_station(station: Station, *, actor: Actor, reason: str) -> Station:
    """End a station for good. Raises Refused while piles on it are not retired."""
    row = locks.locked(Station.objects.filter(pk=station.pk)).get()
    if row.status == StationStatus.CLOSED:
        return row
    count = Pile.objects.filter(station=row).exclude(life=Life.RETIRED).count()
    if count:
        message = ngettext("%(count)d pile is not retired.", "%(count)d piles are not retired.", count)
        raise Refused(message % {"count": count}, code="blocked")
    before = audit.snapshot(row)
    row.status = StationStatus.CLOSED
    row.save(update_fields=["status"])
    audit.record(actor, "station.closed", row, before=before, after=audit.snapshot(row), reason=reason)
    return row


def require_owner(tenant: Tenant) -> None:
    """Raises Refused unless the tenant may have stations now."""
    if Level(tenant.level) not in OWNERS:
        raise Refused(_("Stations belong to operators and agencies."), code="wrong_level", field="tenant")
    stopper = stopped_by(tenant.pk)
    if stopper is not None:
        raise Refused(
            _("%(name)s is not active.") % {"name": stopper.name}, code="tenant_stopped", field="tenant"
        )


def move_to_owner(pile: Pile, owner: Tenant) -> None:
    """Give a locked pile with its connectors, codes, certificates and settings to the owner of its station."""
    pile.tenant = owner
    pile.tariff = _kept(pile.tariff, owner)
    pile.save(update_fields=["tenant", "tariff", "station", "load_group"])
    for connector in locks.locked(Connector.objects.filter(pile=pile)):
        connector.tenant = owner
        connector.save(update_fields=["tenant"])
    with unscoped(reason="settings go with their pile"):
        ConfigurationKey.objects.filter(pile=pile).update(tenant=owner)
    for token in locks.locked(QrToken.objects.filter(connector__pile=pile)):
        token.tenant = owner
        token.save(update_fields=["tenant"])
    compare([pile])
    for held in (Certificate, ChargingProfile, LoadShare, TariffAssignment):
        for row in locks.locked(held.objects.filter(pile=pile)):
            row.tenant = owner
            row.save(update_fields=["tenant"])
    local_lists.follow_owner(pile)


def _kept(row: H | None, owner: Tenant) -> H | None:
    """What was handed down to the old owner, if the new one may use it too."""
    return row if row is not None and row.tenant_id in {a.id for a in lineage(owner.pk)} else None


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
