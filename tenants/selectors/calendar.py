"""Reads about holidays."""

from __future__ import annotations

from datetime import date

from backoffice.kit.scope import unscoped
from tenants.models import Holiday
from tenants.selectors.tree import lineage


def holidays_for(tenant_id: int, first: date, last: date) -> dict[date, str]:
    """The holidays that hold for a tenant from a day to a day, both included, in order: its own and those above.

    Whoever asks: a calendar is handed down, and prices need it where nobody's scope is active. Raises
    Tenant.DoesNotExist.
    """
    return {row.date: row.name for row in calendar_of(tenant_id, first, last) if row.observed}


def calendar_of(tenant_id: int, first: date, last: date) -> list[Holiday]:
    """The rows that decide about the days of the tenant, those that strike a day out too, in order."""
    depth = {ancestor.id: at for at, ancestor in enumerate(lineage(tenant_id))}
    with unscoped(reason="a calendar is handed down to whoever stands below"):
        rows = list(Holiday.objects.filter(tenant_id__in=depth, date__gte=first, date__lte=last))
    nearest = {row.date: row for row in sorted(rows, key=lambda row: depth[row.tenant_id])}
    return [nearest[day] for day in sorted(nearest)]
