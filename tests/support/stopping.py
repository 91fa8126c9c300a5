"""A driver who presses stop; run inside a house (``House.run_inside``)."""

from __future__ import annotations

import json
import sys

from backoffice.kit.actor import Actor
from backoffice.kit.scope import unscoped
from orders.models import ChargingOrder
from orders.services.stopping import stop_order


def main() -> None:
    """Stop the order of this number."""
    with unscoped(reason="test data"):
        order = ChargingOrder.objects.get(order_no=json.load(sys.stdin))
        stop_order(order, actor=Actor(f"driver:{order.driver_id}", "driver"))
