"""Who is connected. Presence is compared and set on the generation of the connection.

A connection that ended says so with its own generation, so the late end of an old socket never
marks the pile of a newer one as away. What is repeated changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from backoffice.kit import clock
from ocpp_gateway.wire import Connected, Disconnected
from stations import dispatch
from stations.changes import PresenceChange
from stations.intake.batch import add_events, sql, tell, with_rows
from stations.intake.trouble import Seen, count_troubles
from stations.models import Gateway
from stations.selectors.places import places
from stations.selectors.traffic import GATEWAY_PULSE

TAKEOVERS_WITHIN = timedelta(minutes=1)
LOOK_EVERY_S = 5.0
"""How often somebody looks for gateways that are not heard. One that dies is missed by one look, which is
at most a pulse and a look later, and given up by the next: within two pulses, all in all. A database that
was away misses all of them, and they are heard before the second look."""

MISSED_FOR = timedelta(seconds=LOOK_EVERY_S - 1)
GATEWAY_FORGOTTEN_AFTER = timedelta(days=7)
GHOST_AFTER = timedelta(minutes=1)

SEEN_STEP_S = 2

_CONNECT = """
WITH told AS (SELECT * FROM {rows}), was AS (
    SELECT id, online, generation, gateway FROM stations_pile WHERE id IN (SELECT id FROM told)
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE stations_pile p SET
    online = true, generation = new.generation, gateway = new.gateway, remote = new.remote,
    connected_at = new.at, last_seen_at = GREATEST(p.last_seen_at, new.at), clock_offset_s = NULL
FROM was, told AS new
WHERE p.id = was.id AND p.id = new.id AND was.generation < new.generation
RETURNING p.id, was.online, was.gateway
"""
_CONNECTED = "id bigint, generation bigint, gateway text, remote text, at timestamptz"

_DISCONNECT = """
WITH told AS (SELECT * FROM {rows}), was AS (
    SELECT id FROM stations_pile WHERE id IN (SELECT id FROM told) ORDER BY id FOR NO KEY UPDATE
)
UPDATE stations_pile p SET
    online = false, disconnected_at = old.at, last_seen_at = GREATEST(p.last_seen_at, old.at)
FROM was, told AS old
WHERE p.id = was.id AND p.id = old.id AND p.generation = old.generation AND p.online
RETURNING p.id
"""
_DISCONNECTED = "id bigint, generation bigint, at timestamptz"

_SEE = f"""
WITH seen AS (SELECT * FROM {{rows}}), was AS (
    SELECT p.id FROM stations_pile p JOIN seen ON seen.id = p.id
    WHERE p.last_seen_at IS NULL OR p.last_seen_at < seen.at - interval '{SEEN_STEP_S} s'
    ORDER BY p.id FOR NO KEY UPDATE OF p
)
UPDATE stations_pile p SET last_seen_at = seen.at FROM was, seen WHERE p.id = was.id AND p.id = seen.id
"""  # noqa: S608 - a figure of ours
_HEARD = "id bigint, at timestamptz"

_DROP = """
WITH was AS (
    SELECT id FROM stations_pile WHERE online AND gateway = ANY(%s) ORDER BY id FOR NO KEY UPDATE
)
UPDATE stations_pile p SET online = false, disconnected_at = %s FROM was WHERE p.id = was.id
RETURNING p.id
"""

_DROP_GHOSTS = """
WITH was AS (
    SELECT id FROM stations_pile
    WHERE online AND gateway = %s AND connected_at < %s AND id <> ALL(%s::bigint[])
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE stations_pile p SET online = false, disconnected_at = %s
FROM was WHERE p.id = was.id AND p.online AND p.gateway = %s AND p.connected_at < %s
RETURNING p.id
"""

_SEE_GATEWAY = """
INSERT INTO stations_gateway (name, seen_at) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET seen_at = EXCLUDED.seen_at, missed_at = NULL
RETURNING (SELECT missed_at IS NULL FROM stations_gateway WHERE name = %s)
"""

_STILL_HERE = """
WITH told AS (SELECT * FROM {rows}), was AS (
    SELECT id FROM stations_pile WHERE id IN (SELECT id FROM told) ORDER BY id FOR NO KEY UPDATE
)
UPDATE stations_pile p SET online = true
FROM was, told AS held
WHERE p.id = was.id AND p.id = held.id AND p.generation = held.generation AND NOT p.online
RETURNING p.id
"""
_HELD = "id bigint, generation bigint"


def connect(facts: Sequence[Connected]) -> list[PresenceChange]:
    """Piles whose handshake became a session. Returns those that this made the live connection."""
    place_of = places(fact.pile_id for fact in facts)
    newest: dict[int, Connected] = {}
    superseded: list[Connected] = []
    for fact in sorted(facts, key=lambda fact: fact.generation):
        if fact.pile_id in newest:
            superseded.append(newest[fact.pile_id])
        if fact.pile_id in place_of:
            newest[fact.pile_id] = fact
    rows = [(f.pile_id, f.generation, f.gateway[:60], f.remote[:60], f.received_at) for f in newest.values()]
    with sql() as cursor:
        taken = {
            pile_id: (was_online, gateway)
            for pile_id, was_online, gateway in with_rows(cursor, _CONNECT, _CONNECTED, rows)
        }
        taken_over = {pile_id for pile_id, (was_online, _) in taken.items() if was_online}
        taken_over |= {fact.pile_id for fact in superseded if fact.pile_id in taken}
        add_events(
            cursor,
            [
                (
                    fact.pile_id,
                    place_of[fact.pile_id].path,
                    "takeover" if fact.pile_id in taken_over else "connected",
                    fact.received_at,
                    {"remote": fact.remote, "gateway": fact.gateway, "generation": fact.generation},
                )
                for fact in newest.values()
                if fact.pile_id in taken
            ],
        )
        takeovers = _count_takeovers(cursor, taken_over)
        count_troubles(
            Seen(pile_id, place_of[pile_id].path, "takeover", "", fact.received_at, fact.remote)
            for pile_id, fact in newest.items()
            if pile_id in taken_over
        )
    tell("piles", [place_of[pile_id] for pile_id in taken])
    _tell_moved(
        [
            (gateway, pile_id, newest[pile_id].generation)
            for pile_id, (was_online, gateway) in taken.items()
            if was_online and gateway not in {"", newest[pile_id].gateway[:60]}
        ]
    )
    return [
        PresenceChange(
            place=place_of[pile_id],
            online=True,
            at=newest[pile_id].received_at,
            takeovers=takeovers.get(pile_id, 0),
        )
        for pile_id in taken
    ]


def disconnect(facts: Sequence[Disconnected]) -> list[PresenceChange]:
    """Connections that ended. Returns the piles that are away because of it."""
    place_of = places(fact.pile_id for fact in facts)
    last = {
        fact.pile_id: fact
        for fact in sorted(facts, key=lambda fact: fact.generation)
        if fact.pile_id in place_of and not fact.superseded
    }
    rows = [(fact.pile_id, fact.generation, fact.received_at) for fact in last.values()]
    with sql() as cursor:
        gone = {pile_id for (pile_id,) in with_rows(cursor, _DISCONNECT, _DISCONNECTED, rows)}
        add_events(
            cursor,
            [
                (
                    pile_id,
                    place_of[pile_id].path,
                    "disconnected",
                    last[pile_id].received_at,
                    {
                        "code": last[pile_id].code,
                        "reason": last[pile_id].reason,
                        "generation": last[pile_id].generation,
                    },
                )
                for pile_id in gone
            ],
        )
    tell("piles", [place_of[pile_id] for pile_id in gone])
    return [
        PresenceChange(place=place_of[pile_id], online=False, at=last[pile_id].received_at)
        for pile_id in sorted(gone)
    ]


def see(heard: Mapping[int, datetime]) -> None:
    """When piles were last heard, any message counting (OCPP 1.6 §4.6); steps of two seconds are enough."""
    rows = sorted(heard.items())
    with sql() as cursor:
        with_rows(cursor, _SEE, _HEARD, rows)


@transaction.atomic
def start_gateway(name: str) -> list[PresenceChange]:
    """A gateway of this name starts: whatever an earlier one of it held is not connected any more."""
    see_gateway(name)
    Gateway.objects.filter(name=name).update(started_at=clock.now())
    return _drop(_DROP, [[name], clock.now()], reason="gateway restarted")


def see_gateway(name: str) -> bool:
    """A gateway lives; told once in a pulse. False when that is news: others may have given it up for lost."""
    with sql() as cursor:
        cursor.execute(_SEE_GATEWAY, [name, clock.now(), name])
        [(was_heard,)] = cursor.fetchall()
    return bool(was_heard)


def still_here(name: str, sessions: Mapping[int, int]) -> list[PresenceChange]:
    """What a gateway that was given up for lost still holds, pile to generation. Returns those that were away."""
    place_of = places(sessions)
    rows = [(pile_id, sessions[pile_id]) for pile_id in sorted(place_of)]
    at = clock.now()
    with sql() as cursor:
        back = sorted(pile_id for (pile_id,) in with_rows(cursor, _STILL_HERE, _HELD, rows))
        add_events(
            cursor,
            [
                (
                    pile_id,
                    place_of[pile_id].path,
                    "connected",
                    at,
                    {"gateway": name, "generation": sessions[pile_id], "reason": "gateway found again"},
                )
                for pile_id in back
            ],
        )
    tell("piles", [place_of[pile_id] for pile_id in back])
    return [PresenceChange(place=place_of[pile_id], online=True, at=at) for pile_id in back]


@transaction.atomic
def drop_lost_gateways() -> list[PresenceChange]:
    """Piles of gateways that two looks in a row have missed are not connected through them."""
    at = clock.now()
    Gateway.objects.filter(seen_at__lt=at - GATEWAY_FORGOTTEN_AFTER).delete()
    silent = Gateway.objects.filter(seen_at__lt=at - GATEWAY_PULSE)
    silent.filter(missed_at=None).update(missed_at=at)
    # Locked, so that a pulse comes either before and is seen, or after and sees that it was missed.
    lost = silent.filter(missed_at__lte=at - MISSED_FOR).order_by("name").select_for_update()
    return _drop(_DROP, [list(lost.values_list("name", flat=True)), at], reason="gateway lost")


@transaction.atomic
def drop_ghosts(name: str, sessions: Mapping[int, int]) -> list[PresenceChange]:
    """Piles that are said to be connected to a gateway, which does not hold them and has for no minute."""
    at = clock.now()
    before = at - GHOST_AFTER
    return _drop(_DROP_GHOSTS, [name, before, list(sessions), at, name, before], reason="gateway lost it")


def _tell_moved(moves: list[tuple[str, int, int]]) -> None:
    if moves:
        transaction.on_commit(partial(dispatch.tell_moved, moves), robust=True)


def _drop(statement: str, parameters: Sequence[Any], *, reason: str) -> list[PresenceChange]:
    at = clock.now()
    with sql() as cursor:
        cursor.execute(statement, parameters)
        gone = sorted(pile_id for (pile_id,) in cursor.fetchall())
        place_of = places(gone)
        add_events(
            cursor,
            [(pile_id, place_of[pile_id].path, "disconnected", at, {"reason": reason}) for pile_id in gone],
        )
    tell("piles", place_of.values())
    return [PresenceChange(place=place_of[pile_id], online=False, at=at) for pile_id in gone]


def _count_takeovers(cursor: Any, pile_ids: set[int]) -> dict[int, int]:
    if not pile_ids:
        return {}
    cursor.execute(
        "SELECT pile_id, count(*) FROM stations_pileevent"
        " WHERE pile_id = ANY(%s) AND kind = 'takeover' AND at > %s GROUP BY pile_id",
        [sorted(pile_ids), clock.now() - TAKEOVERS_WITHIN],
    )
    return dict(cursor.fetchall())
