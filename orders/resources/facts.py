"""What piles reported: transactions, and the stops that belong to none."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Empty, Words
from backoffice.kit.lists import ListFilters, ListTable, Place, Resource, Tab, columns, filters
from backoffice.kit.lists.columns.base import Values
from backoffice.kit.staff import Reader
from orders import labels, selectors
from orders.models import LooseFact, Transaction
from orders.permissions import OrderPerm
from orders.resources.columns import Began, Lasting, Meter, driver, station
from orders.resources.filters import OrderNumber, account, agency, station as station_filter, terminal
from orders.states import FactFlag
from orders.wording import fact_flag_words, loose_words, stop_words
from stations.permissions import StationPerm

ZONE = "pile__station__timezone"
"""The station's clock; empty where it is that of its tenant, which is then the reader's."""


def _flagged(flag: str) -> Q:
    return Q(flags__contains=[flag])


def _without_a_stop() -> Q:
    return Q(stop_received_at__isnull=True) & ~selectors.RUNNING


class Stopped(Began):
    """When it ended; a word where it has not ended yet, so that it does not look like one whose stop was lost."""

    def __init__(self, **options: Any) -> None:
        super().__init__("stopped_at", "running", **options)

    def html(self, values: Values, reader: Reader, second: Words) -> Words:
        return str(self.words(values, reader)) if values[1] else super().html(values, reader, second)

    def words(self, values: Values, reader: Reader) -> Words:
        return _("running") if values[1] else super().words(values, reader)


class TransactionTable(ListTable):
    transaction = columns.Text(
        "id",
        head=_("Transaction"),
        css="c-name c-tight",
        second=columns.Text("agency__name", head=_("Agency")),
    )
    order_no = columns.Link("order_no", to="orders.order", key="order_no", head=_("Order"), css="c-who")
    station = station("pile__station__name", "pile__name", "connector_number")
    driver = driver("order__", shown=False)
    id_tag = columns.Text(css="c-wide", perm=StationPerm.FRAMES_VIEW)
    started_at = columns.When(
        zone=ZONE, sort=True, second=columns.When("start_received_at", zone=ZONE, head=_("received"))
    )
    stopped_at = Stopped(zone=ZONE, sort=True, second=columns.Text("stop_reason", show=stop_words))
    meter_start = Meter(head=_("Meter start, kWh"), css="c-time", second=Meter("meter_stop", head=_("stop")))
    metered_wh = columns.Energy(head=_("kWh"), total=True)
    flags = columns.Text(head=_("Odd"), show=fact_flag_words, css="c-some")
    upload_delay = Lasting(head=_("Upload delay"), shown=False)
    last_sample_at = columns.When(zone=ZONE, head=_("Last reading"), shown=False)


class TransactionFilters(ListFilters):
    order_no = OrderNumber("order__order_no")
    agency = agency()
    account = account("order__")
    terminal = terminal()
    transaction = filters.Between("id", label=_("Transaction"))
    started_at = filters.Period()
    stopped_at = filters.Period()
    station = station_filter("pile__station")
    odd = filters.Cases(
        {one.value: (labels.FACT_FLAG[one], partial(_flagged, one.value)) for one in FactFlag},
        label=_("Odd"),
    )
    stop_reason = filters.Choice(choices=labels.STOP_REASON)


TRANSACTIONS = Resource(
    name="orders.transactions",
    path="orders/transactions/",
    title=_("Transactions"),
    note=_("as the piles reported them"),
    model=Transaction,
    rows=selectors.transaction_list,
    table=TransactionTable,
    filters=TransactionFilters,
    view=OrderPerm.VIEW,
    export=OrderPerm.EXPORT,
    label="id",
    order=("-started_at", "-id"),
    tabs=(Tab(name="open", label=_("Without a stop"), rows=_without_a_stop),),
    menu=Place("orders", 40),
    empty=Empty(_("No transaction yet"), _("Every start that a pile reports is kept here.")),
)


class LooseTable(ListTable):
    kind = columns.Text(
        "flags",
        head=_("What"),
        show=loose_words,
        css="c-name c-long",
        second=columns.Text("agency__name", head=_("Agency")),
    )
    station = station("pile__station__name", "pile__name", "connector_number")
    claimed_transaction_id = columns.Text()
    meter_stop = Meter(head=_("Meter stop, kWh"), css="c-time")
    reason = columns.Text(head=_("Stop reason"), show=stop_words)
    at = columns.When(zone=ZONE, sort=True)
    received_at = columns.When(zone=ZONE, sort=True)
    attached_to = columns.Text("attached_to__id", head=_("Contradicts"))
    case_number = columns.Link(
        "case_number",
        to="orders.case",
        key="case_number",
        to_perm=OrderPerm.CASE_VIEW,
        head=_("Case"),
        css="c-who",
    )


class LooseFilters(ListFilters):
    kind = filters.Cases(
        {name: (words, partial(_flagged, name)) for name, words in labels.LOOSE.items()},
        label=_("What"),
    )
    agency = agency()
    terminal = terminal()
    at = filters.Period()
    station = station_filter("pile__station")
    claimed_transaction_id = filters.Between()


LOOSE = Resource(
    name="orders.loose",
    path="orders/loose/",
    title=_("Loose stops"),
    note=_("that belong to no transaction, or contradict one"),
    model=LooseFact,
    rows=selectors.loose_fact_list,
    table=LooseTable,
    filters=LooseFilters,
    view=OrderPerm.VIEW,
    export=OrderPerm.EXPORT,
    label="flags",
    order=("-at", "-id"),
    menu=Place("orders", 50),
    empty=Empty(_("No loose stop"), _("A stop that fits nowhere is kept whole and stands here.")),
)
