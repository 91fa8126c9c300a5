"""Which page a charge has now, by its states: waiting for the plug, live, out of touch, failed, ending, receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from backoffice.kit.money import Money
from orders import selectors as orders
from orders.models import ChargingOrder
from orders.states import LIVE, NEVER_CHARGED, WAITING
from scan.access import Visit
from scan.landing import neighbours_of, plate_of
from scan.operators import brand_of
from scan.progress import live_of, moments_of, waiting_of
from scan.receipts import receipt_of
from scan.refusals import failure
from stations import selectors as stations

Kind = Literal["plug_in", "live", "failed", "ending", "receipt"]


@dataclass(frozen=True, slots=True)
class ChargePage:
    """``part`` is what is fetched again while the page is open."""

    kind: Kind
    context: dict[str, Any]

    @property
    def template(self) -> str:
        return f"scan/{self.kind}.html"

    @property
    def part(self) -> str:
        return f"scan/_{self.kind}.html"


def page_for(visit: Visit, order: ChargingOrder) -> ChargePage:
    """The page of an order for who looks at it. ``own``: the driver himself, signed in."""
    kind = _kind_of(order)
    context: dict[str, Any] = {
        "visit": visit,
        "own": visit.driver is not None,
        "brand": brand_of(visit, order.connector),
        "order": order,
        "plate": plate_of(order.connector),
        "zone": ZoneInfo(order.zone),
        "kind": kind,
    }
    if kind == "plug_in":
        context["waiting"] = waiting_of(order)
    elif kind == "live":
        context["live"] = live_of(order)
    elif kind == "failed":
        context |= _failed(order)
    else:
        context["receipt"] = receipt_of(order)
    return ChargePage(kind, context)


def _kind_of(order: ChargingOrder) -> Kind:
    if order.charge_state in WAITING:
        return "plug_in"
    if order.charge_state in LIVE:
        return "live"
    if order.charge_state in NEVER_CHARGED:
        return "failed"
    return "receipt" if order.settled_at is not None else "ending"


def _failed(order: ChargingOrder) -> dict[str, Any]:
    title, why = failure(order.failure)
    released = orders.events_of(order).filter(kind="released").last()
    asked = moments_of(order, "created")
    return {
        "title": title,
        "why": why,
        "released": Money(released.data["amount"], order.currency) if released else None,
        "released_at": released.at if released else None,
        "asked_at": asked[0] if asked else order.created_at,
        "neighbours": neighbours_of(order.connector, 3),
        "token": stations.live_tokens(order.pile).get(order.connector_id),
    }
