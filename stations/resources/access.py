"""Lists of reservations and of local lists."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.kit import clock
from backoffice.kit.deeds import doer_words
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
from drivers.permissions import DriverPerm
from stations import selectors, tones
from stations.models import ListRule, LocalList, Reservation, ReservationState, letter_of
from stations.models.access import OPEN_RESERVATIONS
from stations.permissions import StationPerm
from stations.services import reservations
from stations.wording import refusal_words, remark_words


def number_words(number):
    """R17: the reservationId as people say it."""
    return f"R{number}"


def connector_words(number):
    """The letter of a connector; connector 0 is any one of them."""
    return letter_of(number) if number else _("any")


class Holder(columns.Phone):
    """For whom it is kept; with its head on a card, where the number of the card stands beside it."""

    css = ""


class ReservationTable(ListTable):
    pile = columns.Link(
        "pile__name",
        to="stations:pile_access",
        key="pile__pk",
        head=_("Terminal"),
        sort=("pile__name", "pk"),
        second=columns.Text("pile__station__name", head=_("Station")),
    )
    number = columns.Text("id", head=_("Number"), show=number_words, sort=("id",))
    connector = columns.Text("connector_number", head=_("Connector"), show=connector_words)
    id_tag = columns.Text(perm=StationPerm.FRAMES_VIEW, second=columns.Text("parent_id_tag"))
    driver = Holder("driver__phone", head=_("Driver"), see=DriverPerm.SEE_PHONE)
    expires_at = columns.When(sort=True)
    state = columns.Badge(
        choices=ReservationState,
        tones=tones.RESERVATION,
        css="c-half",
        second=columns.Text("refusal", show=refusal_words),
    )
    remark = columns.Text(show=remark_words)
    actor_label = columns.Text("actor_label", "actor_ref", show=doer_words, sort=("actor_label", "pk"))
    created_at = columns.When(sort=True, shown=False)
    ended_at = columns.When(sort=True, shown=False)
    transaction_number = columns.Text(shown=False)


class ReservationFilters(ListFilters):
    state = filters.Choice(choices=ReservationState)
    words = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
    station = filters.Text("pile__station__name", label=_("Station"))
    expires_at = filters.Period()
    id_tag = filters.Text(perm=StationPerm.FRAMES_VIEW)
    agency = filters.Subtree(label=_("Agency"))
    over = filters.Cases(
        {
            "soon": (
                _("Within 1 h"),
                lambda: Q(
                    state__in=OPEN_RESERVATIONS,
                    expires_at__range=(clock.now(), clock.now() + timedelta(hours=1)),
                ),
            ),
        },
        label=_("Ends"),
    )


CANCEL = RowAction(
    name="cancel",
    label=_("Cancel the reservation…"),
    run=reservations.cancel,
    perm=StationPerm.RESERVE,
    icon="close-circle",
    tone="warn",
    reason=True,
    bulk=True,
    text=_("The terminal is told. One that is offline is told when it is back."),
    done=_("Being cancelled."),
    hidden=lambda row: row.state not in OPEN_RESERVATIONS,
    needs=("state",),
)

RESERVATIONS = Resource(
    name="stations.reservations",
    path="reservations/",
    title=_("Reservations"),
    model=Reservation,
    rows=selectors.reservation_list,
    table=ReservationTable,
    filters=ReservationFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="id",
    order=("-created_at", "-id"),
    menu=Place("stations", 45),
    actions=(CANCEL,),
    empty=Empty(_("No reservation yet"), _("Reserve a connector on the page of its terminal.")),
    live="reservations",
)


class LocalListTable(ListTable):
    name = columns.Link(
        to="stations:local_list", sort=("name", "pk"), second=columns.Text("tenant__name", head=_("Owner"))
    )
    rule = columns.Text()
    is_default = columns.YesNo(no="", tones={True: "accent"})
    stations = columns.Number("station_count", head=_("Stations"))
    piles = columns.Bar("in_step_count", "pile_count", digits=0, head=_("In step"))
    checked_at = columns.Ago(sort=True)
    created_at = columns.When(shown=False, sort=True)


class LocalListFilters(ListFilters):
    words = filters.Search("name", label=_("Name"))
    rule = filters.Choice(choices=ListRule)
    is_default = filters.YesNo(label=_("Default"))


LOCAL_LISTS = Resource(
    name="stations.local_lists",
    path="local-lists/",
    title=_("Local lists"),
    model=LocalList,
    rows=selectors.local_list_list,
    table=LocalListTable,
    filters=LocalListFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="name",
    order=("name", "id"),
    detail="stations:local_list",
    menu=Place("stations", 47),
    page_actions=(
        PageAction(label=_("New list"), to="stations:local_list_new", perm=StationPerm.LIST_MANAGE),
    ),
    empty=Empty(_("No local list yet"), _("Write one: terminals then know its cards when they are offline.")),
    live="lists",
)
