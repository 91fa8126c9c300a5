"""What tenants have on the ground, counted over their subtrees, as annotations of a list of tenants."""

from __future__ import annotations

from collections.abc import Mapping
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


def _counted(rows: QuerySet[Any]) -> Expression:
    """How many of the rows belong to the tenant of the outer query, or to one below it."""
    below = rows.filter(
        tenant__tree_id=OuterRef("tree_id"),
        tenant__lft__gte=OuterRef("lft"),
        tenant__lft__lte=OuterRef("rght"),
    )
    number = below.order_by().values(one=Value(1)).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)
