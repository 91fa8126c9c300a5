"""Events of this room that rooms above listen to."""

from __future__ import annotations

from backoffice.kit.hooks import Listeners
from orders.models import ChargingOrder

started: Listeners[[ChargingOrder]] = Listeners("started")
"""Energy can flow for an order since just now. Told once; not of what a pile uploads afterwards."""

settled: Listeners[[ChargingOrder]] = Listeners("settled")
"""An order got money figures that count: its first settlement, or a later version."""
