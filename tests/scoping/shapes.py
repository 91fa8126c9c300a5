"""What a row must be to appear in a list, where the list shows only some rows of its model.

A room whose list narrows its rows adds the columns here, by the resource's name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenants.models import Membership

SHAPES: dict[str, Callable[[Membership], dict[str, Any]]] = {
    "audit": lambda _viewer: {"on_behalf": "Somebody", "on_behalf_ref": "staff:1"},
    "alarms.safety": lambda _viewer: {"alarm_class": "safety"},
    "alarms.failure": lambda _viewer: {"alarm_class": "failure"},
    "alarms.station": lambda _viewer: {"alarm_class": "station"},
    "orders.realtime": lambda _viewer: {"charge_state": "charging"},
    "orders.history": lambda _viewer: {"charge_state": "cancelled"},
    "stations.drift": lambda _viewer: {"wanted": "1", "drift": "differs"},
    "jobs": lambda viewer: {"owner_ref": f"staff:{viewer.user_id}"},
}


def shape_of(resource_name: str, viewer: Membership) -> dict[str, Any]:
    """Columns of a row that the viewer would find in the list, were it in the scope."""
    shape = SHAPES.get(resource_name)
    return shape(viewer) if shape else {}
