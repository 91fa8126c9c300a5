"""The list of tenants."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

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
from backoffice.kit.scope import current_scope
from tenants import selectors
from tenants.models import Tenant, TenantStatus
from tenants.permissions import TenantPerm
from tenants.services import tree

STATUS_TONES: dict[TenantStatus, Tone] = {
    TenantStatus.ACTIVE: "charging",
    TenantStatus.SUSPENDED: "fault",
    TenantStatus.CLOSED: "offline",
}


def is_not_below_us(tenant):
    """What can be done is offered for the next level alone."""
    return tenant.parent_id != current_scope().tenant_id


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
    empty=Empty(_("No tenant yet"), _("Add one of the next level; its owner is invited next.")),
)
