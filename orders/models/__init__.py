"""Two truths kept apart: what the pile reported (``facts``), and what the business decided (``business``)."""

from orders.models.business import UNDER_WAY, ChargingOrder, LimitKind, OrderEvent, Source
from orders.models.cases import SECOND_ABOVE, Case, CasePolicy, Decision
from orders.models.facts import LooseFact, Sample, Transaction

__all__ = [
    "SECOND_ABOVE",
    "UNDER_WAY",
    "Case",
    "CasePolicy",
    "ChargingOrder",
    "Decision",
    "LimitKind",
    "LooseFact",
    "OrderEvent",
    "Sample",
    "Source",
    "Transaction",
]
