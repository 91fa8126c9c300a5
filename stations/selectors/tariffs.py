"""Which price list counts where, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import connection
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from backoffice.kit import audit, clock
from backoffice.kit.models import AuditEntry
from backoffice.kit.scope import current_scope, owned_by_scope, path_of_tenant
from backoffice.kit.statements import execute
from stations.models import (
    Connector,
    Life,
    Pile,
    ServiceCeiling,
    Station,
    StationStatus,
    Tariff,
    TariffStatus,
    TariffVersion,
    VersionState,
)
from tenants.models import Tenant
from tenants.selectors import standings


@dataclass(frozen=True, slots=True)
class InForce:
    """A price list that counts at a station now: whose it is, and at how many of its connectors. None: no price."""

    version: TariffVersion | None
    why: str
    connectors: int


def tariffs() -> QuerySet[Tariff]:
    """Tariffs of the scope and of those above it."""
    return Tariff.objects.select_related("tenant")


def tariff_list() -> QuerySet[Tariff]:
    """With what is in force now (``current_…``), ``next_change`` to come, and how often each is named.

    ``station_count`` of a default are also the stations that name none and sell by it. ``waiting``: a version of it waits for approval.
    """
    at = clock.now()
    of_tariff = TariffVersion.objects.filter(tariff=OuterRef("pk"))
    approved = of_tariff.filter(state=VersionState.APPROVED)
    current = _at(approved, at)
    return Tariff.objects.annotate(
        station_count=Coalesce(Subquery(_used_by(Station.objects.all())), 0)
        + Case(When(is_default=True, status=TariffStatus.ACTIVE, then=_led_by_default()), default=Value(0)),
        pile_count=Coalesce(Subquery(_used_by(Pile.objects.all())), 0),
        current_number=Subquery(current.values("number")[:1]),
        current_lowest=Subquery(current.values("lowest")[:1]),
        current_highest=Subquery(current.values("highest")[:1]),
        current_bands=Subquery(current.values("bands")[:1]),
        waiting=Exists(of_tariff.filter(state=VersionState.SUBMITTED)),
        next_change=Subquery(
            approved.filter(valid_from__gt=at).order_by("valid_from").values("valid_from")[:1]
        ),
    )


def default_tariff_name() -> Combinable:
    """The name of the tariff that counts at a station that names none; NULL where there is none.

    The default of its tenant, else that of the level above; one that has no version in force is passed over.
    """
    versions = TariffVersion.objects.filter(tariff=OuterRef("pk"), state=VersionState.APPROVED)
    defaults = _defaults().filter(Exists(_at(versions, clock.now())))
    own = defaults.filter(tenant=OuterRef("tenant")).values("name")[:1]
    above = defaults.filter(tenant=OuterRef("tenant__parent")).values("name")[:1]
    return Coalesce(Subquery(own), Subquery(above))


def service_ceiling(tenant_id: int) -> ServiceCeiling | None:
    """The service fee that a level above allows a tenant at most; the lowest where several do."""
    above = [key for key in path_of_tenant(tenant_id).ids if key != tenant_id]
    rows = ServiceCeiling.objects.filter(tenant__in=above).select_related("tenant")
    return rows.order_by("amount").first()


def ceiling_of(tenant_id: int) -> ServiceCeiling | None:
    """The service fee that a tenant itself allows those below it at most."""
    return ServiceCeiling.objects.filter(tenant=tenant_id).first()


def edits_since(version: TariffVersion, revision: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What others saved of a draft after ``revision``: the fields before the first and after the last edit."""
    entries = AuditEntry.objects.filter(
        object_ref=audit.reference(version),
        action="tariff_version.edited",
        after__revision__gt=revision,
    ).order_by("at", "id")
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for entry in entries:
        before = entry.before | before
        after = after | entry.after
    return before, after


def assignable_tariffs(tenant_id: int) -> QuerySet[Tariff]:
    """Active tariffs of a tenant and of those above it."""
    ids = path_of_tenant(tenant_id).ids
    return tariffs().filter(tenant__in=ids, status=TariffStatus.ACTIVE).order_by("name")


