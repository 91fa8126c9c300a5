"""A tenant that came under another operator: its terminals leave the cards of the old one, which the new one does not know.

Prices are another matter: they are somebody's decision, and keep a tenant from moving (``stations.about_tenants``). Of
tariff changes that are over only the record in the audit trail stays, where the tariff cannot be seen any more.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Q, QuerySet

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.scope import TenantOwned
from stations.models import AssignmentState, LocalListPile, Station, TariffAssignment
from stations.services.local_lists import hear_of_cards
from tenants.models import Tenant
from tenants.selectors import path_of, subtree_ids

Row = TypeVar("Row", bound=TenantOwned)


def leave_old_chain(tenant: Tenant, actor: Actor) -> None:
    """Take everything below a moved tenant off the local lists of the old operator, and let the new one's be built.

    Runs where the scope is lifted, in the transaction of the move.
    """
    below, path = subtree_ids(tenant.pk), path_of(tenant.pk)
    seen = {*below, *path.ids}
    _forget_choice(
        locks.locked(_foreign(Station.objects.filter(tenant__in=below), "local_list", seen)), actor
    )
    states = _foreign(LocalListPile.objects.filter(tenant__in=below), "list", seen)
    keys = list(locks.locked(states).values_list("pk", flat=True))
    LocalListPile.objects.filter(pk__in=keys).update(list=None, kept_empty=True, due_at=clock.now())
    ended = TariffAssignment.objects.filter(tenant__in=below).exclude(state=AssignmentState.WAITING)
    _foreign(ended, "tariff", seen).delete()
    if path.operator_id is not None:
        hear_of_cards(path.operator_id)


def _forget_choice(stations: QuerySet[Station], actor: Actor) -> None:
    """Let the default of the operator count at stations that named a list."""
    changes = []
    for station in stations:
        before = audit.snapshot(station)
        station.local_list = None
        changes.append(audit.Change(station, before, audit.snapshot(station)))
    Station.objects.filter(pk__in=[change.row.pk for change in changes]).update(local_list=None)
    audit.record_all(actor, "local_list.assigned", changes)


def _foreign(rows: QuerySet[Row], key: str, seen: set[int]) -> QuerySet[Row]:
    """Those whose other end stands neither below the tenant nor above it."""
    return rows.filter(Q(**{f"{key}__isnull": False}), ~Q(**{f"{key}__tenant__in": seen}))
