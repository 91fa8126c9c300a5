"""Roles of a tenant's own: made from what its level may do, by people who may do it themselves.

A role belongs to one tenant and is given to its own staff. Whoever makes or changes one has every right
that it has, before and after; nobody changes the one he holds. A right that is taken out is gone in
running sessions at once, because rights are asked anew by every request.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _, ngettext

from backoffice.kit import audit, clock, locks
from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.perms import Grants, Perm, Role, grantable
from tenants.models import CustomRole, Membership, Tenant
from tenants.rights import grants_at, grants_of, tell_of_change
from tenants.services.givers import giver_of

MOST = 50
"""Roles that one tenant may have; they are all in one menu."""


@transaction.atomic
def create_role(
    tenant: Tenant, *, actor: Actor, name: str, permissions: Iterable[Perm], description: str = ""
) -> CustomRole:
    """Make a role for the tenant's own staff.

    Raises Refused for a name that is taken or empty, for no permission, and for one that the level or the
    actor does not have.
    """
    wanted = _wanted(tenant, permissions, _giver(tenant, actor))
    locks.hold(f"roles:{tenant.pk}")
    if CustomRole.objects.filter(tenant=tenant).count() >= MOST:
        raise Refused(_("There are %(most)s roles already; that is the most.") % {"most": MOST}, code="many")
    row = CustomRole.objects.create(
        tenant=tenant,
        code=secrets.token_hex(6),
        name=_free_name(tenant, name),
        description=description.strip(),
        permissions=wanted,
        created_at=clock.now(),
    )
    audit.record(actor, "role.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def edit_role(
    role: CustomRole, *, actor: Actor, name: str, permissions: Iterable[Perm], description: str = ""
) -> CustomRole:
    """Change a role for everybody who holds it, at once. Raises Refused as above, and for one's own."""
    row, giver = _locked(role, actor)
    locks.hold(f"roles:{row.tenant_id}")
    before = audit.snapshot(row)
    row.permissions = _wanted(row.tenant, permissions, giver)
    row.name, row.description = _free_name(row.tenant, name, but=row), description.strip()
    row.save(update_fields=["name", "description", "permissions"])
    audit.record(actor, "role.edited", row, before=before, after=audit.snapshot(row))
    tell_of_change(row, row.tenant_id)
    return row


@transaction.atomic
def delete_role(role: CustomRole, *, actor: Actor, reason: str = "") -> None:
    """Take a role away for good. Raises Refused while somebody has it, or had it when his work ended."""
    row, _giver = _locked(role, actor)
    holders = Membership.objects.filter(custom_role=row).count()
    if holders:
        raise Refused(
            ngettext(
                "%(count)s person has this role: give another first.",
                "%(count)s people have this role: give another first.",
                holders,
            )
            % {"count": holders},
            code="in_use",
        )
    audit.record(actor, "role.deleted", row, before=audit.snapshot(row), reason=reason)
    row.delete()


def _giver(tenant: Tenant, actor: Actor) -> Membership | None:
    giver = giver_of(actor)
    if giver is not None and giver.tenant_id != tenant.pk:
        raise Refused(_("Each tenant defines its own roles."), code="not_own_level")
    return giver


def _locked(role: CustomRole, actor: Actor) -> tuple[CustomRole, Membership | None]:
    """The role as it is now, and who changes it. Raises Refused where he may do less than the role."""
    row = locks.locked(CustomRole.objects.filter(pk=role.pk)).select_related("tenant").get()
    giver = _giver(row.tenant, actor)
    if giver is not None:
        if giver.custom_role_id == row.pk:
            raise Refused(_("Somebody else changes the role that you have."), code="own_role")
        if not grants_of(Level(row.tenant.level), row) <= grants_at(giver):
            raise Refused(_("A role cannot be given or changed by one that may do less."), code="beyond")
    return row, giver


def _wanted(tenant: Tenant, permissions: Iterable[Perm], giver: Membership | None) -> list[str]:
    """The permissions as they are stored. Raises Refused."""
    wanted: Grants = frozenset(permissions)
    if not wanted:
        raise Refused(_("Tick what the role may do."), code="empty", field="permissions")
    if not wanted <= grantable(Level(tenant.level)):
        raise Refused(_("Your level does not have all of this."), code="level", field="permissions")
    if giver is not None and not wanted <= grants_at(giver):
        raise Refused(
            _("You cannot give rights that you do not have yourself."), code="beyond", field="permissions"
        )
    return sorted(perm.value for perm in wanted)


def _free_name(tenant: Tenant, name: str, *, but: CustomRole | None = None) -> str:
    """Raises Refused for a name that is empty, another role's, or that of a built-in one."""
    name = " ".join(name.split())
    if not name:
        raise Refused(_("A role has a name."), code="nameless", field="name")
    others = CustomRole.objects.filter(tenant=tenant, name__iexact=name)
    taken = others.exclude(pk=but.pk) if but else others
    built_in = {word.casefold() for role in Role for word in (role.value, str(role.label))}
    if name.casefold() in built_in or taken.exists():
        raise Refused(_("There is a role with this name already."), code="name_taken", field="name")
    return name
