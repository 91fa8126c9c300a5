"""The lists of tenants and of their staff."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import clock
from backoffice.kit.frame import Empty, Tone
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
from backoffice.kit.perms import Role
from backoffice.kit.scope import current_scope
from tenants import selectors
from tenants.models import Membership, Tenant, TenantStatus
from tenants.permissions import TenantPerm
from tenants.services import staff, tree

STATUS_TONES: dict[TenantStatus, Tone] = {
    TenantStatus.ACTIVE: "charging",
    TenantStatus.SUSPENDED: "fault",
    TenantStatus.CLOSED: "offline",
}


def is_not_below_us(tenant):
    """What can be done is offered for the next level alone."""
    return tenant.parent_id != current_scope().tenant_id


def is_not_ours(member):
    """Each level manages its own staff."""
    return member.tenant_id != current_scope().tenant_id


SUSPEND = RowAction(
    name="suspend",
    label=_("Suspend…"),
    run=tree.suspend_tenant,
    perm=TenantPerm.MANAGE,
    icon="lock",
    tone="warn",
    reason=True,
    bulk=True,
    text=_("Running sessions end normally. New sessions and staff sign-ins below it are refused."),
    done=_("Suspended."),
    hidden=lambda row: is_not_below_us(row) or row.status != TenantStatus.ACTIVE,
    needs=("parent__id", "status"),
)
RESUME = RowAction(
    name="resume",
    label=_("Resume…"),
    run=tree.resume_tenant,
    perm=TenantPerm.MANAGE,
    icon="play",
    reason=True,
    bulk=True,
    done=_("Resumed."),
    hidden=lambda row: is_not_below_us(row) or row.status != TenantStatus.SUSPENDED,
    needs=("parent__id", "status"),
)
CLOSE = RowAction(
    name="close",
    label=_("Close…"),
    run=tree.close_tenant,
    perm=TenantPerm.CLOSE,
    icon="close-circle",
    tone="stop",
    reason=True,
    text=_("For good. It must have no tenants, stations, open orders or balances left."),
    done=_("Closed."),
    hidden=lambda row: is_not_below_us(row) or row.status == TenantStatus.CLOSED,
    needs=("parent__id", "status"),
)


class TenantTable(ListTable):
    name = columns.Link(to="tenants:tenant", sort=("name", "pk"), second=columns.Text("code"))
    level = columns.Text()
    above = columns.Text(head=_("Level above"))
    contact = columns.Text(second=columns.Text("phone"))
    stations = columns.Number(head=_("Stations"))
    piles = columns.Number(head=_("Terminals"))
    online = columns.Number(head=_("Online"))
    contract_to = columns.Day(head=_("Contract ends"), sort=True)
    status = columns.Badge(tones=STATUS_TONES)
    status_reason = columns.Text(shown=False)
    created_at = columns.When(shown=False, sort=True)


def _ends_within(days):
    today = clock.now().date()
    return Q(contract_to__gte=today, contract_to__lte=today + timedelta(days=days))


class TenantFilters(ListFilters):
    words = filters.Search("name", "code", "contact", "phone")
    level = filters.Choice()
    status = filters.Choice()
    parent = filters.Related(
        options=selectors.tenants_by_name, by="code", search=("name", "code"), label=_("Level above")
    )
    contract = filters.Cases(
        {
            "30": (_("Ends within 30 days"), lambda: _ends_within(30)),
            "90": (_("Ends within 90 days"), lambda: _ends_within(90)),
            "over": (_("Has ended"), lambda: Q(contract_to__lt=clock.now().date())),
        },
        label=_("Contract"),
    )


TENANTS = Resource(
    name="tenants",
    path="tenants/",
    title=_("Tenants"),
    model=Tenant,
    rows=selectors.tenants_listed,
    table=TenantTable,
    filters=TenantFilters,
    view=TenantPerm.VIEW,
    export=TenantPerm.EXPORT,
    label="name",
    order=("tree_id", "lft", "id"),
    detail="tenants:tenant",
    menu=Place("tenants", 10),
    actions=(SUSPEND, RESUME, CLOSE),
    page_actions=(PageAction(label=_("New tenant"), to="tenants:create", perm=TenantPerm.MANAGE),),
    empty=Empty(_("No tenant is like this"), _("Remove a filter, or add a tenant of the next level.")),
)

WORKS = {True: _("Works"), False: _("Ended")}


class StaffTable(ListTable):
    name = columns.Link(
        "user__name",
        to="tenants:member",
        sort=("user__name", "pk"),
        head=pgettext_lazy("person", "Name"),
        second=columns.Text("user__email"),
    )
    role = columns.Text(sort=True)
    tenant = columns.Text("tenant__name", head=_("Tenant"), second=columns.Text("tenant__level"))
    is_active = columns.Badge(choices=WORKS, tones={True: "charging", False: "offline"}, head=_("State"))
    valid_from = columns.Day(head=_("First day"))
    valid_to = columns.Day(head=_("Last day"))
    last_login = columns.When("user__last_login", head=_("Last sign-in"))
    created_at = columns.When(shown=False, sort=True)


class StaffFilters(ListFilters):
    words = filters.Search("user__name", "user__email")
    role = filters.Choice()
    is_active = filters.YesNo(yes=WORKS[True], no=WORKS[False], label=_("State"))
    tenant = filters.Subtree(label=_("Tenant"))


DEACTIVATE = RowAction(
    name="deactivate",
    label=_("End…"),
    run=staff.deactivate_member,
    perm=TenantPerm.STAFF_MANAGE,
    icon="lock",
    tone="warn",
    reason=True,
    bulk=True,
    text=_("From this moment on, in running sessions too, nothing here can be seen or done any more."),
    done=_("Ended."),
    hidden=lambda row: is_not_ours(row) or not row.is_active,
    needs=("tenant__id", "is_active"),
)
REACTIVATE = RowAction(
    name="reactivate",
    label=_("Let in again…"),
    run=staff.reactivate_member,
    perm=TenantPerm.STAFF_MANAGE,
    icon="unlock",
    reason=True,
    done=_("Let in again."),
    hidden=lambda row: is_not_ours(row) or row.is_active,
    needs=("tenant__id", "is_active"),
)
SEND_LINK = RowAction(
    name="link",
    label=_("Send a password link…"),
    run=staff.send_link,
    perm=TenantPerm.STAFF_MANAGE,
    icon="key",
    asks=True,
    text=_(
        "A link that sets a new password once goes to the person's email. The old password stays until then."
    ),
    done=_("The link was sent."),
    hidden=lambda row: (
        not row.is_active or (is_not_ours(row) and (row.role != Role.OWNER or is_not_below_us(row.tenant)))
    ),
    needs=("tenant__parent__id", "is_active", "role"),
)

STAFF = Resource(
    name="staff",
    path="system/staff/",
    title=_("Staff"),
    model=Membership,
    rows=selectors.members,
    table=StaffTable,
    filters=StaffFilters,
    view=TenantPerm.STAFF_VIEW,
    export=TenantPerm.EXPORT,
    label="user__name",
    order=("tenant__name", "user__name", "id"),
    detail="tenants:member",
    menu=Place("system", 20),
    actions=(DEACTIVATE, REACTIVATE, SEND_LINK),
    page_actions=(PageAction(label=_("Add a person"), to="tenants:invite", perm=TenantPerm.STAFF_MANAGE),),
    empty=Empty(_("Nobody is like this"), _("Remove a filter, or add a person.")),
)
