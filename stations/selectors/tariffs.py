"""Which price list counts where, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from backoffice.kit import clock
from backoffice.kit.scope import path_of_tenant
from stations.models import Connector, Pile, Station, Tariff, TariffStatus, TariffVersion, VersionState


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
    pile = connector.pile
    path = path_of_tenant(connector.tenant_id)
    named = {pile.station.tariff_id: "station", pile.tariff_id: "pile"}
    defaults = {path.agency_id: "agency", path.operator_id: "operator"}
    candidates = TariffVersion.objects.select_related("tariff").filter(
        Q(tariff__in=[key for key in named if key is not None])
        | Q(tariff__is_default=True, tariff__tenant__in=[key for key in defaults if key is not None]),
        tariff__status=TariffStatus.ACTIVE,
        state=VersionState.APPROVED,
    )
    by_reason: dict[str, TariffVersion] = {}
    for version in _at(candidates, at):
        tariff = version.tariff
        if tariff.pk in named:
            by_reason[named[tariff.pk]] = version
        if tariff.is_default and tariff.tenant_id in defaults:
            by_reason.setdefault(defaults[tariff.tenant_id], version)
    for reason in ("pile", "station", "agency", "operator"):
        if reason in by_reason:
            return by_reason[reason], reason
    return None


def _used_by(rows: QuerySet[Any]) -> QuerySet[Any]:
    named = rows.filter(tariff=OuterRef("pk")).order_by().values(one=Value(1))
    counted: QuerySet[Any] = named.annotate(count=Count("pk")).values("count")
    return counted


def _at(versions: QuerySet[TariffVersion], at: datetime) -> QuerySet[TariffVersion]:
    return versions.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at), valid_from__lte=at)
