"""MeterValues (OCPP 1.6 §4.7): stored always, attached to a transaction where there is no doubt which.

A transactionId that belongs to the pile is believed. Without one (missing, 0, -1, unknown, another
pile's) a reading goes to the transaction that ran on that connector at its time, if there is exactly
one; connector 0 never belongs to a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from ocpp_gateway import wire
from orders.intake import samples
from orders.intake.sql import query
from stations.selectors import places

LONGEST = timedelta(hours=72)
"""No session lasts longer; an older one that is still open lost its stop."""


@dataclass(slots=True)
class _Span:
    """A transaction in time; ``until`` None while it is open."""

    id: int
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at <= self.until)


_Connector = tuple[int, int]


def meter(facts: Sequence[wire.MeterReported]) -> list[int]:
    """Store all readings; the keys of the orders whose figures changed."""
    here = places({fact.pile_id for fact in facts})
    own = _own(facts)
    spans = _spans([fact for fact in facts if (fact.pile_id, fact.transaction_id) not in own])
    rows = []
    for fact in facts:
        claimed = fact.transaction_id if (fact.pile_id, fact.transaction_id) in own else None
        remarks = fact.remarks
        if claimed is None and fact.transaction_id is not None:
            remarks = (f"sent_for_{fact.transaction_id}", *remarks)
        for reading in fact.readings:
            if not reading.values:
                continue
            transaction_id = claimed
            if claimed is None:
                running = spans.get((fact.pile_id, fact.connector), ())
                fitting = [span.id for span in running if span.holds(reading.at)]
                transaction_id = fitting[0] if len(fitting) == 1 else None
            rows.append(
                samples.Row(
                    here[fact.pile_id], fact.connector, transaction_id, reading, fact.received_at, remarks
                )
            )
    samples.store(rows)
    return samples.show_on_orders(rows)


def _own(facts: Sequence[wire.MeterReported]) -> set[tuple[int, int | None]]:
    """Those of the claimed (pile, transaction) pairs that are true."""
    claims = {
        (fact.pile_id, fact.transaction_id)
        for fact in facts
        if fact.transaction_id is not None and 0 < fact.transaction_id < 2**31
    }
    if not claims:
        return set()
    found = query(
        "SELECT pile_id, id FROM orders_transaction WHERE id = ANY(%s::int[])",
        [[transaction_id for _, transaction_id in claims]],
    )
    true = set(found)
    return {claim for claim in claims if claim in true}


def _spans(facts: Sequence[wire.MeterReported]) -> dict[_Connector, list[_Span]]:
    """What ran on the connectors of these facts around the time of their readings."""
    instants = [reading.at for fact in facts if fact.connector > 0 for reading in fact.readings]
    if not instants:
        return {}
    first = min(instants)
    spans: dict[_Connector, list[_Span]] = {}
    for pile_id, connector, *fields in query(
        "SELECT pile_id, connector_number, id, started_at, stopped_at FROM orders_transaction"
        " WHERE pile_id = ANY(%s::bigint[]) AND started_at > %s AND (stopped_at IS NULL OR stopped_at >= %s)"
        " ORDER BY started_at, id",
        [[fact.pile_id for fact in facts], first - LONGEST, first],
    ):
        spans.setdefault((pile_id, connector), []).append(_Span(*fields))
    for running in spans.values():
        for span, later in pairwise(running):
            # One that lost its stop ended at the latest when the next began.
            span.until = span.until or later.since - timedelta(microseconds=1)
    return spans
