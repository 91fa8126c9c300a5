"""The list of tariffs."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.kit import clock
from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, PageAction, Place, Resource, columns, filters
from stations import selectors, tones
from stations.models import Tariff, TariffStatus
from stations.permissions import StationPerm


class TariffTable(ListTable):
    name = columns.Link(to="stations:tariff", sort=("name", "pk"), second=columns.Text("tenant__name"))
    currency = columns.Text()
    current = columns.Text(
        "current_number", head=_("In force"), show=lambda number: f"v{number}" if number else _("nothing")
    )
    next_change = columns.When(head=_("Next change"))
    stations = columns.Number("station_count", head=_("Stations"))
    piles = columns.Number("pile_count", head=_("Terminals"))
    is_default = columns.YesNo(tones={True: "accent"})
    status = columns.Badge(choices=TariffStatus, tones=tones.TARIFF)
    rounding = columns.Text(shown=False)
    created_at = columns.When(shown=False, sort=True)


class TariffFilters(ListFilters):
    words = filters.Search("name", label=_("Name"))
    owner = filters.Text("tenant__name", label=_("Owner"))
    status = filters.Choice(choices=TariffStatus)
    change = filters.Cases(
        {
            "week": (_("Within 7 days"), lambda: Q(next_change__lt=clock.now() + timedelta(days=7))),
            "month": (_("Within 30 days"), lambda: Q(next_change__lt=clock.now() + timedelta(days=30))),
            "none": (_("Nothing in force"), lambda: Q(current_number__isnull=True)),
        },
        label=_("Changes"),
    )


TARIFFS = Resource(
    name="stations.tariffs",
    path="tariffs/",
    title=_("Tariffs"),
    model=Tariff,
    rows=selectors.tariff_list,
    table=TariffTable,
    filters=TariffFilters,
    view=StationPerm.TARIFF_VIEW,
    export=StationPerm.EXPORT,
    label="name",
    order=("name", "id"),
    detail="stations:tariff",
    menu=Place("stations", 50),
    page_actions=(
        PageAction(label=_("New tariff"), to="stations:tariff_new", perm=StationPerm.TARIFF_MANAGE),
    ),
    empty=Empty(_("No tariff yet"), _("Write one; stations without a tariff cannot sell.")),
)
