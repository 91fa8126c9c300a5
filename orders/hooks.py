"""Events of this room that rooms above listen to."""

from __future__ import annotations

from backoffice.kit.hooks import Listeners
from orders.models import ChargingOrder

settled: Listeners[[ChargingOrder]] = Listeners("settled")
"""An order got money figures that count: its first settlement, or a later version."""
