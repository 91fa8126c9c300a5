"""StartTransaction (OCPP 1.6 §4.8): every start gets an id and is stored, accepted or not.

The natural key makes a resend, with the same or another message id, find the same transaction and
the same answer, also when two arrive at once: a unique constraint decides, not a check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from backoffice.kit import clock
from ocpp_gateway import wire
from orders.intake.sql import run_values
from orders.intake.tags import TagAsked, Verdict, fold, verdicts
from stations.selectors import PilePlace, places

LATE_AFTER = timedelta(minutes=10)
"""A start that reaches us so much later than it happened was queued by the pile."""

_Key = tuple[int, int, str, Any, int]


def start(facts: Sequence[wire.TransactionStarted]) -> list[wire.StartAnswer]:
    """Store new transactions, find known ones, and link one-time tokens to their orders."""
    here = places({fact.pile_id for fact in facts})
    keys = [_key(fact) for fact in facts]
    known = _stored(keys)
    new = {key: fact for key, fact in zip(keys, facts, strict=True) if key not in known}
    if new:
        judged = dict(zip(new, _judge(new.values(), here), strict=True))
        _insert([_row(fact, here[fact.pile_id], judged[key]) for key, fact in new.items()])
        known |= _stored(list(new))
        fresh = [(known[key][0], fact, judged[key]) for key, fact in new.items()]
        _flag_older([(here[fact.pile_id], transaction_id, fact) for transaction_id, fact, _ in fresh])
        _link_orders(fresh)
    return [
        wire.StartAnswer(transaction_id=known[key][0], id_tag=read_answer(known[key][1])) for key in keys
    ]


def answer_json(info: wire.IdTagInfo) -> dict[str, Any]:
    """How an idTagInfo is kept, so that a resend gets the very same."""
    return {
        "status": info.status,
        "expires_at": info.expires_at.isoformat() if info.expires_at else None,
        "parent_id_tag": info.parent_id_tag,
    }


def read_answer(data: dict[str, Any]) -> wire.IdTagInfo:
    """The idTagInfo that ``answer_json`` kept."""
    expires_at = data.get("expires_at")
    return wire.IdTagInfo(
        status=data["status"],
        expires_at=clock.parse(expires_at) if expires_at else None,
        parent_id_tag=data.get("parent_id_tag", ""),
    )


def _key(fact: wire.TransactionStarted) -> _Key:
    return fact.pile_id, fact.connector, fold(fact.id_tag), fact.at, fact.meter_start


def _judge(facts: Iterable[wire.TransactionStarted], here: dict[int, PilePlace]) -> list[Verdict]:
    return verdicts(
        [TagAsked(here[fact.pile_id], fold(fact.id_tag), fact.connector, fact.at) for fact in facts]
    )


def _stored(keys: Sequence[_Key]) -> dict[_Key, tuple[int, dict[str, Any]]]:
    rows = run_values(
        "SELECT t.pile_id, t.connector_number, t.id_tag_folded, t.started_at, t.meter_start, t.id, t.start_answer"
        " FROM orders_transaction t JOIN (VALUES %s) AS k (pile_id, connector, tag, at, meter)"
        " ON t.pile_id = k.pile_id AND t.connector_number = k.connector AND t.id_tag_folded = k.tag"
        " AND t.started_at = k.at AND t.meter_start = k.meter",
        keys,
        "(%s, %s, %s, %s::timestamptz, %s::bigint)",
    )
    return {tuple(row[:5]): (row[5], _loads(row[6])) for row in rows}


def _row(fact: wire.TransactionStarted, place: PilePlace, verdict: Verdict) -> tuple[Any, ...]:
    flags = list(fact.remarks)
    if fact.received_at - fact.at > LATE_AFTER:
        flags.append("start_uploaded_late")
    if not verdict.accepted:
        flags.append(f"tag_{verdict.info.status.lower()}")
    return (
        *place.path.as_row(),
        fact.pile_id,
        fact.connector,
        fact.id_tag[:60],
        fold(fact.id_tag),
        fact.at,
        fact.received_at,
        fact.meter_start,
        json.dumps(answer_json(verdict.info)),
        fact.reservation_id or None,
        flags,
    )


def _insert(rows: Sequence[tuple[Any, ...]]) -> None:
    run_values(
        "INSERT INTO orders_transaction (manufacturer_id, dealer_id, operator_id, agency_id, pile_id,"
        " connector_number, id_tag, id_tag_folded, started_at, start_received_at, meter_start, start_answer,"
        " reservation_id, flags, stop_reason, stop_id_tag, stop_answer)"
        " VALUES %s ON CONFLICT ON CONSTRAINT transaction_natural_key DO NOTHING",
        rows,
        "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s::varchar[], '', '', '{}')",
    )


def _flag_older(rows: Sequence[tuple[PilePlace, int, wire.TransactionStarted]]) -> None:
    """A start on a connector whose last transaction has no stop: that stop is missing (domain 1.5).

    A start below the connector's last meterStop is flagged as well; neither is refused.
    """
    values = [(place.pile_id, fact.connector, transaction_id, fact.at, fact.meter_start) for place, transaction_id, fact in rows]
    run_values(
        "UPDATE orders_transaction t SET flags = array_append(t.flags, 'stop_missing')"
        " FROM (VALUES %s) AS n (pile_id, connector, id, at, meter)"
        " WHERE t.pile_id = n.pile_id AND t.connector_number = n.connector AND t.id <> n.id"
        " AND t.stop_received_at IS NULL AND t.started_at <= n.at AND NOT 'stop_missing' = ANY(t.flags)",
        values,
        "(%s, %s, %s, %s::timestamptz, %s::bigint)",
    )
    run_values(
        "UPDATE orders_transaction t SET flags = array_append(t.flags, 'meter_below_last_stop')"
        " FROM (VALUES %s) AS n (pile_id, connector, id, at, meter)"
        " WHERE t.id = n.id AND n.meter < (SELECT p.meter_stop FROM orders_transaction p"
        "   WHERE p.pile_id = n.pile_id AND p.connector_number = n.connector AND p.id <> n.id"
        "   AND p.started_at < n.at AND p.meter_stop IS NOT NULL ORDER BY p.started_at DESC LIMIT 1)",
        values,
        "(%s, %s, %s, %s::timestamptz, %s::bigint)",
    )
    run_values(
        "UPDATE orders_chargingorder o SET stop_missing_since = COALESCE(o.stop_missing_since, n.received)"
        " FROM (VALUES %s) AS n (pile_id, connector, id, received)"
        " JOIN orders_transaction t ON t.pile_id = n.pile_id AND t.connector_number = n.connector AND t.id <> n.id"
        " AND t.stop_received_at IS NULL"
        " WHERE o.transaction_id = t.id AND o.charge_state IN ('charging', 'stopping')",
        [(place.pile_id, fact.connector, transaction_id, fact.received_at) for place, transaction_id, fact in rows],
        "(%s, %s, %s, %s::timestamptz)",
    )


def _link_orders(rows: Sequence[tuple[int, wire.TransactionStarted, Verdict]]) -> None:
    """A token that was accepted while its order waits for the start sets the order charging."""
    run_values(
        "UPDATE orders_chargingorder o SET transaction_id = n.id, charge_state = 'charging',"
        " started_at = n.at, meter_start = n.meter, last_heard_at = n.received"
        " FROM (VALUES %s) AS n (order_id, id, at, meter, received)"
        " WHERE o.id = n.order_id AND o.transaction_id IS NULL AND o.charge_state IN ('created', 'starting')",
        [
            (verdict.order_id, transaction_id, fact.at, fact.meter_start, fact.received_at)
            for transaction_id, fact, verdict in rows
            if verdict.order_id is not None and verdict.accepted
        ],
        "(%s::bigint, %s::integer, %s::timestamptz, %s::bigint, %s::timestamptz)",
    )


def _loads(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else dict(value)
