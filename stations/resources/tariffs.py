"""The list of tariffs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db.models import Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import cells, clock, figures
from backoffice.kit.frame import Empty
from backoffice.kit.lists import (
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
from backoffice.kit.money import minor_digits
from stations import selectors, tones
from stations.models import AssignmentState, Tariff, TariffAssignment, TariffStatus
from stations.permissions import StationPerm
from stations.services.tariffs import cancel_assignment
from stations.slots import Band


def price_span(lowest, highest, currency):
    """``0.70–2.00``: both fees over all days of the version in force."""
    if lowest is None:
        return ""
    digits = minor_digits(currency)
    cheap, dear = figures.price_text(lowest, digits), figures.price_text(highest, digits)
    return cheap if cheap == dear else f"{cheap}–{dear}"


class Sells(columns.Badge):
    """The state of a tariff, in the colour of what is in force."""

    def html(self, values, reader, second):
        return cells.badge(self.words(values, reader), tones.of_tariff(*values))


class TariffTable(ListTable):
    name = columns.Link(
        to="stations:tariff", sort=("name", "pk"), second=columns.Text("tenant__name", head=_("Owner"))
    )
    currency = columns.Text()
    prices = columns.Text(
        "current_lowest",
        "current_highest",
        "currency",
        head=_("Price per kWh"),
        sort=("current_lowest", "current_highest", "pk"),
        show=price_span,
        css="c-num c-time",
    )
    current = columns.Text(
        "current_number", head=_("In force"), show=lambda number: f"v{number}" if number else _("nothing")
    )
    next_change = columns.When(head=_("Next change"))
    stations = columns.Number("station_count", head=_("Stations"))
    piles = columns.Number("pile_count", head=_("Terminals"))
    is_default = columns.YesNo(no="", tones={True: "accent"})
    waiting = columns.YesNo(no="", tones={True: "waiting"}, head=_("Waits for approval"))
    status = Sells("status", "current_number", choices=TariffStatus, tones=tones.TARIFF)
    rounding = columns.Text(shown=False)
    created_at = columns.When(shown=False, sort=True)


MISSING = {
    Band.SHARP: ("sharp", _("Sharp")),
    Band.PEAK: ("peak", _("Peak")),
    Band.FLAT: ("flat", _("Flat")),
    Band.VALLEY: ("valley", _("Valley")),
}


def without_band(letter):
    """Tariffs whose version in force has no half hour of a band."""
    return ~Q(current_bands__contains=letter)


class NamedBy(filters.Search):
    """Tariffs that a station of the scope names, by part of its name or its code."""

    def condition(self, value):
        return Q(pk__in=selectors.stations_called(value).values("tariff"))


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
    station = NamedBy("pk", label=_("Station"))
    missing = filters.Cases(
        {name: (words, partial(without_band, band.value)) for band, (name, words) in MISSING.items()},
        label=_("Missing band"),
    )


def unpriced():
    """Active tariffs without a version in force: nothing is sold by them."""
    return Q(current_number__isnull=True, status=TariffStatus.ACTIVE)


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
    tabs=(
        Tab(name="waiting", label=_("Waits for approval"), rows=lambda: Q(waiting=True), kind="warn"),
        Tab(name="unpriced", label=_("Nothing in force"), rows=unpriced),
    ),
    page_actions=(
        PageAction(
            label=_("Service fee ceiling…"),
            to="stations:tariff_ceiling",
            perm=StationPerm.TARIFF_MANAGE,
            icon="money",
            asks=True,
            tone="",
        ),
        PageAction(label=_("New tariff"), to="stations:tariff_new", perm=StationPerm.TARIFF_MANAGE),
    ),
    empty=Empty(_("No tariff yet"), _("Write one; stations without a tariff cannot sell.")),
)


class ChangeTable(ListTable):
    station = columns.Text(
        "station__name",
        "pile__name",
        head=_("Station or terminal"),
        show=lambda station, pile: station or pile,
        second=columns.Text("tenant__name", head=_("Agency")),
        css="c-name",
    )
    tariff = columns.Text(
        "tariff__name",
        head=pgettext_lazy("assignment", "New tariff"),
        show=lambda name: name or _("None of its own"),
    )
    due_at = columns.When(sort=True)
    state = columns.Badge(
        choices=AssignmentState, tones=tones.ASSIGNMENT, second=columns.Text("note", head=_("Note"))
    )
    created_by = columns.Text()
    created_at = columns.When(shown=False, sort=True)
    ended_at = columns.When(shown=False)
    batch = columns.Text(shown=False)


class ChangeFilters(ListFilters):
    words = filters.Search("station__name", "station__code", "pile__name", label=_("Station or terminal"))
    agency = filters.Subtree(label=_("Agency"))
    tariff = filters.Text("tariff__name", label=pgettext_lazy("assignment", "New tariff"))
    state = filters.Choice(choices=AssignmentState)
    due_at = filters.Period()
    batch = filters.Text()


CANCEL = RowAction(
    name="cancel",
    label=_("Cancel the change…"),
    run=cancel_assignment,
    perm=StationPerm.TARIFF_MANAGE,
    icon="close",
    reason=True,
    bulk=True,
    needs=("state",),
    hidden=lambda row: row.state != AssignmentState.WAITING,
    text=_("Things stay as they are."),
    done=_("Cancelled."),
)

TARIFF_CHANGES = Resource(
    name="stations.tariff_changes",
    path="tariffs/changes/",
    title=_("Tariff changes"),
    model=TariffAssignment,
    rows=selectors.tariff_changes,
    table=ChangeTable,
    filters=ChangeFilters,
    view=StationPerm.TARIFF_VIEW,
    export=StationPerm.EXPORT,
    label="station__name",
    order=("-due_at", "-id"),
    menu=Place("stations", 55),
    tabs=(
        Tab(
            name="waiting",
            label=_("Waiting"),
            rows=lambda: Q(state=AssignmentState.WAITING),
            kind="warn",
        ),
    ),
    actions=(CANCEL,),
    empty=Empty(_("No change is like this"), _("Stations and terminals get tariffs from their lists.")),
)
