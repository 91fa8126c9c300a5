"""The history of an order: one line for each thing that happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from backoffice.kit import clock, live
from backoffice.kit.actor import Actor
from orders.models import ChargingOrder, OrderEvent

PILE, BUSINESS, MONEY, PERSON = "pile", "order", "money", "person"


def note(
    order: ChargingOrder,
    kind: str,
    *,
    side: str = BUSINESS,
    at: datetime | None = None,
    actor: Actor | None = None,
    **data: Any,
) -> OrderEvent:
    """Add a line. ``kind`` is a stable code that pages translate; ``data`` are its figures."""
    now = clock.now()
    event = OrderEvent.objects.create(
        **order.path.as_columns(),
        order=order,
        at=at or now,
        side=side,
        kind=kind,
        data=data,
        actor_label=actor.label if actor else "",
        recorded_at=now,
    )
    announce(order)
    return event


def announce(order: ChargingOrder) -> None:
    """Tell whoever looks at the order, in the backoffice or on a phone."""
    live.publish("orders", reference(order), order.path)


def reference(order: ChargingOrder) -> str:
    """How other rooms name an order: ``order:QL-261122-0000K7MJ4``."""
    return f"order:{order.order_no}"
