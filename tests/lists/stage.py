"""Lists that exist for the tests only, with every kind of column, filter and action, and rows for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from backoffice.kit.lists import ListFilters, ListTable, Resource, RowAction, Tab, columns, filters
from backoffice.kit.lists.listing import Listing
from backoffice.kit.perms import Grants
from backoffice.kit.scope import unscoped
from backoffice.kit.staff import Reader
from drivers.permissions import DriverPerm
from orders.models import ChargingOrder
from orders.permissions import OrderPerm
from stations.models import Connector, Pile, Station
from stations.permissions import StationPerm
from tenants.models import Tenant
from tenants.selectors import scope_of
from tests.factories.rows import make_row

START = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
ALL_PERMS: Grants = frozenset([*OrderPerm, *StationPerm, *DriverPerm])
READER = Reader(Actor("staff:1", "Li Wei"), ALL_PERMS, "CNY")


class OrderTable(ListTable):
    order_no = columns.Link(
        to="stage.order", key="order_no", sort=True, second=columns.Text("agency__name", head=_("Agency"))
    )
    station = columns.Text(
        "station__name", head=_("Station"), second=columns.Text("pile__name", head=_("Terminal"))
    )
    driver = columns.Phone("driver__phone", head=_("Driver"), see=DriverPerm.SEE_PHONE)
    connector = columns.Text("connector__number", head=_("Connector"), show=lambda number: chr(64 + number))
    started_at = columns.When(zone="zone", sort=True)
    heard = columns.Ago("last_heard_at", head=_("Last message"), shown=False)
    energy_wh = columns.Energy(head=_("Energy, kWh"), total=True, sort=True)
    power = columns.Bar("power_w", "hold", head=_("Power, kW"), scale=1000)
    total = columns.Money(total=True, sort=True)
    idle_fee = columns.Money(total=True, shown=False)
    charge_state = columns.Badge(tones={"charging": "charging"})
    stopped_at = columns.When(sort=True, shown=False)
    soc = columns.Percent("soc_share", head=_("SoC"), shown=False)
    lasted = columns.Duration("lasted_s", head=_("Lasted"), shown=False)
    end_day = columns.Day(head=_("Day"), shown=False)
    plate = columns.Text(perm=OrderPerm.CASE_VIEW)


class OrderFilters(ListFilters):
    order_no = filters.Text()
    tenant = filters.Subtree()
    search = filters.Search("order_no", "pile__name", "plate")
    charge_state = filters.Choice()
    started_at = filters.Period()
    end_day = filters.Period(label=_("Day"))
    energy = filters.Between("energy_wh", unit=1000, label=_("Energy, kWh"))
    total = filters.Amount()
    pile = filters.Related(options=Pile.objects.all, by="identity", search=("identity", "name"))
    plugged = filters.YesNo("pile__online", label=_("Online"))
    length = filters.Cases({"big": (_("Over 10 kWh"), lambda: Q(energy_wh__gt=10_000))}, label=_("Size"))


LEFT = "LEFT"
"""The plate of an order that the list does not show any more."""


def orders() -> QuerySet[ChargingOrder]:
    return ChargingOrder.objects.exclude(plate=LEFT).annotate(
        soc_share=F("soc") / 100.0, lasted_s=F("version") * 60
    )


DONE: list[tuple[str, str]] = []


def flag(row: ChargingOrder, *, actor: Actor, reason: str) -> None:
    """A service that refuses what is flagged."""
    if "flagged" in row.flags:
        raise Refused("It is flagged.", code="flagged")
    row.flags = [*row.flags, "flagged"]
    row.save(update_fields=["flags"])
    DONE.append((row.order_no, reason))


ORDERS = Resource(
    name="stage.orders",
    path="stage/orders/",
    title=_("Orders of the stage"),
    model=ChargingOrder,
    rows=orders,
    table=OrderTable,
    filters=OrderFilters,
    view=OrderPerm.VIEW,
    export=OrderPerm.EXPORT,
    label="order_no",
    order=("-created_at", "-id"),
    detail="stage.order",
    detail_key="order_no",
    tabs=(Tab(name="big", label=_("Big"), rows=lambda: Q(energy_wh__gt=10_000), kind="warn"),),
    actions=(
        RowAction(
            name="flag",
            label=_("Flag"),
            run=flag,
            perm=OrderPerm.STOP,
            icon="warning",
            bulk=True,
            direct=True,
            refused=lambda row: "It is flagged." if "flagged" in row.flags else "",
            needs=("flags",),
        ),
        RowAction(
            name="close",
            label=_("Close"),
            run=flag,
            perm=OrderPerm.FORCE_CLOSE,
            reason=True,
            bulk=True,
            tone="stop",
        ),
        RowAction(
            name="one", label=_("Only one"), run=flag, perm=OrderPerm.STOP, asks=True, hidden=lambda row: True
        ),
    ),
    live="orders",
)


def make_order(tenant: Tenant, number: int = 0, **over: Any) -> ChargingOrder:
    """An order whose figures follow from its number."""
    fields = {
        "order_no": f"ORD-{number:05d}",
        "created_at": START + timedelta(minutes=number),
        "started_at": START + timedelta(minutes=number) if number % 3 else None,
        "energy_wh": number % 7 * 1111,
        "total": number * 101,
        "charge_state": "ended",
        "zone": "Asia/Shanghai",
    }
    order: ChargingOrder = make_row(ChargingOrder, tenant, **fields | over)
    return order


def make_orders(tenant: Tenant, count: int, start: int = 0, **over: Any) -> list[ChargingOrder]:
    """Many orders at one connector, numbered from ``start``."""
    station = make_row(Station, tenant)
    pile = make_row(Pile, tenant, station=station)
    place = {"station": station, "pile": pile, "connector": make_row(Connector, tenant, pile=pile)}
    return [make_order(tenant, number, **place | over) for number in range(start, start + count)]


def listing(query: str = "", reader: Reader = READER, resource: Resource = ORDERS) -> Listing:
    """The list under a query."""
    return Listing(resource, QueryDict(query), reader)


@contextmanager
def looking_from(tenant: Tenant) -> Iterator[None]:
    """Inside the scope of a tenant."""
    with scope_of(tenant.pk):
        yield


def everything() -> Any:
    return unscoped(reason="test data")
