"""Opening a tenant of the next level together with whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from django.db import transaction

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from tenants.models import Tenant
from tenants.selectors import scope_of
from tenants.services import staff, tree
from tenants.services.tree import TenantFields


@dataclass(frozen=True, slots=True)
class Person:
    """Who is invited as the first owner."""

    email: str
    name: str


@transaction.atomic
def open_tenant(
    parent: Tenant,
    *,
    actor: Actor,
    code: str,
    owner: Person | None = None,
    draft: bool = False,
    **fields: Unpack[TenantFields],
) -> Tenant:
    """Create a tenant below ``parent`` and invite its first owner: both, or nothing.

    Raises Refused as ``tree.create_tenant`` and ``staff.add_member`` do, what is wrong about the person at the
    field ``owner_email``.
    """
    row = tree.create_tenant(parent, actor=actor, code=code, draft=draft, **fields)
    if owner is not None:
        # The scope that is active was made before the new tenant was there.
        with scope_of(parent.pk):
            try:
                staff.add_member(row, actor=actor, email=owner.email, name=owner.name, role=Role.OWNER)
            except Refused as refused:
                raise Refused(refused.message, code=refused.code, field="owner_email") from refused
    return row
