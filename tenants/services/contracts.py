"""What the calendar does to tenants. Runs as often as one likes: what is expired stays so."""

from __future__ import annotations

from backoffice.kit import clock
from backoffice.kit.actor import timer
from tenants.models import Tenant, TenantStatus
from tenants.services import tree


def expire_contracts() -> int:
    """Make active tenants whose contract is over where they are expired; how many that were.

    Each in a transaction of its own. Zones ahead of UTC are in tomorrow already, so a contract that ends today
    by UTC is looked at too.
    """
    due = Tenant.objects.filter(
        status=TenantStatus.ACTIVE, parent__isnull=False, contract_to__lte=clock.now().date()
    )
    found = [tree.expire_tenant(row, actor=timer("contracts")) for row in due.order_by("pk")]
    return sum(row.status == TenantStatus.EXPIRED for row in found)
