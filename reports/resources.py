"""The list of daily figures: every tenant of the scope, day by day."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Empty
from backoffice.kit.levels import Level
from backoffice.kit.lists import ListFilters, ListTable, Place, Resource, columns, filters
from reports import selectors
from reports.models import DayTotal
from reports.permissions import ReportPerm


class DayTable(ListTable):
    day = columns.Day(sort=True, second=columns.When("restated_at", head=_("Restated")))
    tenant = columns.Text(
        "tenant__name", head=_("Tenant"), sort=True, second=columns.Text("tenant__level", head=_("Level"))
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
