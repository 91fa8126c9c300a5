"""StartTransaction (OCPP 1.6 §4.8): every start gets an id and is stored, accepted or not.

The natural key makes a resend, with the same or another message id, find the same transaction and
the same answer, also when two arrive at once: a unique constraint decides, not a check. The key has
the start as the pile's clock says it, so that a resend of a pile whose clock is wrong is one too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from backoffice.kit import clock
from backoffice.kit.recordset import names_of
from ocpp_gateway import wire
from orders.intake.sql import run_rows
from orders.intake.tags import TagAsked, Verdict, fold, verdicts
from orders.states import FactFlag
from stations.intake import Started, use_reservations
from stations.selectors import PilePlace, places

LATE_AFTER = timedelta(minutes=10)
"""A start that reaches us so much later than it happened was queued by the pile."""

SKEW = "skew:timestamp"
"""The gateway's remark on a time that cannot be right because the pile was connected all along."""

_Key = tuple[int, int, str, datetime, int]


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
        _flag([(transaction_id, fact) for transaction_id, fact, _ in fresh])
        _link_orders(fresh)
        use_reservations([_started(*one) for one in fresh])
    return [wire.StartAnswer(transaction_id=known[key][0], id_tag=read_answer(known[key][1])) for key in keys]


def answer_json(info: wire.IdTagInfo) -> dict[str, Any]:
    """How an idTagInfo is kept, so that a resend gets the very same."""
    return {
        "status": info.status,
        "expires_at": info.expires_at.isoformat() if info.expires_at else None,
        "parent_id_tag": info.parent_id_tag,
    }


def read_answer(data: Mapping[str, Any]) -> wire.IdTagInfo:
    """The idTagInfo that ``answer_json`` kept."""
    expires_at = data.get("expires_at")
    return wire.IdTagInfo(
        status=data["status"],
        expires_at=clock.parse(expires_at) if expires_at else None,
        parent_id_tag=data.get("parent_id_tag", ""),
    )


def _key(fact: wire.TransactionStarted) -> _Key:
    return fact.pile_id, fact.connector, fold(fact.id_tag), fact.pile_time or fact.at, fact.meter_start


def _judge(facts: Iterable[wire.TransactionStarted], here: Mapping[int, PilePlace]) -> list[Verdict]:
    return verdicts(
        [
            TagAsked(
                here[fact.pile_id], fold(fact.id_tag), fact.connector, _moment(fact), late=_is_late(fact)
            )
            for fact in facts
        ]
    )


def _moment(fact: wire.TransactionStarted) -> datetime:
    """When the start happened by our clock."""
    return fact.received_at if SKEW in fact.remarks else fact.at


def _is_late(fact: wire.TransactionStarted) -> bool:
    return fact.received_at - _moment(fact) > LATE_AFTER


def _stored(keys: Sequence[_Key]) -> dict[_Key, tuple[int, dict[str, Any]]]:
    rows = run_rows(
        "SELECT t.pile_id, t.connector_number, t.id_tag_folded, t.pile_started_at, t.meter_start, t.id,"
        " t.start_answer FROM orders_transaction t JOIN {rows}"
        " ON t.pile_id = n.pile_id AND t.connector_number = n.connector AND t.id_tag_folded = n.tag"
        " AND t.pile_started_at = n.at AND t.meter_start = n.meter",
        "pile_id bigint, connector integer, tag text, at timestamptz, meter bigint",
        keys,
    )
    return {(row[0], row[1], row[2], row[3], row[4]): (row[5], read_json(row[6])) for row in rows}


def _row(fact: wire.TransactionStarted, place: PilePlace, verdict: Verdict) -> tuple[Any, ...]:
    flags = [remark[:40] for remark in fact.remarks]
    if fact.pile_time is not None and fact.pile_time != fact.at:
        flags.append(FactFlag.CLOCK_UNSYNCED)
    if _is_late(fact):
        flags.append(FactFlag.START_UPLOADED_LATE)
    if not verdict.accepted:
        flags.append(f"tag_{verdict.info.status.lower()}")
    reservation = fact.reservation_id
    return (
        *place.path.as_row(),
        fact.pile_id,
        fact.connector,
        fact.id_tag[:60],
        fold(fact.id_tag),
        fact.at,
        fact.pile_time or fact.at,
        fact.received_at,
        fact.meter_start,
        answer_json(verdict.info),
        reservation if reservation and abs(reservation) < 2**31 else None,
        [str(flag) for flag in flags],
    )


