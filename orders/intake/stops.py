"""StopTransaction (OCPP 1.6 §4.10): the first stop of a transaction is its truth; nothing is ever refused.

A stop for another pile's transaction touches nothing of that pile's. A stop without a usable id
closes the pile's open transaction that fits, if exactly one does (OCPP 1.6 errata 3.18). Whatever
stays without a transaction, or contradicts one, is kept as a loose fact.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drivers.selectors import KnownCard, known_cards
from ocpp_gateway import wire
from orders.intake import samples
from orders.intake.sql import query, run_values
from orders.intake.starts import answer_json, read_answer
from orders.intake.tags import fold
from orders.numbers import order_of_id_tag
from stations.selectors import PilePlace, places


@dataclass(slots=True)
class _Known:
    """A transaction as far as a stop must know it."""

    id: int
    pile_id: int
    connector: int
    tag: str
    started_at: datetime
    meter_start: int
    stopped_at: datetime | None
    meter_stop: int | None
    stop_answer: dict[str, Any] | None

    def is_same_stop(self, fact: wire.TransactionStopped) -> bool:
        return self.stopped_at == fact.at and self.meter_stop == fact.meter_stop


def stop(facts: Sequence[wire.TransactionStopped]) -> list[wire.StopAnswer]:
    """Store every stop, once, and end the orders of those that count."""
    here = places({fact.pile_id for fact in facts})
    known = _transactions(facts)
    cards = known_cards(
        {(here[fact.pile_id].path.operator_id, fold(fact.id_tag)) for fact in facts if fact.id_tag}
    )
    answers: list[wire.StopAnswer] = []
    stops: list[tuple[_Known, wire.TransactionStopped, dict[str, Any]]] = []
    loose: list[tuple[PilePlace, wire.TransactionStopped, _Known | None, str]] = []
    rows: list[samples.Row] = []
    for fact in facts:
        place = here[fact.pile_id]
        found, foreign = _match(fact, known)
        answer = _answer(fact, place, cards)
        if found is None:
            loose.append((place, fact, None, "foreign_transaction" if foreign else "unknown_transaction"))
        elif found.stopped_at is None:
            found.stopped_at, found.meter_stop = fact.at, fact.meter_stop
            found.stop_answer = answer_json(answer) if answer else {}
            stops.append((found, fact, found.stop_answer))
        elif found.is_same_stop(fact):
            answer = read_answer(found.stop_answer) if found.stop_answer else None
        else:
            loose.append((place, fact, found, "contradicting_stop"))
        answers.append(wire.StopAnswer(id_tag=answer if fact.id_tag else None))
        rows += [
            samples.Row(
                place,
                found.connector if found else 1,
                found.id if found else None,
                reading,
                fact.received_at,
                fact.remarks,
            )
            for reading in fact.readings
            if reading.values
        ]
    samples.store(rows)
    samples.show_on_orders([row for row in rows if row.transaction_id is not None])
    _end_transactions(stops)
    _keep_loose(loose)
    return answers


def _match(fact: wire.TransactionStopped, known: Sequence[_Known]) -> tuple[_Known | None, bool]:
    """The transaction that this stop ends, and whether it names one of another pile."""
    by_id = [row for row in known if row.id == fact.transaction_id]
    if by_id:
        return (by_id[0], False) if by_id[0].pile_id == fact.pile_id else (None, True)
    if fact.transaction_id > 0:
        return None, False
    fitting = [
        row
        for row in known
        if row.pile_id == fact.pile_id
        and (row.stopped_at is None or row.is_same_stop(fact))
        and row.started_at <= fact.at
        and row.meter_start <= fact.meter_stop
        and (fact.id_tag is None or row.tag == fold(fact.id_tag))
    ]
    return (fitting[0], False) if len(fitting) == 1 else (None, False)


def _answer(
    fact: wire.TransactionStopped, place: PilePlace, cards: dict[tuple[int | None, str], KnownCard]
) -> wire.IdTagInfo | None:
    """What the pile may put into its cache: a one-time token has served its time (OCPP 1.6 §7.27)."""
    if not fact.id_tag:
        return None
    if order_of_id_tag(fold(fact.id_tag)) is not None:
        return wire.IdTagInfo(status="Expired")
    card = cards.get((place.path.operator_id, fold(fact.id_tag)))
    if card is None:
        return wire.IdTagInfo(status="Invalid")
    return wire.IdTagInfo(
        status="Blocked" if card.blocked else "Accepted",
        expires_at=card.expires_at,
        parent_id_tag=card.parent_id_tag,
    )


def _transactions(facts: Sequence[wire.TransactionStopped]) -> list[_Known]:
    """All that the stops name, and the candidates of piles that name none. Locked in the order of their keys."""
    ids = [fact.transaction_id for fact in facts if 0 < fact.transaction_id < 2**31]
    piles = [fact.pile_id for fact in facts if fact.transaction_id <= 0]
    instants = [fact.at for fact in facts if fact.transaction_id <= 0]
    rows = query(
        "SELECT id, pile_id, connector_number, id_tag_folded, started_at, meter_start, stopped_at, meter_stop,"
        " stop_answer FROM orders_transaction WHERE id = ANY(%s::int[]) OR (pile_id = ANY(%s::bigint[])"
        " AND (stop_received_at IS NULL OR stopped_at = ANY(%s::timestamptz[]))) ORDER BY id FOR UPDATE",
        [ids, piles, instants],
    )
    return [_Known(*row[:8], stop_answer=json.loads(row[8]) if isinstance(row[8], str) else row[8]) for row in rows]


def _end_transactions(stops: Sequence[tuple[_Known, wire.TransactionStopped, dict[str, Any]]]) -> None:
    run_values(
        "UPDATE orders_transaction t SET stopped_at = n.at, stop_received_at = n.received, meter_stop = n.meter,"
        " stop_reason = n.reason, stop_id_tag = n.tag, stop_answer = n.answer,"
        " flags = t.flags || n.flags"
        " FROM (VALUES %s) AS n (id, at, received, meter, reason, tag, answer, flags)"
        " WHERE t.id = n.id AND t.stop_received_at IS NULL",
        [
            (
                row.id,
                fact.at,
                fact.received_at,
                fact.meter_stop,
                fact.reason[:40],
                (fact.id_tag or "")[:60],
                json.dumps(answer),
                list(fact.remarks),
            )
            for row, fact, answer in stops
        ],
        "(%s, %s::timestamptz, %s::timestamptz, %s::bigint, %s, %s, %s::jsonb, %s::varchar[])",
    )
    run_values(
        "UPDATE orders_chargingorder o SET charge_state = 'ended', stopped_at = n.at, ended_at = n.received,"
        " meter_stop = n.meter, stop_reason = n.reason, power_w = 0, last_heard_at = n.received,"
        " suspended_by = '', stop_due_at = NULL"
        " FROM (VALUES %s) AS n (id, at, received, meter, reason)"
        " WHERE o.transaction_id = n.id AND o.charge_state IN ('charging', 'stopping')",
        [(row.id, fact.at, fact.received_at, fact.meter_stop, fact.reason[:40]) for row, fact, _ in stops],
        "(%s, %s::timestamptz, %s::timestamptz, %s::bigint, %s)",
    )


def _keep_loose(rows: Sequence[tuple[PilePlace, wire.TransactionStopped, _Known | None, str]]) -> None:
    """Once for each content: a pile that repeats an unknown stop for days fills one row."""
    run_values(
        "INSERT INTO orders_loosefact (manufacturer_id, dealer_id, operator_id, agency_id, pile_id, kind,"
        " connector_number, claimed_transaction_id, at, received_at, data, flags, attached_to_id)"
        " SELECT n.* FROM (VALUES %s) AS n (manufacturer_id, dealer_id, operator_id, agency_id, pile_id, kind,"
        "  connector_number, claimed, at, received_at, data, flags, attached_to_id)"
        " WHERE NOT EXISTS (SELECT 1 FROM orders_loosefact f WHERE f.pile_id = n.pile_id AND f.kind = n.kind"
        "  AND f.claimed_transaction_id = n.claimed AND f.at = n.at AND f.data = n.data)",
        [
            (
                *place.path.as_row(),
                place.pile_id,
                "stop",
                found.connector if found else None,
                max(min(fact.transaction_id, 2**63 - 1), -(2**63)),
                fact.at,
                fact.received_at,
                json.dumps(
                    {
                        "meter_stop": fact.meter_stop,
                        "id_tag": fact.id_tag,
                        "reason": fact.reason,
                        "raw": fact.raw[:20_000],
                    }
                ),
                [flag, *fact.remarks],
                found.id if found else None,
            )
            for place, fact, found, flag in rows
        ],
        "(%s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s, %s::integer, %s::bigint,"
        " %s::timestamptz, %s::timestamptz, %s::jsonb, %s::varchar[], %s::integer)",
    )
