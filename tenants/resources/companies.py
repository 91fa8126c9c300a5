"""The list of tenants."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _, ngettext

from backoffice.kit import clock, figures
from backoffice.kit.frame import Empty, Tone
from backoffice.kit.levels import Level
from backoffice.kit.lists import (
    BulkPage,
    ListFilters,
    ListTable,
    PageAction,
    Place,
    Resource,
    RowAction,
    Tab,
    columns,
    filters,
)
from backoffice.kit.lists.filters.relations import CHOICES_SHOWN
from backoffice.kit.money import Money
from backoffice.kit.scope import current_scope
from tenants import hooks, selectors
from tenants.models import Tenant, TenantStatus
from tenants.permissions import TenantPerm
from tenants.services import tree
from tenants.states import SETTING_UP, TenantState, days_left

STATUS_TONES: dict[TenantStatus, Tone] = {
    TenantStatus.DRAFT: "idle",
    TenantStatus.SUBMITTED: "waiting",
    TenantStatus.ACTIVE: "charging",
    TenantStatus.SUSPENDED: "fault",
    TenantStatus.EXPIRED: "waiting",
    TenantStatus.CLOSED: "offline",
}


SOON_DAYS = 30
"""What ends within so many days is to be renewed now."""


def is_not_below_us(tenant):
    """What can be done is offered for the next level alone."""
    return tenant.parent_id != current_scope().tenant_id


SUSPEND = RowAction(
    name="suspend",
    label=_("Suspend…"),
    run=tree.suspend_tenant,
    perm=TenantPerm.MANAGE,
    icon="lock",
    tone="stop",
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
ACTIVATE = RowAction(
    name="activate",
    label=_("Activate…"),
    run=tree.activate_tenant,
    perm=TenantPerm.MANAGE,
    icon="play",
    asks=True,
    bulk=True,
    text=_("From now on its staff sign in, and drivers charge there."),
    done=_("Activated."),
    hidden=lambda row: is_not_below_us(row) or TenantState(row.status) not in SETTING_UP,
    needs=("parent__id", "status"),
)
RETURN = RowAction(
    name="return",
    label=_("Give the papers back…"),
    run=tree.return_tenant,
    perm=TenantPerm.MANAGE,
    icon="close-circle",
    tone="warn",
    reason=True,
    text=_("Its own people read the reason, put it right and submit it again."),
    done=_("Given back."),
    hidden=lambda row: is_not_below_us(row) or row.status != TenantStatus.SUBMITTED,
    needs=("parent__id", "status"),
)


def amounts_words(amounts):
    """Money of several currencies side by side, as the totals of days have it."""
    return figures.sums_text(
        figures.money_text(Money(one["total"], one["currency"])) for one in amounts or ()
    )


def left_words(contract_to):
    """How long a contract still holds."""
    left = days_left(contract_to, timezone.localdate(clock.now()))
    if left is None:
        return ""
    if left < 0:
        return _("over")
    return ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}


class DaysLeft(columns.Text):
    """How long a contract still holds: amber when it ends soon, red when it is over; in Excel words alone."""

    def words(self, values, reader):
        left = days_left(values[0], timezone.localdate(clock.now()))
        if left is None or left > SOON_DAYS:
            return left_words(values[0])
        return format_html(
            '<span class="t-{}">{}</span>', "waiting" if left >= 0 else "fault", left_words(values[0])
        )

    def typed(self, values, reader):
        return [str(left_words(values[0]))]


class TenantTable(ListTable):
    name = columns.Link(to="tenants:tenant", sort=("name", "pk"), second=columns.Text("code"))
    level = columns.Text(second=columns.Text("above", head=_("Level above")), css="c-tight")
    contact = columns.Text(second=columns.Text("phone"), css="c-tight")
    stations = columns.Number(head=_("Stations"))
    online = columns.Online("online", "piles", head=_("Terminals online"))
    piles = columns.Number(head=_("Terminals"), shown=False)
    orders_today = columns.Number(head=_("Orders today"))
    energy_today = columns.Energy(head=_("Energy today, kWh"))
    revenue_today = columns.Text(head=_("Revenue today"), show=amounts_words, css="c-num c-sums")
    contract_to = columns.Day(
        head=_("Contract ends"),
        sort=True,
        second=DaysLeft("contract_to", head=_("Days left")),
    )
    status = columns.Badge(tones=STATUS_TONES)
    region = columns.Text(shown=False, sort=True)
    licence_no = columns.Text(shown=False)
    contract_no = columns.Text(shown=False)
    contract_from = columns.Day(shown=False)
    quota_users = columns.Number(shown=False)
    quota_stations = columns.Number(shown=False)
    quota_terminals = columns.Number(shown=False)
    status_reason = columns.Text(shown=False)
    created_at = columns.When(shown=False, sort=True)


def _ends_within(days):
    today = clock.now().date()
    return Q(contract_to__gte=today, contract_to__lte=today + timedelta(days=days))


class Below(filters.Related):
    """A tenant and everything below it, picked from the tree: each level stands in under the one above."""

    def __init__(self, **extra):
        super().__init__(
            "pk", options=selectors.tenants, by="code", search=("name", "code"), label=_("Below"), **extra
        )

    def suggestions(self, typed, limit=CHOICES_SHOWN):
        rows = list(self._matching(typed)[:limit])
        top = min((row.depth for row in rows), default=0)
        return [(row.code, "\u2003" * (row.depth - top) + row.name) for row in rows]

    def condition(self, value):
        return Q(pk__in=[pk for row in value.rows for pk in selectors.subtree_ids(row.pk)])


class TenantFilters(ListFilters):
    words = filters.Search("name", "code", "contact", "phone", "licence_no", "contract_no")
    below = Below()
    status = filters.Choice()
    region = filters.Text()
    level = filters.Choice()
    contract = filters.Cases(
        {
            "30": (_("Ends within 30 days"), lambda: _ends_within(30)),
            "90": (_("Ends within 90 days"), lambda: _ends_within(90)),
            "over": (_("Has ended"), lambda: Q(contract_to__lt=clock.now().date())),
        },
        label=_("Contract"),
    )
    alarms = filters.Cases({"open": (_("Has open alarms"), hooks.alarmed)}, label=_("Alarms"))


def _stands_above(level):
    own = current_scope().level
    return own is None or own.depth < level.depth


def _level_tab(level, label):
    """The tenants of one level, for whoever stands above it."""
    return Tab(
        name=level.value,
        label=label,
        rows=lambda: Q(level=level),
        offered=lambda: _stands_above(level),
    )


REVIEW = "review"
"""The tab with those whose papers wait for us."""

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
    tabs=(
        _level_tab(Level.DEALER, _("Dealers")),
        _level_tab(Level.OPERATOR, _("Operators")),
        _level_tab(Level.AGENCY, _("Agencies")),
        Tab(
            name="ending",
            label=_("Contract ends within 30 days"),
            rows=lambda: _ends_within(SOON_DAYS) & ~Q(status=TenantStatus.CLOSED),
            kind="warn",
        ),
        Tab(
            name=REVIEW,
            label=_("For us to review"),
            rows=lambda: Q(pk__in=selectors.waiting_for_review().values("pk")),
            kind="warn",
            offered=lambda: current_scope().level != Level.AGENCY,
        ),
    ),
    actions=(SUSPEND, RESUME, ACTIVATE, RETURN),
    bulk_pages=(
        BulkPage(label=_("Edit…"), to="tenants:bulk", perms=frozenset({TenantPerm.MANAGE}), icon="edit"),
    ),
    page_actions=(PageAction(label=_("New tenant"), to="tenants:create", perm=TenantPerm.MANAGE),),
    empty=Empty(_("No tenant yet"), _("Add one of the next level; its owner is invited next.")),
)
