"""StatusNotification: every report is kept, the newest one is the state (OCPP 1.6 §4.9).

Nothing a pile reports is refused: an illegal step is marked, an unknown connector is created and
marked, connector 0 is the pile itself. An older report never overwrites a newer one as long as the
pile's clock can be believed; where it cannot, the order of arrival counts. A fact that was kept
before changes nothing and is not told again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backoffice.kit import clock
from backoffice.kit.statements import execute
from ocpp_gateway.wire import StatusReported
from stations.changes import StatusChange
from stations.intake import access, evidence
from stations.intake.batch import Row, path_columns, sql, tell, with_rows, with_values
from stations.intake.trouble import Seen, count_troubles
from stations.selectors.places import PilePlace, forget_places, places
from stations.states import CONNECTOR_MOVES, OCCUPIED, is_legal_step

CLOCK_TOLERANCE_S = 120
HIGHEST_CONNECTOR = 99
MOST_CONNECTORS = 32

_LOCK_PILES = """
SELECT id, id, 0, status, error_code, status_at, reported_at, clock_offset_s FROM stations_pile
WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""

_LOCK_CONNECTORS = """
SELECT id, pile_id, number, status, error_code, status_at, reported_at, NULL FROM stations_connector
WHERE pile_id = ANY(%s) AND number > 0 ORDER BY id FOR NO KEY UPDATE
"""

_CREATE_CONNECTORS = """
INSERT INTO stations_connector (
    tenant_id, pile_id, number, type, rated_kw, intent, status, error_code, vendor_error_code, info,
    registered, created_at
) VALUES %s ON CONFLICT (pile_id, number) DO NOTHING
"""

_UPDATE_CONNECTORS = """
UPDATE stations_connector c SET
    status = n.status, error_code = n.error_code, vendor_error_code = n.vendor_error_code, info = n.info,
    status_at = n.status_at, reported_at = n.reported_at,
    unplugged_at = COALESCE(n.unplugged_at, c.unplugged_at)
FROM {rows} WHERE c.id = n.id
"""
_CONNECTOR_COLUMNS = (
    "id bigint, status text, error_code text, vendor_error_code text, info text, status_at timestamptz,"
    " reported_at timestamptz, unplugged_at timestamptz"
)

_UPDATE_PILES = """
UPDATE stations_pile p SET
    status = n.status, error_code = n.error_code, status_at = n.status_at, reported_at = n.reported_at,
    clock_offset_s = n.clock_offset_s
FROM {rows} WHERE p.id = n.id
"""
_PILE_COLUMNS = (
    "id bigint, status text, error_code text, status_at timestamptz, reported_at timestamptz,"
    " clock_offset_s integer"
)

_KEEP = """
INSERT INTO stations_statusevent (
    manufacturer_id, dealer_id, operator_id, agency_id, pile_id, message_id, connector_number, status,
    previous, error_code, vendor_error_code, info, at, received_at, legal, remarks
) SELECT n.* FROM {rows} ON CONFLICT (pile_id, received_at, message_id) DO NOTHING
RETURNING pile_id, received_at, message_id
"""
_KEPT_COLUMNS = (
    "manufacturer_id bigint, dealer_id bigint, operator_id bigint, agency_id bigint, pile_id bigint,"
    " message_id text, connector_number integer, status text, previous text, error_code text,"
    " vendor_error_code text, info text, at timestamptz, received_at timestamptz, legal boolean, remarks text"
)

Key = tuple[int, int]


@dataclass
class _State:
    """What a connector, or a pile as connector 0, is known to be; changed as the facts are walked."""

    id: int
    pile_id: int
    number: int
    status: str
    error_code: str
    status_at: datetime | None
    reported_at: datetime | None
    clock_offset_s: int | None
    last: StatusReported | None = None
    unplugged_at: datetime | None = None
    touched: bool = False


def report_status(facts: Sequence[StatusReported]) -> list[StatusChange]:
    """Keep the reports, in order. Returns one change for each that was not kept before."""
    place_of = places(fact.pile_id for fact in facts)
    known = [fact for fact in facts if fact.pile_id in place_of]
    if not known:
        return []
    with sql() as cursor:
        states = _lock(cursor, known, place_of)
        changes = [_walk(fact, place_of[fact.pile_id], states) for fact in known]
        _save(cursor, states.values())
        kept = {
            (pile_id, received_at, message_id)
            for pile_id, received_at, message_id in with_rows(
                cursor, _KEEP, _KEPT_COLUMNS, [_history(change) for change in changes]
            )
        }
    new = [
        change
        for change in changes
        if (change.fact.pile_id, change.fact.received_at, change.fact.message_id[:64]) in kept
    ]
    evidence.of_statuses(new)
    access.of_statuses(new)
    count_troubles(_illegal(change) for change in new if not change.legal)
    tell("connectors", {c.place.pile_id: c.place for c in new if c.changed}.values())
    return new


