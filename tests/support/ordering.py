"""Drivers who press the button, all at once; run inside a house (``House.run_inside``)."""

from __future__ import annotations

import json
import sys

from backoffice.kit.actor import Actor
from backoffice.kit.scope import unscoped
from drivers.models import Driver
from orders.services.starting import Wish, start_order
from stations.models import Connector


def main() -> None:
    """Start an order for each ``{"driver": id, "pile": identity}`` of standard input; prints their numbers."""
    numbers = []
    with unscoped(reason="test data"):
        for wanted in json.load(sys.stdin):
            driver = Driver.objects.get(pk=wanted["driver"])
            connector = Connector.objects.get(pile__identity=wanted["pile"], number=1)
            actor = Actor(f"driver:{driver.pk}", "driver")
            numbers.append(start_order(connector, driver=driver, wish=Wish(), actor=actor).order_no)
    print(json.dumps(numbers))