def versions_of(tariff: Tariff) -> QuerySet[TariffVersion]:
    """The versions of a tariff, the newest first."""
    return TariffVersion.objects.filter(tariff=tariff).select_related("tariff").order_by("-number")


def versions() -> QuerySet[TariffVersion]:
    """Versions of the scope and of those above it."""
    return TariffVersion.objects.select_related("tariff__tenant")


def version_in_force(tariff: Tariff, at: datetime) -> TariffVersion | None:
    """The version of a tariff that counts at an instant."""
    return _at(versions_of(tariff).filter(state=VersionState.APPROVED), at).first()


def version_before(version: TariffVersion, at: datetime) -> TariffVersion | None:
    """The other version of its tariff that counts at an instant, else the approved one with the next lower number."""
    others = versions_of(version.tariff).filter(state=VersionState.APPROVED).exclude(pk=version.pk)
    return _at(others, at).first() or others.filter(number__lt=version.number).first()


def tariff_in_force(connector: Connector, at: datetime) -> tuple[TariffVersion, str] | None:
    """The price list of a connector at an instant, and whose it is; None where there is none.

    The pile's own, else its station's, else the default of the agency, else that of the operator:
    ``pile``, ``station``, ``agency``, ``operator``. One that has no version in force is passed over.
    """
    return tariffs_in_force([Outlet.of(connector)], at).get(connector.pk)


@dataclass(frozen=True, slots=True)
class Outlet:
    """What decides on the price list of a connector. ``rated_kw``: its own, else its model's, None if unknown."""

    connector_id: int
    tenant_id: int
    pile_id: int
    pile_tariff_id: int | None
    station_tariff_id: int | None
    rated_kw: Decimal | None

    @classmethod
    def of(cls, connector: Connector) -> Self:
        pile = connector.pile
        rated = connector.rated_kw
        if rated is None and pile.model is not None:
            rated = pile.model.rated_kw
        return cls(connector.pk, connector.tenant_id, pile.pk, pile.tariff_id, pile.station.tariff_id, rated)


_OUTLETS = """
SELECT c.id, c.tenant_id, c.pile_id, p.tariff_id, s.tariff_id, COALESCE(c.rated_kw, m.rated_kw)
FROM stations_connector c JOIN stations_pile p ON p.id = c.pile_id JOIN stations_station s ON s.id = p.station_id
    LEFT JOIN stations_pilemodel m ON m.id = p.model_id
WHERE c.id = ANY(%s) AND (%s OR c.tenant_id = ANY(%s))
"""


def outlets(connector_ids: Iterable[int]) -> list[Outlet]:
    """Of many connectors at once, in plain SQL: the intake asks for each batch that holds a start."""
    with connection.cursor() as cursor:
        execute(cursor, _OUTLETS, [list(connector_ids), *owned_by_scope(current_scope())])
        return [Outlet(*row) for row in cursor.fetchall()]


def tariffs_in_force(outlets: Sequence[Outlet], at: datetime) -> dict[int, tuple[TariffVersion, str]]:
    """As ``tariff_in_force`` for many, by the keys of those connectors that have one."""
    standing = standings(outlet.tenant_id for outlet in outlets)
    paths = {outlet.connector_id: standing[outlet.tenant_id].path for outlet in outlets}
    named = {key for outlet in outlets for key in (outlet.pile_tariff_id, outlet.station_tariff_id)}
    owners = {owner for path in paths.values() for owner in (path.agency_id, path.operator_id)}
    by_tariff: dict[int | None, TariffVersion] = {}
    by_owner: dict[int | None, TariffVersion] = {}
    for candidate in _candidates(named - {None}, owners - {None}, at):
        by_tariff[candidate.tariff_id] = candidate
        if candidate.tariff.is_default:
            by_owner.setdefault(candidate.tariff.tenant_id, candidate)
    found = {}
    for outlet in outlets:
        path = paths[outlet.connector_id]
        for why, version in (
            ("pile", by_tariff.get(outlet.pile_tariff_id)),
            ("station", by_tariff.get(outlet.station_tariff_id)),
            ("agency", by_owner.get(path.agency_id)),
            ("operator", by_owner.get(path.operator_id)),
        ):
            if version is not None:
                found[outlet.connector_id] = version, why
                break
    return found


