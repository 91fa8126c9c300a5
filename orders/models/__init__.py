"""Two truths kept apart: what the pile reported (``facts``), and what the business decided (``business``)."""

from orders.models.business import ChargingOrder, LimitKind, OrderEvent, Source
from orders.models.cases import Case, Decision
from orders.models.facts import LooseFact, Sample, Transaction

__all__ = [
    "Case",
    "ChargingOrder",
    "Decision",
    "LimitKind",
    "LooseFact",
    "OrderEvent",
    "Sample",
    "Source",
    "Transaction",
]
