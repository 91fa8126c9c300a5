"""The same change to many tenants of the next level: seen beforehand, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from tenants.models import Tenant
from tenants.services import tree
from tenants.services.tree import TenantFields

MOST_AT_ONCE = 200
FIELDS = ("contract_to", "region", "timezone", "quota_users", "quota_stations", "quota_terminals")


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one tenant: (field, before, after) for each value that differs."""

    tenant: Tenant
    values: tuple[tuple[str, Any, Any], ...]


def changes_of(tenants: Iterable[Tenant], **fields: Unpack[TenantFields]) -> list[Change]:
    """What would change at each of these; nothing is written."""
    found = []
    for tenant in tenants:
        values = tuple(
            (name, getattr(tenant, name), value)
            for name, value in fields.items()
            if getattr(tenant, name) != value
        )
        found.append(Change(tenant, values))
    return found


@transaction.atomic
def edit_tenants(tenants: Collection[Tenant], *, actor: Actor, **fields: Unpack[TenantFields]) -> int:
    """Give all of these the same values; how many changed. Raises Refused, naming the first that cannot be.

    Each has its own row in the audit trail, and what is the case already is not written.
    """
    if len(tenants) > MOST_AT_ONCE:
        raise Refused(_("At most %(most)d tenants at once.") % {"most": MOST_AT_ONCE}, code="many")
    changed = [one.tenant for one in changes_of(tenants, **fields) if one.values]
    for row in sorted(changed, key=lambda one: one.pk):
        try:
            tree.edit_tenant(row, actor=actor, **fields)
        except Refused as refused:
            message = f"{row.name}: {refused.message}"
            raise Refused(message, code=refused.code, field=refused.field) from refused
    return len(changed)
