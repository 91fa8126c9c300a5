"""Who looks, and at what: the pages that people keep open all day, with the conditions that they filter by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse

from backoffice.kit import clock
from benchmarks.size.estate import FIRST_AGENCY, FIRST_OPERATOR
from drivers.models import Driver
from orders.models import ChargingOrder
from tenants.models import Tenant

ZOOMS = {"the country": (4, 33.0, 110.0), "a region": (7, 31.2, 121.4), "a city": (11, 31.2, 121.4)}


@dataclass(frozen=True)
class Viewer:
    """An owner of a tenant, and what he might look for."""

    name: str
    tenant_id: int
    level: str
    order_no: str
    agency: str
    pile: str
    phone: str
    at: datetime = field(default_factory=clock.now)


@dataclass(frozen=True)
class Page:
    """``turns``: how often "next" is pressed before it is measured."""

    name: str
    url: str
    turns: int = 0
    is_map: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def viewers() -> list[Viewer]:
    """An agency with a tenth of all orders, its operator, the manufacturer, and an agency with hardly any."""
    last = Tenant.objects.filter(level="agency").order_by("-pk").values_list("pk", flat=True)[0]
    return [
        _viewer("agency", FIRST_AGENCY),
        _viewer("operator", FIRST_OPERATOR),
        _viewer("manufacturer", 1),
        _viewer("quiet agency", last),
    ]


def _viewer(name: str, tenant_id: int) -> Viewer:
    tenant = Tenant.objects.get(pk=tenant_id)
    orders = ChargingOrder.objects.filter(**{f"{tenant.level}_id": tenant_id})
    order = orders.select_related("agency", "pile", "driver").order_by("-created_at", "-id")[3000 % 40]
    return Viewer(
        name,
        tenant_id,
        tenant.level,
        order.order_no,
        order.agency.code,
        order.pile.name,
        order.driver.phone if order.driver else Driver.objects.all()[0].phone,
    )


def _window(zoom: int, latitude: float, longitude: float) -> str:
    """The query of a map in a usual window, 1,110 x 900 px, around this place."""
    half = 360 / 256 / 2**zoom / 2
    wide, high = 1110 * half, 900 * half * 0.85
    sides = (longitude - wide, latitude - high, longitude + wide, latitude + high)
    return f"z={zoom}&bbox={','.join(f'{side:.5f}' for side in sides)}"


def pages_for(viewer: Viewer) -> Iterator[Page]:
    """The pages of one viewer."""
    history = reverse("orders.history")
    yield Page("overview", reverse("reports.overview"))
    yield Page("real-time orders", reverse("orders.realtime"))
    yield Page("historical orders, first page", history)
    yield Page("… its rows alone (htmx)", history, headers={"HX-Request": "true"})
    yield Page("… by order number", f"{history}?order_no={viewer.order_no}")
    yield Page("… by part of a number", f"{history}?order_no={viewer.order_no[-6:]}")
    yield Page("… by agency", f"{history}?agency={viewer.agency}")
    yield Page("… by user account", f"{history}?account={viewer.phone.replace('+', '%2B')}")
    yield Page("… by last four digits", f"{history}?account={viewer.phone[-4:]}")
    yield Page("… by terminal name", f"{history}?terminal={viewer.pile}")
    yield Page("… that nobody has", f"{history}?terminal=nobody")
    if viewer.name != "quiet agency":
        yield Page("… page 50", history, turns=49)
    yield Page("an order", reverse("orders.order", args=[viewer.order_no]))
    yield Page("abnormal cases", reverse("orders.cases"))
    yield Page("stations", reverse("stations.stations"))
    yield Page("terminals", reverse("stations.piles"))
    yield Page("alarms", reverse("alarms.failure"))
    yield Page("tenants", reverse("tenants"))
    yield Page("live map, its page", reverse("stations:map"))
    for words, place in ZOOMS.items():
        yield Page(f"live map, {words}", f"{reverse('stations:map_view')}?{_window(*place)}", is_map=True)
