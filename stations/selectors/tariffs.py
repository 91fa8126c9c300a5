"""Which price list counts where, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from backoffice.kit import clock
from backoffice.kit.scope import current_scope, path_of_tenant
from stations.models import Connector, Pile, Station, Tariff, TariffStatus, TariffVersion, VersionState
from tenants.selectors import standings


def tariffs() -> QuerySet[Tariff]:
    """Tariffs of the scope and of those above it."""
    return Tariff.objects.select_related("tenant")


def tariff_list() -> QuerySet[Tariff]:
    """With ``current_number`` in force now, ``next_change`` to come, and how often each is named."""
    at = clock.now()
    approved = TariffVersion.objects.filter(tariff=OuterRef("pk"), state=VersionState.APPROVED)
    return Tariff.objects.annotate(
        station_count=Coalesce(Subquery(_used_by(Station.objects.all())), 0),
        pile_count=Coalesce(Subquery(_used_by(Pile.objects.all())), 0),
        current_number=Subquery(_at(approved, at).values("number")[:1]),
        next_change=Subquery(
            approved.filter(valid_from__gt=at).order_by("valid_from").values("valid_from")[:1]
        ),
    )


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


def tariff_in_force(connector: Connector, at: datetime) -> tuple[TariffVersion, str] | None:
    """The price list of a connector at an instant, and whose it is; None where there is none.

    The pile's own, else its station's, else the default of the agency, else that of the operator:
    ``pile``, ``station``, ``agency``, ``operator``. One that has no version in force is passed over.
    """
    return tariffs_in_force([connector], at).get(connector.pk)


def tariffs_in_force(connectors: Sequence[Connector], at: datetime) -> dict[int, tuple[TariffVersion, str]]:
    """The same for many, by the keys of those that have one."""
    standing = standings(connector.tenant_id for connector in connectors)
    paths = {connector.pk: standing[connector.tenant_id].path for connector in connectors}
    piles = [connector.pile for connector in connectors]
    named = {pile.tariff_id for pile in piles} | {pile.station.tariff_id for pile in piles}
    owners = {owner for path in paths.values() for owner in (path.agency_id, path.operator_id)}
    by_tariff: dict[int | None, TariffVersion] = {}
    by_owner: dict[int | None, TariffVersion] = {}
    for candidate in _candidates(named - {None}, owners - {None}, at):
        by_tariff[candidate.tariff_id] = candidate
        if candidate.tariff.is_default:
            by_owner.setdefault(candidate.tariff.tenant_id, candidate)
    found = {}
    for connector in connectors:
        pile, path = connector.pile, paths[connector.pk]
        for why, version in (
            ("pile", by_tariff.get(pile.tariff_id)),
            ("station", by_tariff.get(pile.station.tariff_id)),
            ("agency", by_owner.get(path.agency_id)),
            ("operator", by_owner.get(path.operator_id)),
        ):
            if version is not None:
                found[connector.pk] = version, why
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
        cursor.execute(_CANDIDATES, [list(named), list(owners), at, at])
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


def _used_by(rows: QuerySet[Any]) -> QuerySet[Any]:
    named = rows.filter(tariff=OuterRef("pk")).order_by().values(one=Value(1))
    counted: QuerySet[Any] = named.annotate(count=Count("pk")).values("count")
    return counted


def _at(versions: QuerySet[TariffVersion], at: datetime) -> QuerySet[TariffVersion]:
    return versions.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at), valid_from__lte=at)
