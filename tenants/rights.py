"""What a role allows, at the level of its tenant.

A built-in role is a column of the matrix; a role of a tenant's own is a choice among what anybody at that
level may do. Nothing is kept between requests: whoever asks gets the rights of now.
"""

from __future__ import annotations

from django.db.models import Q

from backoffice.kit import audit, live
from backoffice.kit.levels import Level
from backoffice.kit.perms import Grants, Perm, Role, grantable, granted
from backoffice.kit.scope import path_of_tenant
from tenants.models import CustomRole, Membership, User

AnyRole = Role | CustomRole


def role_of(membership: Membership) -> AnyRole:
    """The built-in role, or the tenant's own."""
    return membership.custom_role or Role(membership.role)


def grants_of(level: Level, role: AnyRole) -> Grants:
    """Everything that a role allows at a level."""
    if isinstance(role, Role):
        return granted(level, role)
    chosen = frozenset(role.permissions)
    return frozenset(perm for perm in grantable(level) if perm.value in chosen)


def grants_at(membership: Membership) -> Grants:
    """Everything that somebody may do where he works. A role of another tenant's gives nothing."""
    role = role_of(membership)
    if isinstance(role, CustomRole) and role.tenant_id != membership.tenant_id:
        return frozenset()
    return grants_of(Level(membership.tenant.level), role)


def holding(perm: Perm, level: Level) -> Q:
    """The memberships of a tenant of this level whose role allows something."""
    if perm not in grantable(level):
        return Q(pk__in=[])
    able = [role for role in Role if perm in granted(level, role)]
    return Q(role__in=able) | Q(custom_role__permissions__contains=[perm.value])


def tell_of_change(row: Membership | CustomRole | User, tenant_id: int) -> None:
    """End the live streams whose reader's rights hang on this row; pages ask anew by themselves."""
    live.publish(live.RIGHTS, audit.reference(row), path_of_tenant(tenant_id))
