"""The list of daily figures: every tenant of the scope, day by day; and that of links to the big screen."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.frame import Empty, Tone
from backoffice.kit.levels import Level
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
from reports import selectors
from reports.models import DayTotal, LinkState, ShareLink
from reports.permissions import ReportPerm
from reports.sharing import revoke_link


class DayTable(ListTable):
    day = columns.Day(sort=True, second=columns.When("restated_at", head=_("Restated")))
    tenant = columns.Text(
        "tenant__name",
        head=_("Tenant"),
        sort=True,
        second=columns.Text("tenant__level", head=_("Level")),
        css="c-long",
    )
    sessions = columns.Number(sort=True)
    failed = columns.Number(sort=True)
    energy_wh = columns.Energy(head=_("Energy, kWh"), sort=True)
    sharp_wh = columns.Energy(head=_("Sharp, kWh"), shown=False)
    peak_wh = columns.Energy(head=_("Peak, kWh"), shown=False)
    flat_wh = columns.Energy(head=_("Flat, kWh"), shown=False)
    valley_wh = columns.Energy(head=_("Valley, kWh"), shown=False)
    seconds = columns.Duration(head=_("Charging time"), sort=True)
    electricity_fee = columns.Money()
    service_fee = columns.Money()
    idle_fee = columns.Money()
    discount = columns.Money(head=_("Discount"), shown=False)
    total = columns.Money(head=_("Amount"), sort=True)
    refunded = columns.Money()


class DayFilters(ListFilters):
    day = filters.Period()
    level = filters.Choice("tenant__level", choices=Level, label=_("Level"))
    tenant = filters.Subtree()


DAYS = Resource(
    name="reports.days",
    path="reports/days/",
    title=_("Daily figures"),
    model=DayTotal,
    rows=selectors.day_totals,
    table=DayTable,
    filters=DayFilters,
    view=ReportPerm.OVERVIEW,
    export=ReportPerm.EXPORT,
    label="tenant__name",
    order=("-day", "tenant__name", "currency"),
    menu=Place("reports", 10, label=_("Statistical centre")),
    note=_("settled orders by the day on which they ended"),
    empty=Empty(_("No order has been settled yet"), _("Each day with settled orders is listed here.")),
)


LINK_TONES: dict[LinkState, Tone] = {
    LinkState.OPEN: "charging",
    LinkState.EXPIRED: "offline",
    LinkState.REVOKED: "offline",
}


class LinkTable(ListTable):
    name = columns.Text(sort=True, second=columns.Text("shown_name", head=_("Shows")), css="c-name")
    state = columns.Badge("state", head=_("State"), choices=LinkState, tones=LINK_TONES)
    made_by = columns.Text("membership__user__name", head=pgettext_lazy("link", "Made by"))
    created_at = columns.When(sort=True)
    expires_at = columns.When(
        sort=True, second=columns.When("revoked_at", head=pgettext_lazy("link", "Revoked"))
    )
    last_used_at = columns.Ago(sort=True)
    minutes_used = columns.Number(shown=False, sort=True)
    revoked_by = columns.Text(shown=False)


class LinkFilters(ListFilters):
    name = filters.Search("name", "shown_name", label=_("For whom, or what it shows"))
    state = filters.Cases(
        {
            LinkState.OPEN.value: (LinkState.OPEN.label, lambda: Q(state=LinkState.OPEN.value)),
            "over": (pgettext_lazy("link", "Over"), lambda: ~Q(state=LinkState.OPEN.value)),
        },
        label=_("State"),
    )


REVOKE = RowAction(
    name="revoke",
    label=pgettext_lazy("link", "Revoke…"),
    run=revoke_link,
    perm=ReportPerm.SHARE,
    icon="close-circle",
    tone="stop",
    reason=True,
    bulk=True,
    text=_("Whoever has the link sees nothing from now on."),
    done=pgettext_lazy("link", "Revoked."),
    hidden=lambda row: row.revoked_at is not None,
    needs=("revoked_at",),
)

LINKS = Resource(
    name="reports.links",
    path="screen/links/",
    title=_("Big screen"),
    model=ShareLink,
    rows=selectors.share_links,
    table=LinkTable,
    filters=LinkFilters,
    view=ReportPerm.BIG_SCREEN,
    export=ReportPerm.EXPORT,
    label="name",
    order=("-created_at", "-id"),
    menu=Place("map", 20, icon="device"),
    actions=(REVOKE,),
    page_actions=(
        PageAction(
            label=_("Open the screen"),
            to="reports.screen",
            perm=ReportPerm.BIG_SCREEN,
            icon="device",
            tone="",
        ),
        PageAction(label=_("New link"), to="reports.share_new", perm=ReportPerm.SHARE),
    ),
    note=_("links by which others see it"),
    empty=Empty(
        _("No link was made yet"), _("A link shows the big screen to whoever has it, until it expires.")
    ),
)
