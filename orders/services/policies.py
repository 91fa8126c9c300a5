"""Rules of an operator for its cases."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from backoffice.kit import audit, locks
from backoffice.kit.actor import Actor
from orders.models import CasePolicy
from tenants.models import Tenant


@transaction.atomic
def set_policy(tenant: Tenant, *, second_above: Decimal, actor: Actor) -> CasePolicy:
    """Above what change of money a second person is needed, major units. The same value again changes nothing."""
    locks.hold(f"case-policy:{tenant.pk}")
    row = CasePolicy.objects.filter(tenant=tenant).first() or CasePolicy(tenant=tenant)
    before = audit.snapshot(row) if row.pk else {}
    if row.pk and row.second_above == second_above:
        return row
    row.second_above = second_above
    row.save()
    audit.record(actor, "case.policy_set", row, before=before, after=audit.snapshot(row))
    return row
