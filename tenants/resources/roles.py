"""The list of roles that tenants defined for their own staff."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Empty
from backoffice.kit.lists import (
    ListFilters,
    ListTable,
    PageAction,
    Place,
    Resource,
    RowAction,
    columns,
    filters,
)
from tenants import selectors
from tenants.models import CustomRole
from tenants.permissions import TenantPerm
from tenants.resources.people import is_not_ours
from tenants.services import roles


def how_many(permissions):
    """Of a list that is one cell."""
    return str(len(permissions))


class RoleTable(ListTable):
    name = columns.Link(to="tenants:role", sort=("name", "pk"))
    description = columns.Text(css="c-wide")
    holders = columns.Number(head=_("Staff"))
    permissions = columns.Text(head=_("May do"), show=how_many, css="c-num")
    tenant = columns.Text("tenant__name", head=_("Tenant"), second=columns.Text("tenant__level"))
    created_at = columns.When(sort=True)


class RoleFilters(ListFilters):
    words = filters.Search("name", "description")
    tenant = filters.Subtree(label=_("Tenant"))


DELETE = RowAction(
    name="delete",
    label=_("Delete…"),
    run=roles.delete_role,
    perm=TenantPerm.STAFF_MANAGE,
    icon="trash",
    tone="stop",
    reason=True,
    text=_("For good. Nobody may have it any more."),
    done=_("Deleted."),
    hidden=is_not_ours,
    needs=("tenant__id",),
)

ROLES = Resource(
    name="roles",
    path="system/roles/",
    title=_("Roles"),
    model=CustomRole,
    rows=selectors.roles,
    table=RoleTable,
    filters=RoleFilters,
    view=TenantPerm.STAFF_VIEW,
    export=TenantPerm.EXPORT,
    label="name",
    order=("name", "id"),
    detail="tenants:role",
    menu=Place("system", 25),
    actions=(DELETE,),
    page_actions=(
        PageAction(
            label=_("Built-in roles"),
            to="tenants:built_in_roles",
            perm=TenantPerm.STAFF_VIEW,
            icon="shield",
            tone="",
        ),
        PageAction(label=_("New role"), to="tenants:role_new", perm=TenantPerm.STAFF_MANAGE),
    ),
    empty=Empty(
        _("No role of your own yet"),
        _("The built-in roles are always there. Make one of your own where none of them fits."),
    ),
)
