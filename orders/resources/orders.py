"""Orders under way, and orders that are over."""

from __future__ import annotations

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import clock
from backoffice.kit.frame import Empty
from backoffice.kit.levels import Level
from backoffice.kit.lists import (
    ListFilters,
    ListTable,
    Place,
    Resource,
    RowAction,
    Tab,
    columns,
    filters,
)
from drivers.permissions import DriverPerm
from orders import labels, selectors, tones
from orders.models import ChargingOrder, Source
from orders.permissions import OrderPerm
from orders.resources.columns import Began, Charge, Heard, HoldLeft, Lasting, Parts, SoC, driver, station
from orders.resources.filters import (
    OrderNumber,
    account,
    agency,
    longer_than,
    silent_for,
    station as station_filter,
    terminal,
)
from orders.services.starting import cancel_order
from orders.services.stopping import force_close, is_lost, stop_order
from orders.states import LIVE, WAITING, PayState, Stage
from orders.wording import end_words

VERY_LOW_PERCENT = 15
SILENT_MINUTES = 10
LONG_HOURS = 3

UNDER_WAY = (
    Stage.STARTING,
    Stage.CHARGING,
    Stage.SUSPENDED_EV,
    Stage.SUSPENDED_EVSE,
    Stage.STOPPING,
    Stage.LOST,
    Stage.FAULTED,
    Stage.TO_SETTLE,
)
OVER = (
    Stage.OCCUPIED,
    Stage.SETTLED,
    Stage.ARREARS,
    Stage.PARTLY_REFUNDED,
    Stage.REFUNDED,
    Stage.START_FAILED,
    Stage.CANCELLED,
)

NEEDS = (
    "charge_state",
    "stop_missing_since",
    "stop_due_at",
    "pile__online",
    "transaction__flags",
)

STOP = RowAction(
    name="stop",
    label=_("Remote stop…"),
    run=stop_order,
    perm=OrderPerm.STOP,
    icon="stop",
    tone="stop",
    reason=True,
    direct=True,
    bulk=True,
    text=_("The pile is asked to stop. The order ends when the pile says that it did."),
    done=_("The pile is asked to stop."),
    hidden=lambda row: row.charge_state not in LIVE or is_lost(row),
    needs=NEEDS,
)
FORCE_CLOSE = RowAction(
    name="force-close",
    label=_("Close in the database…"),
    run=force_close,
    perm=OrderPerm.FORCE_CLOSE,
    icon="close-circle",
    tone="warn",
    reason=True,
    direct=True,
    text=_("The pile is not spoken to. The order ends by its last reading, and a case is opened."),
    done=_("Closed; a case is open."),
    hidden=lambda row: row.charge_state not in LIVE or not is_lost(row),
    needs=NEEDS,
)
CANCEL = RowAction(
    name="cancel",
    label=_("Cancel the order…"),
    run=cancel_order,
    perm=OrderPerm.STOP,
    icon="close",
    tone="stop",
    reason=True,
    direct=True,
    text=_("The start is given up, and what was set aside goes back."),
    done=_("Cancelled."),
    hidden=lambda row: row.charge_state not in WAITING,
    needs=NEEDS,
)


class RealtimeTable(ListTable):
    order_no = columns.Link(
        to="orders.order",
        key="order_no",
        head=_("Order"),
        second=columns.Text("agency__name", head=_("Agency")),
    )
    station = station()
    driver = driver(second=columns.Text("plate"))
    started_at = Began(zone="zone", sort=True, css="c-hide", second=Lasting("lasted", head=_("Running for")))
    energy_wh = columns.Energy(head=_("kWh"), sort=True, total=True, second=SoC("soc", head=_("SoC")))
    power = columns.Bar("power_now", "rated_kw", head=_("Power, kW"), scale=1000)
    total = Charge(
        head=_("Running fee"), sort=True, total=True, second=Parts("electricity_fee", "service_fee")
    )
    hold_left = HoldLeft("hold_left", "hold", head=_("Hold left"))
    stage = columns.Badge(choices=labels.STAGE, tones=tones.STAGE, head=_("State"))
    last_heard_at = Heard(head=_("Last msg"), sort=True, css="c-hide")
    operator = columns.Text("operator__name", head=_("Operator"), shown=False)
    source = columns.Text(shown=False)
    limit_kind = columns.Text(shown=False)
    hold = columns.Money(shown=False, total=True)
    last_sample_at = columns.Ago(head=_("Last reading"), shown=False)
    card = columns.Text("card__uid", head=_("Card"), shown=False, perm=DriverPerm.SEE_PHONE)


def _silent(minutes: int) -> Q:
    since = clock.ago(minutes=minutes)
    never = Q(last_sample_at__isnull=True, started_at__lt=since)
    return Q(charge_state__in=LIVE) & (Q(last_sample_at__lt=since) | never)


def _running(hours: int) -> Q:
    return Q(charge_state__in=LIVE, started_at__lt=clock.ago(hours=hours))


class RealtimeFilters(ListFilters):
    order_no = OrderNumber()
    agency = agency()
    account = account()
    terminal = terminal()
    stage = filters.Choice(choices={one: labels.STAGE[one] for one in UNDER_WAY}, label=_("State"))
    running = filters.Cases(longer_than((1, 3, 8, 24), _running), label=_("Running longer than"))
    silent = filters.Cases(silent_for((5, 10, 30, 60), _silent), label=_("No meter value"))
    station = station_filter()
    started_at = filters.Period()
    plate = filters.Text()
    source = filters.Choice(choices=Source)


