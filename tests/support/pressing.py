"""A driver of the demonstration presses start or stop; run inside a house, with JSON in and an order number out."""

from __future__ import annotations

import json
import sys

from backoffice.demo_data.line import in_line
from backoffice.kit.actor import Actor
from backoffice.kit.scope import unscoped
from finance.models import Wallet
from orders.models import ChargingOrder
from orders.services import starting, stopping
from orders.services.starting import Wish
from stations.models import Connector
from tenants.selectors import lineage


def main() -> None:
    """``{"press": "start"}`` at the first pile in line, or ``{"press": "stop", "order": …}``."""
    wanted = json.load(sys.stdin)
    with unscoped(reason="tests"):
        print(start() if wanted["press"] == "start" else stop(wanted["order"]))


def start() -> str:
    """Somebody with money starts where the simulator leaves a connector free."""
    connector = Connector.objects.select_related("pile").get(pile=in_line(1)[0], number=1)
    operator = next(one.id for one in lineage(connector.tenant_id) if one.level == "operator")
    wallet = Wallet.objects.filter(tenant_id=operator, cash__gt=20_000).order_by("pk")[0]
    actor = Actor(f"driver:{wallet.driver_id}", "driver")
    return starting.start_order(connector, driver=wallet.driver, wish=Wish(), actor=actor).order_no


def stop(number: str) -> str:
    order = ChargingOrder.objects.get(order_no=number)
    stopping.stop_order(order, actor=Actor(f"driver:{order.driver_id}", "driver"))
    return number
