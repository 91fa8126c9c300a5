"""StopTransaction (OCPP 1.6 §4.10): the first stop of a transaction is its truth; nothing is ever refused.

A stop for another pile's transaction touches nothing of that pile's. A stop without a usable id
closes the pile's open transaction that fits, if exactly one does (OCPP 1.6 errata 3.18). Whatever
stays without a transaction, or contradicts one, is kept as a loose fact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backoffice.kit import clock
from drivers.selectors import KnownCard, known_cards
from ocpp_gateway import wire
from orders.intake import samples
from orders.intake.sql import query, run_rows
from orders.intake.starts import answer_json, read_answer, read_json
from orders.intake.tags import CardKey, fold, is_valid
from orders.numbers import order_of_id_tag
from orders.states import FactFlag
from stations.selectors import PilePlace, places

FOREIGN = "foreign_transaction"
UNKNOWN = "unknown_transaction"
CONTRADICTING = "contradicting_stop"
KEPT_RAW = 20_000
_INT8 = 2**63 - 1


@dataclass(slots=True)
class _Known:
    """A transaction as far as a stop must know it."""

    id: int
    pile_id: int
    connector: int
    tag: str
    started_at: datetime
    meter_start: int
    superseded: bool
    pile_stopped_at: datetime | None
    meter_stop: int | None
    stop_answer: dict[str, Any]

    @property
    def is_open(self) -> bool:
        return self.meter_stop is None

    def is_same_stop(self, fact: wire.TransactionStopped) -> bool:
        """The same stop sent again; a pile that sends no time is believed by the register alone."""
        same_time = fact.pile_time is None or self.pile_stopped_at == fact.pile_time
        return self.meter_stop == fact.meter_stop and same_time

    def fits(self, fact: wire.TransactionStopped) -> bool:
        return (
            self.pile_id == fact.pile_id
            and (self.is_open or self.is_same_stop(fact))
            and self.started_at <= fact.at
            and self.meter_start <= fact.meter_stop
            and (fact.id_tag is None or self.tag == fold(fact.id_tag))
        )


@dataclass(frozen=True, slots=True)
class _Loose:
    place: PilePlace
    fact: wire.TransactionStopped
    found: _Known | None
    kind: str


def stop(facts: Sequence[wire.TransactionStopped]) -> list[wire.StopAnswer]:
    """Store every stop, once, and end the orders of those that count."""
    here = places({fact.pile_id for fact in facts})
    known = _transactions(facts)
    cards = known_cards(
        {(here[fact.pile_id].path.operator_id, fold(fact.id_tag)) for fact in facts if fact.id_tag}
    )
    answers: list[wire.StopAnswer] = []
    stops: list[tuple[_Known, wire.TransactionStopped]] = []
    loose: list[_Loose] = []
    rows: list[samples.Row] = []
    for fact in facts:
        place = here[fact.pile_id]
        found, foreign = _match(fact, known)
        answer = _answer(fact, place, cards)
        if found is None:
            loose.append(_Loose(place, fact, None, FOREIGN if foreign else UNKNOWN))
        elif found.is_open:
            found.pile_stopped_at, found.meter_stop = fact.pile_time or fact.at, fact.meter_stop
            found.stop_answer = answer_json(answer) if answer else {}
            stops.append((found, fact))
        elif found.is_same_stop(fact):
            answer = read_answer(found.stop_answer) if found.stop_answer else None
        else:
            loose.append(_Loose(place, fact, found, CONTRADICTING))
            found = None
        answers.append(wire.StopAnswer(id_tag=answer if fact.id_tag else None))
        rows += _samples(fact, place, found)
    samples.store(rows)
    samples.show_on_orders([row for row in rows if row.transaction_id is not None])
    _end_transactions(stops)
    _end_orders(stops)
    _keep_loose(loose)
    return answers


def _samples(fact: wire.TransactionStopped, place: PilePlace, found: _Known | None) -> list[samples.Row]:
    """The transactionData; of a stop that counts for nothing it is kept apart, at no connector."""
    return [
        samples.Row(
            place,
            found.connector if found else 0,
            found.id if found else None,
            reading,
            fact.received_at,
            fact.remarks if found else (f"stop_of_{fact.transaction_id}", *fact.remarks),
        )
        for reading in fact.readings
        if reading.values
    ]


def _match(fact: wire.TransactionStopped, known: Sequence[_Known]) -> tuple[_Known | None, bool]:
    """The transaction that this stop ends, and whether it names one of another pile."""
    named = next((row for row in known if row.id == fact.transaction_id), None)
    if named is not None:
        return (named, False) if named.pile_id == fact.pile_id else (None, True)
    if fact.transaction_id > 0:
        return None, False
    fitting = [row for row in known if row.fits(fact)]
    if len(fitting) > 1:
        # One whose connector went on to another transaction lost its stop before.
        fitting = [row for row in fitting if not row.superseded]
    return (fitting[0], False) if len(fitting) == 1 else (None, False)


def _answer(
    fact: wire.TransactionStopped, place: PilePlace, cards: Mapping[CardKey, KnownCard]
) -> wire.IdTagInfo | None:
    """What the pile may put into its cache: a one-time token has served its time (OCPP 1.6 §7.27)."""
    if not fact.id_tag:
        return None
    folded = fold(fact.id_tag)
    card = cards.get((place.path.operator_id, folded))
    if card is None:
        return wire.IdTagInfo(status="Invalid" if order_of_id_tag(folded) is None else "Expired")
    status = "Blocked" if card.blocked else "Accepted" if is_valid(card, clock.now()) else "Expired"
    return wire.IdTagInfo(status=status, expires_at=card.expires_at, parent_id_tag=card.parent_id_tag)


def _transactions(facts: Sequence[wire.TransactionStopped]) -> list[_Known]:
    """All that the stops name, and the candidates of piles that name none. Locked in the order of their keys."""
    nameless = [fact for fact in facts if fact.transaction_id <= 0]
    rows = query(
        "SELECT id, pile_id, connector_number, id_tag_folded, started_at, meter_start,"
        " 'stop_missing' = ANY(flags), pile_stopped_at, meter_stop, stop_answer FROM orders_transaction"
        " WHERE id = ANY(%s::int[]) OR (pile_id = ANY(%s::bigint[])"
        " AND (stop_received_at IS NULL OR pile_stopped_at = ANY(%s::timestamptz[]))) ORDER BY id FOR UPDATE",
        [
            [fact.transaction_id for fact in facts if 0 < fact.transaction_id < 2**31],
            [fact.pile_id for fact in nameless],
            [fact.pile_time or fact.at for fact in nameless],
        ],
    )
    return [_Known(*(*row[:-1], read_json(row[-1]))) for row in rows]


def _end_transactions(stops: Sequence[tuple[_Known, wire.TransactionStopped]]) -> None:
    run_rows(
        "UPDATE orders_transaction t SET stopped_at = n.at, pile_stopped_at = n.pile_at,"
        " stop_received_at = n.received, meter_stop = n.meter, stop_reason = n.reason, stop_id_tag = n.tag,"
        " stop_answer = n.answer, flags = array_remove(t.flags, 'stop_missing') || n.flags"
        " FROM {rows} WHERE t.id = n.id AND t.stop_received_at IS NULL",
        "id integer, at timestamptz, pile_at timestamptz, received timestamptz, meter bigint, reason text, tag text,"
        " answer jsonb, flags varchar[]",
        [
            (
                row.id,
                fact.at,
                fact.pile_time or fact.at,
                fact.received_at,
                fact.meter_stop,
                fact.reason[:40],
                (fact.id_tag or "")[:60],
                row.stop_answer or {},
                _flags(fact),
            )
            for row, fact in stops
        ],
    )


def _flags(fact: wire.TransactionStopped) -> list[str]:
    flags = [remark[:40] for remark in fact.remarks]
    if fact.pile_time is not None and fact.pile_time != fact.at:
        flags.append(FactFlag.CLOCK_UNSYNCED.value)
    return flags


def _end_orders(stops: Sequence[tuple[_Known, wire.TransactionStopped]]) -> None:
    run_rows(
        "UPDATE orders_chargingorder o SET charge_state = 'ended', stopped_at = n.at, ended_at = n.received,"
        " meter_stop = n.meter, stop_reason = n.reason, power_w = 0, last_heard_at = n.received,"
        " suspended_by = '', stop_due_at = NULL"
        " FROM {rows} WHERE o.transaction_id = n.id AND o.charge_state IN ('charging', 'stopping')",
        "id integer, at timestamptz, received timestamptz, meter bigint, reason text",
        [(row.id, fact.at, fact.received_at, fact.meter_stop, fact.reason[:40]) for row, fact in stops],
    )


def _keep_loose(rows: Sequence[_Loose]) -> None:
    """Once for each content: a pile that repeats an unknown stop for days fills one row."""
    fresh = dict.fromkeys(_loose_columns(row) for row in rows)
    run_rows(
        "INSERT INTO orders_loosefact (manufacturer_id, dealer_id, operator_id, agency_id, pile_id, kind,"
        " connector_number, claimed_transaction_id, at, received_at, data, flags, attached_to_id)"
        " SELECT manufacturer_id, dealer_id, operator_id, agency_id, pile_id, kind, connector_number, claimed, at,"
        "  received_at, data::jsonb, string_to_array(flags, ' ')::varchar[], attached_to_id FROM {rows}"
        " WHERE NOT EXISTS (SELECT 1 FROM orders_loosefact f WHERE f.pile_id = n.pile_id AND f.kind = n.kind"
        "  AND f.claimed_transaction_id = n.claimed AND f.data = n.data::jsonb)",
        "manufacturer_id bigint, dealer_id bigint, operator_id bigint, agency_id bigint, pile_id bigint, kind text,"
        " connector_number integer, claimed bigint, at timestamptz, received_at timestamptz, data text, flags text,"
        " attached_to_id integer",
        list(fresh),
    )


def _loose_columns(row: _Loose) -> tuple[Any, ...]:
    fact, found = row.fact, row.found
    told = {
        "meter_stop": fact.meter_stop,
        "id_tag": fact.id_tag,
        "reason": fact.reason,
        "raw": fact.raw[:KEPT_RAW],
    }
    flags = [row.kind, *(remark.replace(" ", "_")[:40] for remark in fact.remarks)]
    return (
        *row.place.path.as_row(),
        row.place.pile_id,
        "stop",
        found.connector if found else None,
        max(min(fact.transaction_id, _INT8), -_INT8),
        fact.at,
        fact.received_at,
        json.dumps(told),
        " ".join(flags),
        found.id if found else None,
    )
