"""Settled orders of chosen days, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from backoffice.kit import clock
from backoffice.kit.scope import path_of_tenant, unscoped
from orders import hooks
from orders.models import ChargingOrder
from reports import services
from stations.models import Connector
from tenants.models import Tenant
from tests.factories.rows import make_row

ZONE = "Asia/Shanghai"
_numbers = count(1)


@dataclass(frozen=True)
class Place:
    """A tenant with a connector."""

    tenant: Tenant
    connector: Connector


def make_place(tenant: Tenant) -> Place:
    return Place(tenant, make_row(Connector, tenant))


def make_order(place: Place, day: date, **over: Any) -> ChargingOrder:
    """A settled order of half an hour that ended at noon, with the mark that its settlement leaves."""
    number = next(_numbers)
    ended = datetime.combine(day, time(12), ZoneInfo(ZONE)).astimezone(UTC)
    wh = over.get("energy_wh", 20_000)
    began = over.get("started_at", ended - timedelta(minutes=30))
    fields = {
        "order_no": f"T-{number}",
        "public_id": f"t{number}",
        "station_id": place.connector.pile.station_id,
        "pile_id": place.connector.pile_id,
        "connector_id": place.connector.pk,
        "source": "card",
        "charge_state": "ended",
        "pay_state": "settled",
        "currency": "CNY",
        "zone": ZONE,
        "created_at": began,
        "started_at": began,
        "stopped_at": ended,
        "settled_at": clock.now(),
        "end_day": day,
        "energy_wh": wh,
        "flat_wh": wh,
        "electricity_fee": 1_400,
        "service_fee": 900,
        "total": 2_300,
        "bill": {"slots": [{"day": day.isoformat(), "number": 23, "wh": wh}]},
    }
    with unscoped(reason="test data"), transaction.atomic():
        order = ChargingOrder.objects.create(**path_of_tenant(place.tenant.pk).as_columns() | fields | over)
        if order.settled_at is not None:
            hooks.settled(order)
    return order


def refresh() -> int:
    """What the sweep does."""
    with unscoped(reason="test of the sweep"):
        return services.refresh_totals()


def expected(orders: Iterable[ChargingOrder], tenant: Tenant) -> dict[tuple[date, str], dict[str, int]]:
    """The totals of a tenant, added up order by order."""
    sums: dict[tuple[date, str], dict[str, int]] = {}
    for order in orders:
        if order.settled_at is None or order.end_day is None or tenant.pk not in order.path.ids:
            continue
        row = sums.setdefault((order.end_day, order.currency), dict.fromkeys(COLUMNS, 0))
        assert order.started_at is not None and order.stopped_at is not None
        row["sessions"] += 1
        row["seconds"] += int((order.stopped_at - order.started_at).total_seconds())
        for name in COLUMNS[2:]:
            row[name] += getattr(order, name)
    return sums


COLUMNS = (
    "sessions",
    "seconds",
    "energy_wh",
    "electricity_fee",
    "service_fee",
    "idle_fee",
    "total",
    "refunded",
)
