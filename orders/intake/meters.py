"""MeterValues (OCPP 1.6 §4.7): stored always, attached to a transaction where there is no doubt which.

A transactionId that belongs to the pile is believed. Without one (missing, 0, -1, unknown, another
pile's) a reading goes to the only transaction of that connector which was open at its time, if there
is exactly one; connector 0 never belongs to a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ocpp_gateway import wire
from orders.intake import samples
from orders.intake.sql import query
from stations.selectors import places


@dataclass(frozen=True, slots=True)
class _Span:
    """A transaction in time; ``stopped_at`` None while it is open."""

    id: int
    connector: int
    started_at: datetime
    stopped_at: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.started_at <= at and (self.stopped_at is None or at <= self.stopped_at)


def meter(facts: Sequence[wire.MeterReported]) -> list[int]:
    """Store all readings; the keys of the orders whose figures changed."""
    here = places({fact.pile_id for fact in facts})
    own = _own({(fact.pile_id, fact.transaction_id) for fact in facts if fact.transaction_id})
    open_spans = _spans({fact.pile_id for fact in facts if (fact.pile_id, fact.transaction_id) not in own})
    rows = []
    for fact in facts:
        claimed = own.get((fact.pile_id, fact.transaction_id or 0))
        for reading in fact.readings:
            if not reading.values:
                continue
            remarks = fact.remarks
            transaction_id = claimed
            if claimed is None and fact.connector > 0:
                fitting = [
                    span.id
                    for span in open_spans.get(fact.pile_id, ())
                    if span.connector == fact.connector and span.holds(reading.at)
                ]
                transaction_id = fitting[0] if len(fitting) == 1 else None
                if fact.transaction_id is not None:
                    remarks = (*remarks, f"sent_for_{fact.transaction_id}")
            rows.append(
                samples.Row(here[fact.pile_id], fact.connector, transaction_id, reading, fact.received_at, remarks)
            )
    samples.store(rows)
    return samples.show_on_orders(rows)


def _own(claims: set[tuple[int, int | None]]) -> dict[tuple[int, int], int]:
    """Those of the claimed (pile, transaction) pairs that are true."""
    found = query(
        "SELECT pile_id, id FROM orders_transaction WHERE id = ANY(%s) AND pile_id = ANY(%s)",
        [
            [claim for _, claim in claims if claim is not None and 0 < claim < 2**31],
            [pile_id for pile_id, _ in claims],
        ],
    )
    return {(pile_id, transaction_id): transaction_id for pile_id, transaction_id in found}


def _spans(pile_ids: set[int]) -> dict[int, list[_Span]]:
    spans: dict[int, list[_Span]] = {}
    for pile_id, *fields in query(
        "SELECT pile_id, id, connector_number, started_at, stopped_at FROM orders_transaction"
        " WHERE pile_id = ANY(%s) AND stop_received_at IS NULL AND NOT 'stop_missing' = ANY(flags)",
        [list(pile_ids)],
    ):
        spans.setdefault(pile_id, []).append(_Span(*fields))
    return spans