REALTIME = Resource(
    name="orders.realtime",
    path="orders/realtime/",
    title=_("Real-time orders"),
    model=ChargingOrder,
    rows=selectors.realtime_list,
    table=RealtimeTable,
    filters=RealtimeFilters,
    view=OrderPerm.VIEW,
    export=OrderPerm.EXPORT,
    label="order_no",
    order=("-created_at", "-id"),
    detail="orders.order",
    detail_key="order_no",
    inline_filters=6,
    tabs=(
        Tab(
            name="low",
            label=_("Hold under 15 %"),
            rows=lambda: Q(hold__gt=0, hold_left__lt=F("hold") * VERY_LOW_PERCENT / 100),
            kind="bad",
        ),
        Tab(
            name="silent",
            label=_("No meter value for 10 min"),
            rows=lambda: _silent(SILENT_MINUTES),
            kind="warn",
        ),
        Tab(name="long", label=_("Over 3 h"), rows=lambda: _running(LONG_HOURS)),
        Tab(name="lost", label=_("Link lost"), rows=lambda: Q(stage=Stage.LOST), kind="warn"),
    ),
    actions=(STOP, FORCE_CLOSE, CANCEL),
    few=True,
    live="orders connectors piles",
    menu=Place("orders", 10, label=_("Real-time"), waiting=selectors.realtime_orders),
    empty=Empty(
        _("Nothing is charging"), _("Orders appear here when a charge begins, and move by themselves.")
    ),
)


class HistoryTable(ListTable):
    order_no = columns.Link(
        to="orders.order",
        key="order_no",
        head=_("Order"),
        css="c-code",
        second=columns.Text("agency__name", head=_("Agency")),
    )
    station = station()
    driver = driver(second=columns.Text("plate"))
    started_at = Began(zone="zone", sort=True, second=columns.Text("source"))
    stopped_at = Began(zone="zone", sort=True, second=Lasting("lasted", head=_("Charged for")))
    energy_wh = columns.Energy(head=_("kWh"), sort=True, total=True)
    stood = Lasting(
        head=pgettext_lazy("length", "Idle"),
        css="c-hide",
        second=columns.Money("idle_charged", head=_("Idle fee")),
    )
    total = Charge(css="c-two", sort=True, total=True, second=Parts("electricity_fee", "service_fee"))
    paid = columns.Money(head=pgettext_lazy("amount", "Paid"), total=True)
    refunded = columns.Money("given_back", head=_("Refunded"), total=True, css="c-some")
    stage = columns.Badge(
        choices=labels.STAGE,
        tones=tones.STAGE,
        head=_("State"),
        css="c-half",
        second=columns.Text("stop_reason", "failure", head=_("Stop reason"), show=end_words),
    )
    operator = columns.Text("operator__name", head=_("Operator"), shown=False)
    dealer = columns.Text("dealer__name", head=_("Dealer"), shown=False)
    card = columns.Text("card__uid", head=_("Card"), shown=False, perm=DriverPerm.SEE_PHONE)
    sharp_wh = columns.Energy(head=_("Sharp, kWh"), total=True, shown=False)
    peak_wh = columns.Energy(head=_("Peak, kWh"), total=True, shown=False)
    flat_wh = columns.Energy(head=_("Flat, kWh"), total=True, shown=False)
    valley_wh = columns.Energy(head=_("Valley, kWh"), total=True, shown=False)
    discount = columns.Money(total=True, shown=False)
    arrears = columns.Money(total=True, shown=False)
    written_off = columns.Money(total=True, shown=False)
    settled_at = columns.When(zone="zone", shown=False)
    meter_start = columns.Energy(head=_("Meter start, kWh"), shown=False)
    meter_stop = columns.Energy(head=_("Meter stop, kWh"), shown=False)
    soc_start = columns.Number(head=_("SoC at start"), shown=False)
    soc = columns.Number(head=_("SoC at end"), shown=False)
    review_state = columns.Text(shown=False)


class HistoryFilters(ListFilters):
    order_no = OrderNumber()
    agency = agency()
    account = account()
    terminal = terminal()
    stopped_at = filters.Period(label=pgettext_lazy("time", "Ended"))
    started_at = filters.Period(label=_("Started"))
    settled_at = filters.Period(label=pgettext_lazy("time", "Settled"))
    stage = filters.Choice(choices={one: labels.STAGE[one] for one in OVER}, label=_("State"))
    operator = filters.Subtree(level=Level.OPERATOR, label=_("Operator"))
    station = station_filter()
    source = filters.Choice(choices=Source)
    energy_wh = filters.Between(unit=1000, label=_("Energy, kWh"))
    total = filters.Amount()
    plate = filters.Text()
    stop_reason = filters.Choice(choices=labels.STOP_REASON)
    review_state = filters.Choice()


HISTORY = Resource(
    name="orders.history",
    path="orders/history/",
    title=_("Historical orders"),
    model=ChargingOrder,
    rows=selectors.history_list,
    table=HistoryTable,
    filters=HistoryFilters,
    view=OrderPerm.VIEW,
    export=OrderPerm.EXPORT,
    label="order_no",
    order=("-created_at", "-id"),
    detail="orders.order",
    detail_key="order_no",
    inline_filters=5,
    tabs=(Tab(name="owing", label=_("In arrears"), rows=lambda: Q(pay_state=PayState.ARREARS), kind="warn"),),
    menu=Place("orders", 20, label=_("Historical")),
    empty=Empty(
        _("No order has ended yet"),
        _("Orders come here when a charge is over; those that run are under Real-time."),
    ),
)
