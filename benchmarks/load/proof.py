"""What the database holds after a load, beside what the piles were told is stored."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg2

SETTLE_S = 20.0

COUNTS = {
    "MeterValues": "SELECT count(*) FROM orders_sample",
    "StatusNotification": "SELECT count(*) FROM stations_statusevent",
    "StartTransaction": "SELECT count(*) FROM orders_transaction",
    "StopTransaction": "SELECT count(*) FROM orders_transaction WHERE stop_received_at IS NOT NULL",
    "BootNotification": "SELECT COALESCE(sum(boot_count), 0) FROM stations_pile",
    "loose facts": "SELECT count(*) FROM orders_loosefact",
    "frames in": "SELECT count(*) FROM stations_frame WHERE inbound AND kind = 'call'",
    "frames out": "SELECT count(*) FROM stations_frame WHERE NOT inbound AND kind = 'result'",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One kind: what was acknowledged since the beginning, what is stored."""

    kind: str
    acknowledged: int
    stored: int

    @property
    def is_equal(self) -> bool:
        return self.acknowledged == self.stored


def counts(url: str) -> dict[str, int]:
    """What is stored now, by kind."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        found = {}
        for kind, statement in COUNTS.items():
            cursor.execute(statement)
            found[kind] = int(cursor.fetchone()[0])
        return found


def compare(url: str, before: Mapping[str, int], acknowledged: Mapping[str, int]) -> list[Line]:
    """Per kind; frames are written with later batches, so they get a while to arrive."""
    wanted = dict(acknowledged) | {"loose facts": 0}
    wanted["frames in"] = wanted["frames out"] = sum(acknowledged.values())
    until = time.monotonic() + SETTLE_S
    while True:
        now = counts(url)
        lines = [Line(kind, wanted.get(kind, 0), now[kind] - before[kind]) for kind in COUNTS]
        if all(line.is_equal for line in lines) or time.monotonic() > until:
            return lines
        time.sleep(0.5)


def sessions(url: str, started: list[int], stopped: list[int]) -> list[str]:
    """What is wrong with the transactions that piles were told of."""
    wrong = []
    if len(set(started)) != len(started):
        wrong.append(f"{len(started) - len(set(started))} ids were given twice")
    for what, ids, ended in (("starts", started, False), ("stops", stopped, True)):
        missing = _missing(url, ids, ended=ended)
        if missing:
            wrong.append(f"{missing} acknowledged {what} are not stored")
    return wrong


def _missing(url: str, ids: list[int], *, ended: bool) -> int:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::int[]) AS told (id) WHERE NOT EXISTS (SELECT 1"
            " FROM orders_transaction t WHERE t.id = told.id AND (NOT %s OR stop_received_at IS NOT NULL))",
            [ids, ended],
        )
        return int(cursor.fetchone()[0])


def orders(url: str) -> dict[str, Any]:
    """How the orders of the load stand: live ones with a price, ended ones."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE charge_state = 'charging'),"
            " count(*) FILTER (WHERE charge_state = 'charging' AND total > 0),"
            " count(*) FILTER (WHERE charge_state = 'ended') FROM orders_chargingorder"
        )
        live, priced, ended = cursor.fetchone()
        return {"live": live, "priced": priced, "ended": ended}