_NEW = (
    "manufacturer_id bigint, dealer_id bigint, operator_id bigint, agency_id bigint, pile_id bigint,"
    " connector_number integer, id_tag text, id_tag_folded text, started_at timestamptz,"
    " pile_started_at timestamptz, start_received_at timestamptz, meter_start bigint, start_answer jsonb,"
    " reservation_id integer, flags varchar[]"
)


def _insert(rows: Sequence[tuple[Any, ...]]) -> None:
    run_rows(
        f"INSERT INTO orders_transaction ({', '.join(names_of(_NEW))}, stop_reason, stop_id_tag, stop_answer)"  # noqa: S608
        " SELECT n.*, '', '', '{}' FROM {rows} ON CONFLICT ON CONSTRAINT transaction_natural_key DO NOTHING",
        _NEW,
        rows,
    )


def _flag(rows: Sequence[tuple[int, wire.TransactionStarted]]) -> None:
    """A start on a connector whose last transaction has no stop: that stop is missing (domain 1.5).

    A start below the connector's last meterStop is flagged as well; neither is refused.
    """
    values = [
        (fact.pile_id, fact.connector, transaction_id, fact.at, fact.meter_start, fact.received_at)
        for transaction_id, fact in rows
    ]
    columns = (
        "pile_id bigint, connector integer, id integer, at timestamptz, meter bigint, received timestamptz"
    )
    run_rows(
        "UPDATE orders_transaction t SET flags = array_append(t.flags, 'stop_missing')"
        " FROM {rows}"
        " WHERE t.pile_id = n.pile_id AND t.connector_number = n.connector AND t.id <> n.id"
        " AND t.stop_received_at IS NULL AND t.started_at <= n.at AND NOT 'stop_missing' = ANY(t.flags)",
        columns,
        values,
    )
    run_rows(
        "UPDATE orders_transaction t SET flags = array_append(t.flags, 'meter_below_last_stop')"
        " FROM {rows}"
        " WHERE t.id = n.id AND NOT 'meter_below_last_stop' = ANY(t.flags)"
        " AND n.meter < (SELECT p.meter_stop FROM orders_transaction p"
        "   WHERE p.pile_id = n.pile_id AND p.connector_number = n.connector AND p.id <> n.id"
        "   AND p.started_at < n.at AND p.meter_stop IS NOT NULL ORDER BY p.started_at DESC LIMIT 1)",
        columns,
        values,
    )
    run_rows(
        "UPDATE orders_chargingorder o SET stop_missing_since = COALESCE(o.stop_missing_since, n.received)"
        " FROM {rows}"
        " JOIN orders_transaction t ON t.pile_id = n.pile_id AND t.connector_number = n.connector"
        " AND t.id <> n.id AND t.stop_received_at IS NULL AND t.started_at <= n.at"
        " WHERE o.transaction_id = t.id AND o.charge_state IN ('charging', 'stopping')",
        columns,
        values,
    )


def _link_orders(rows: Sequence[tuple[int, wire.TransactionStarted, Verdict]]) -> None:
    """A token that was accepted while its order waits for the start sets the order charging."""
    run_rows(
        "UPDATE orders_chargingorder o SET transaction_id = n.id, charge_state = 'charging', failure = '',"
        " started_at = n.at, meter_start = n.meter, last_heard_at = n.received"
        " FROM {rows}"
        " WHERE o.id = n.order_id AND o.transaction_id IS NULL AND o.charge_state IN ('created', 'starting')",
        "order_id bigint, id integer, at timestamptz, meter bigint, received timestamptz",
        [
            (verdict.order_id, transaction_id, fact.at, fact.meter_start, fact.received_at)
            for transaction_id, fact, verdict in rows
            if verdict.order_id is not None and verdict.accepted
        ],
    )


def _started(transaction_id: int, fact: wire.TransactionStarted, verdict: Verdict) -> Started:
    return Started(
        pile_id=fact.pile_id,
        connector=fact.connector,
        id_tag=fact.id_tag,
        parent=verdict.info.parent_id_tag,
        at=_moment(fact),
        reservation_id=fact.reservation_id,
        transaction_id=transaction_id,
    )


def read_json(value: Any) -> dict[str, Any]:
    """A JSON column as the driver gives it to raw SQL."""
    return json.loads(value) if isinstance(value, str) else dict(value)
