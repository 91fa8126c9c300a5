"""Who decides cases at an operator, and when one person is not enough."""

from __future__ import annotations

from decimal import Decimal

from backoffice.kit.levels import Level
from orders.models import SECOND_ABOVE, Case, CasePolicy
from orders.permissions import OrderPerm
from tenants.models import Membership
from tenants.rights import holding
from tenants.selectors import in_force, members_of

MOST_PEOPLE = 200


def second_above(case: Case) -> Decimal:
    """The change of money above which a case needs a second person, major units."""
    return policy_of(case.operator_id or case.path.owner_id)


def policy_of(tenant_id: int) -> Decimal:
    """What this tenant has set, or the usual."""
    kept = CasePolicy.objects.filter(tenant_id=tenant_id).values_list("second_above", flat=True).first()
    return SECOND_ABOVE if kept is None else kept


def deciders(tenant_id: int, level: Level) -> list[Membership]:
    """The people of a tenant who may decide cases, by name."""
    rows = in_force(members_of(tenant_id)).filter(holding(OrderPerm.CASE_DECIDE, level))
    return list(rows.order_by("user__name", "pk")[:MOST_PEOPLE])
