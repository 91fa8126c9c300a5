"""Who may give rights, and how many: nobody more than he has himself, in the scope that is active.

Each level manages its own people. Where the scope is lifted nobody's rights are asked. In another's name
nobody manages people at all.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.levels import Level
from backoffice.kit.perms import Role
from backoffice.kit.scope import current_scope
from tenants.models import Membership, Tenant
from tenants.rights import AnyRole, grants_at, grants_of
from tenants.selectors import in_force, owners_of


def giver_of(actor: Actor) -> Membership | None:
    """The actor's membership in the active scope; None where the scope is lifted. Raises Refused."""
    tenant_id = current_scope().tenant_id
    if tenant_id is None:
        return None
    if actor.on_behalf_ref:
        raise Refused(_("Staff are not managed in another's name."), code="acting")
    kind, _colon, key = actor.ref.partition(":")
    if kind == "staff":
        own = Membership.objects.select_related("tenant", "custom_role")
        row = in_force(own.filter(tenant_id=tenant_id, user_id=int(key))).first()
        if row is not None:
            return row
    raise Refused(_("You do not work here."), code="no_member")


def require_right(actor: Actor, tenant: Tenant, role: AnyRole, *, from_above: bool = False) -> None:
    """May the actor give this role at this tenant, or take it? Raises Refused."""
    giver = giver_of(actor)
    if giver is None:
        return
    if giver.tenant_id == tenant.pk:
        if not grants_of(Level(tenant.level), role) <= grants_at(giver):
            raise Refused(
                _("A role cannot be given or changed by one that may do less."), code="role", field="role"
            )
        return
    help_from_above = tenant.parent_id == giver.tenant_id and role is Role.OWNER
    if not help_from_above:
        raise Refused(_("Each level manages its own staff."), code="not_own_level")
    if not from_above and owners_of(tenant.pk).exists():
        raise Refused(
            _("%(name)s has an owner, who adds the others.") % {"name": tenant.name}, code="has_owner"
        )