def _illegal(change: StatusChange) -> Seen:
    place, fact = change.place, change.fact
    step = f"{fact.connector}: {change.previous or '?'} -> {fact.status}"
    return Seen(place.pile_id, place.path, "illegal", "StatusNotification", fact.received_at, step)


def _lock(cursor: Any, facts: Sequence[StatusReported], place_of: dict[int, PilePlace]) -> dict[Key, _State]:
    pile_ids = sorted({fact.pile_id for fact in facts})
    execute(cursor, _LOCK_PILES, [pile_ids])
    states = {(row[1], row[2]): _State(*row) for row in cursor.fetchall()}
    _create_unknown(cursor, facts, place_of)
    execute(cursor, _LOCK_CONNECTORS, [pile_ids])
    states |= {(row[1], row[2]): _State(*row) for row in cursor.fetchall()}
    return states


def _create_unknown(cursor: Any, facts: Sequence[StatusReported], place_of: dict[int, PilePlace]) -> None:
    """Connectors that nobody registered. The lock on their pile keeps others from doing the same."""
    unknown: dict[int, set[int]] = {}
    for fact in facts:
        numbers = unknown.setdefault(fact.pile_id, set())
        connectors = place_of[fact.pile_id].connectors
        if (
            1 <= fact.connector <= HIGHEST_CONNECTOR
            and fact.connector not in connectors
            and len(connectors) + len(numbers) < MOST_CONNECTORS
        ):
            numbers.add(fact.connector)
    at = clock.now()
    with_values(
        cursor,
        _CREATE_CONNECTORS,
        [
            (place_of[pile_id].tenant_id, pile_id, number, "", None, "Operative", "", "", "", "", False, at)
            for pile_id, numbers in sorted(unknown.items())
            for number in sorted(numbers)
        ],
    )
    forget_places(pile_id for pile_id, numbers in unknown.items() if numbers)


def _walk(fact: StatusReported, place: PilePlace, states: dict[Key, _State]) -> StatusChange:
    pile = states[fact.pile_id, 0]
    state = states.get((fact.pile_id, fact.connector))
    at = min(fact.at, fact.received_at)
    _measure_clock(pile, fact)
    newer = state is not None and fact.status in CONNECTOR_MOVES and _is_newer(at, state, pile)
    previous = state.status if state is not None and newer else ""
    if state is not None and newer:
        _take(state, fact, at)
    return StatusChange(
        fact=fact,
        place=place,
        at=at,
        previous=previous,
        newer=newer,
        legal=is_legal_step(fact.connector, previous, fact.status),
        connector_id=state.id if state is not None and fact.connector > 0 else None,
    )


def _measure_clock(pile: _State, fact: StatusReported) -> None:
    """Delivery only ever adds to the difference, so the least one since the connection began is the clock's."""
    if fact.pile_time is None or fact.pile_time != fact.at:
        return
    behind = round((fact.received_at - fact.pile_time).total_seconds())
    if pile.clock_offset_s is None or behind < pile.clock_offset_s:
        pile.clock_offset_s, pile.touched = behind, True


def _is_newer(at: datetime, state: _State, pile: _State) -> bool:
    if state.reported_at is None or at >= state.reported_at:
        return True
    return pile.clock_offset_s is not None and abs(pile.clock_offset_s) > CLOCK_TOLERANCE_S


def _take(state: _State, fact: StatusReported, at: datetime) -> None:
    if state.status != fact.status:
        if fact.status == "Available" and state.status in OCCUPIED:
            state.unplugged_at = at
        state.status, state.status_at = fact.status, at
    state.error_code, state.reported_at = fact.error_code, at
    state.last, state.touched = fact, True


def _save(cursor: Any, states: Iterable[_State]) -> None:
    touched = [state for state in states if state.touched]
    with_rows(
        cursor,
        _UPDATE_PILES,
        _PILE_COLUMNS,
        [
            (s.id, s.status, s.error_code[:60], s.status_at, s.reported_at, s.clock_offset_s)
            for s in touched
            if s.number == 0
        ],
    )
    with_rows(
        cursor,
        _UPDATE_CONNECTORS,
        _CONNECTOR_COLUMNS,
        [
            (
                s.id,
                s.status,
                s.error_code[:60],
                s.last.vendor_error_code[:60],
                s.last.info[:120],
                s.status_at,
                s.reported_at,
                s.unplugged_at,
            )
            for s in touched
            if s.number and s.last is not None
        ],
    )


def _history(change: StatusChange) -> Row:
    fact = change.fact
    return (
        *path_columns(change.place.path),
        fact.pile_id,
        fact.message_id[:64],
        max(-1, min(fact.connector, 2**31 - 1)),
        fact.status[:60],
        change.previous[:60],
        fact.error_code[:60],
        fact.vendor_error_code[:120],
        fact.info[:300],
        change.at,
        fact.received_at,
        change.legal,
        " ".join((*fact.remarks, *(() if change.newer else ("not_newest",))))[:200],
    )
