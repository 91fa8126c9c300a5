"""Security events: what piles report of themselves, and the refusals at the door, many of one kind as one row.

What knocks without a name is every manufacturer's to see, and bounded: a scanner of addresses cannot fill the disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backoffice.kit.levels import Level
from ocpp_gateway.wire import Hello, RefusalReason, SecurityEventReported
from stations.changes import SecurityChange
from stations.identities import printable
from stations.intake.batch import Row, path_columns, sql, with_values
from stations.security_events import CRITICAL
from stations.selectors.places import PilePlace, places
from tenants.selectors import tenants

WINDOW_S = 600
"""Refusals of one kind within so many seconds are one event."""

MOST_OF_NOBODY = 2000

_KEEP = """
INSERT INTO stations_securityevent (
    manufacturer_id, dealer_id, operator_id, agency_id, source, pile_id, identity, remote, type, critical, at,
    last_at, pile_time, count, info, once
) VALUES %s
ON CONFLICT (manufacturer_id, once) DO NOTHING RETURNING once
"""

_COUNT = """
INSERT INTO stations_securityevent (
    manufacturer_id, dealer_id, operator_id, agency_id, source, pile_id, identity, remote, type, critical, at,
    last_at, pile_time, count, info, once
) VALUES %s
ON CONFLICT (manufacturer_id, once) DO UPDATE SET
    count = LEAST(stations_securityevent.count::bigint + EXCLUDED.count, 1000000000),
    last_at = GREATEST(stations_securityevent.last_at, EXCLUDED.last_at), identity = EXCLUDED.identity
"""

_TRIM = """
DELETE FROM stations_securityevent WHERE id IN (
    SELECT id FROM stations_securityevent WHERE manufacturer_id = %s AND pile_id IS NULL
    ORDER BY last_at DESC, id DESC OFFSET %s
)
"""


def report_security(facts: Sequence[SecurityEventReported]) -> list[SecurityChange]:
    """Keep what piles report (white paper A04). Returns the critical ones that are new; a repeated one is not."""
    place_of = places(fact.pile_id for fact in facts)
    known = {_once(fact): fact for fact in facts if fact.pile_id in place_of}
    rows = [_row(fact, once, place_of[fact.pile_id]) for once, fact in sorted(known.items())]
    with sql() as cursor:
        new = {once for (once,) in with_values(cursor, _KEEP, rows, fetch=True)}
    return [
        SecurityChange(
            place=place_of[fact.pile_id],
            type=fact.type,
            info=fact.tech_info,
            at=fact.received_at,
            happened_at=fact.at,
        )
        for once, fact in known.items()
        if once in new and fact.type in CRITICAL
    ]


def note_refusals(refusals: Sequence[tuple[Hello, RefusalReason]], place_of: Mapping[str, PilePlace]) -> None:
    """Keep the refusals of a batch; ``place_of`` are the known piles among them, by identity."""
    counted = [one for one in refusals if one[1] is not RefusalReason.UNAVAILABLE]
    strange = any(hello.identity not in place_of for hello, _ in counted)
    manufacturers = _manufacturers() if strange else []
    rows: dict[tuple[Any, ...], list[Any]] = {}
    for hello, reason in counted:
        place = place_of.get(hello.identity)
        paths = [path_columns(place.path)] if place else [(pk, None, None, None) for pk in manufacturers]
        for path in paths:
            row = _refusal_row(path, place, hello, reason)
            found = rows.setdefault((row[0], row[-1]), [*row[:13], 0, *row[14:]])
            found[13] += 1
            found[11] = max(found[11], hello.at)
    with sql() as cursor:
        ordered = [tuple(rows[key]) for key in sorted(rows)]
        with_values(cursor, _COUNT, ordered)
        for tenant_id in manufacturers:
            cursor.execute(_TRIM, [tenant_id, MOST_OF_NOBODY])


def _once(fact: SecurityEventReported) -> str:
    """A pile that got no answer may send an event again under another message id."""
    when = (
        fact.pile_time.isoformat() if fact.pile_time else f"{fact.received_at.isoformat()} {fact.message_id}"
    )
    return f"pile:{fact.pile_id} {fact.type} {when} {fact.tech_info}"[:300]


def _row(fact: SecurityEventReported, once: str, place: PilePlace) -> Row:
    return (
        *path_columns(place.path),
        "pile",
        fact.pile_id,
        place.identity,
        "",
        fact.type[:50],
        fact.type in CRITICAL,
        fact.received_at,
        fact.received_at,
        fact.pile_time,
        1,
        fact.tech_info[:255],
        once,
    )


def _refusal_row(path: Row, place: PilePlace | None, hello: Hello, reason: RefusalReason) -> Row:
    window = int(hello.at.timestamp()) // WINDOW_S
    whose = place.pile_id if place else ""
    once = f"central:{whose} {hello.remote} {reason.value} {hello.detail} {hello.security_profile} {window}"
    return (
        *path,
        "central",
        place.pile_id if place else None,
        printable(hello.identity, 200),
        hello.remote[:60],
        reason.value,
        False,
        hello.at,
        hello.at,
        None,
        1,
        hello.detail[:255],
        once[:300],
    )


def _manufacturers() -> list[int]:
    return sorted(tenants().filter(level=Level.MANUFACTURER).values_list("pk", flat=True))
