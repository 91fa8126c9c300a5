"""What tenants have on the ground, counted over their subtrees, as annotations of a list of tenants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Count, Expression, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from stations.models import Life, Pile, Station, StationStatus

NO_SITES = (StationStatus.CLOSED, StationStatus.STORE)


def equipment_of_tenants() -> Mapping[str, Expression]:
    """``stations`` that are not closed, ``piles`` that are not retired, and how many of those are ``online``."""
    piles = Pile.objects.exclude(life=Life.RETIRED)
    return {
        "stations": _counted(Station.objects.exclude(status__in=NO_SITES)),
        "piles": _counted(piles),
        "online": _counted(piles.filter(online=True)),
    }


def usage_of_tenants(tenant_ids: Collection[int]) -> Mapping[str, int]:
    """How many ``stations`` and ``terminals`` of these tenants count against quotas: what is closed or retired does not."""
    stations = Station.objects.filter(tenant_id__in=tenant_ids).exclude(status__in=NO_SITES)
    piles = Pile.objects.filter(tenant_id__in=tenant_ids).exclude(life=Life.RETIRED)
    return {"stations": stations.count(), "terminals": piles.count()}


def _counted(rows: QuerySet[Any]) -> Expression:
    """How many of the rows belong to the tenant of the outer query, or to one below it."""
    below = rows.filter(
        tenant__tree_id=OuterRef("tree_id"),
        tenant__lft__gte=OuterRef("lft"),
        tenant__lft__lte=OuterRef("rght"),
    )
    number = below.order_by().values(one=Value(1)).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)