_CANDIDATES = """
SELECT v.id, v.xmin::text, t.xmin::text FROM stations_tariffversion v JOIN stations_tariff t ON t.id = v.tariff_id
WHERE (t.id = ANY(%s) OR (t.is_default AND t.tenant_id = ANY(%s))) AND t.status = 'active'
    AND v.state = 'approved' AND v.valid_from <= %s AND (v.valid_to IS NULL OR v.valid_to > %s)
ORDER BY v.id
"""
"""With what changes whenever one of the two rows does."""

_remembered: dict[tuple[int, str, str], TariffVersion] = {}
_MOST_REMEMBERED = 2000


def _candidates(named: set[Any], owners: set[Any], at: datetime) -> list[TariffVersion]:
    """The versions in force of these tariffs, and of the default tariffs of these owners.

    Where no scope filters, rows that did not change since are not read again: the intake asks for each batch
    that holds a start.
    """
    if not current_scope().everything:
        candidates = TariffVersion.objects.select_related("tariff").filter(
            Q(tariff__in=named) | Q(tariff__is_default=True, tariff__tenant__in=owners),
            tariff__status=TariffStatus.ACTIVE,
            state=VersionState.APPROVED,
        )
        return list(_at(candidates, at).order_by("id"))
    with connection.cursor() as cursor:
        execute(cursor, _CANDIDATES, [list(named), list(owners), at, at])
        keys = cursor.fetchall()
    found = {key: _remembered.get(key) for key in keys}
    new = {key[0]: key for key, version in found.items() if version is None}
    if new:
        read = TariffVersion.objects.select_related("tariff").filter(pk__in=new)
        found |= {new[version.pk]: version for version in read}
        if len(_remembered) > _MOST_REMEMBERED:
            _remembered.clear()
        _remembered.update({key: version for key, version in found.items() if version is not None})
    return [version for version in found.values() if version is not None]


def _defaults() -> QuerySet[Tariff]:
    return Tariff.objects.filter(is_default=True, status=TariffStatus.ACTIVE)


def _led_by_default() -> Combinable:
    """How many stations sell by a default tariff because nothing nearer is named: of its tenant, and of those below."""
    owner = OuterRef(OuterRef("tenant"))
    chain = Tenant.objects.filter(Q(pk=owner) | Q(parent=owner)).values("pk")
    nearer = _defaults().filter(tenant=OuterRef("tenant"))
    led = Station.objects.filter(
        Q(tenant=OuterRef("tenant")) | ~Exists(nearer), tenant__in=chain, tariff=None
    )
    rows = led.exclude(status=StationStatus.STORE).order_by().values(one=Value(1))
    return Coalesce(Subquery(rows.annotate(count=Count("pk")).values("count")), 0)


def _used_by(rows: QuerySet[Any]) -> QuerySet[Any]:
    named = rows.filter(tariff=OuterRef("pk")).order_by().values(one=Value(1))
    counted: QuerySet[Any] = named.annotate(count=Count("pk")).values("count")
    return counted


def _at(versions: QuerySet[TariffVersion], at: datetime) -> QuerySet[TariffVersion]:
    return versions.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at), valid_from__lte=at)


def tariffs_of_station(station: Station, at: datetime) -> list[InForce]:
    """What counts at the connectors of a station, the most common first."""
    rows = Connector.objects.filter(pile__station=station.pk, number__gt=0).exclude(pile__life=Life.RETIRED)
    here = outlets(rows.values_list("pk", flat=True))
    found = tariffs_in_force(here, at)
    counts: Counter[tuple[int | None, str]] = Counter()
    versions: dict[int | None, TariffVersion | None] = {None: None}
    for outlet in here:
        version, why = found.get(outlet.connector_id, (None, ""))
        key = version.pk if version is not None else None
        versions[key] = version
        counts[key, why] += 1
    return [InForce(versions[key], why, count) for (key, why), count in counts.most_common()]
