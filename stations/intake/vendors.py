"""DataTransfer from piles: answered as the manufacturer agreed, refused by name otherwise (OCPP 1.6 §4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ocpp_gateway.wire import DataTransferAnswer, DataTransferred
from stations.intake.batch import sql
from stations.models.vendors import Direction
from stations.selectors.places import places

_FIND = """
SELECT tenant_id, lower(vendor_id), message_id, answer, content FROM stations_vendormessage
WHERE direction = %s AND tenant_id = ANY(%s) AND lower(vendor_id) = ANY(%s)
"""


def answer_vendors(facts: Sequence[DataTransferred]) -> list[DataTransferAnswer]:
    """One answer for each, in order. Data is answered only to what is known."""
    if not facts:
        return []
    place_of = places(fact.pile_id for fact in facts)
    manufacturers = {place.path.manufacturer_id for place in place_of.values()}
    known: dict[tuple[Any, str], dict[str, tuple[str, str]]] = {}
    with sql() as cursor:
        vendors = sorted({fact.vendor_id.lower() for fact in facts})
        cursor.execute(_FIND, [Direction.FROM_PILE.value, sorted(manufacturers), vendors])
        for tenant_id, vendor, message, answer, data in cursor.fetchall():
            known.setdefault((tenant_id, vendor), {})[message] = answer, data
    return [
        _answer(fact, known.get((place.path.manufacturer_id, fact.vendor_id.lower())))
        if (place := place_of.get(fact.pile_id))
        else DataTransferAnswer(status="UnknownVendorId")
        for fact in facts
    ]


def _answer(fact: DataTransferred, messages: dict[str, tuple[str, str]] | None) -> DataTransferAnswer:
    if messages is None:
        return DataTransferAnswer(status="UnknownVendorId")
    if fact.vendor_message_id not in messages:
        return DataTransferAnswer(status="UnknownMessageId")
    status, data = messages[fact.vendor_message_id]
    return DataTransferAnswer(status=status, data=data or None)
