"""BootNotification: what a pile says it is, and whether it may take part (OCPP 1.6 §4.2).

The answer follows from settings alone and is given whatever the pile wrote into the message: a pile
that is refused for a name that is too long is bricked. Open transactions stay open; queued stops come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backoffice.kit.statements import execute
from ocpp_gateway.wire import BootAnswer, Booted, Registration
from stations.intake import access, evidence, files
from stations.intake.batch import Row, add_events, read_json, sql, tell, with_rows
from stations.models import Life
from stations.quirks import Quirks, read_quirks
from stations.selectors.places import places

RETRY_S = 60
"""How long a pile that is not accepted waits before it boots again."""

_LOCK = """
SELECT p.id, p.life, p.booted_at, p.firmware, p.quirks, m.quirks
FROM stations_pile p LEFT JOIN stations_pilemodel m ON m.id = p.model_id
WHERE p.id = ANY(%s) ORDER BY p.id FOR NO KEY UPDATE OF p
"""

_UPDATE = """
UPDATE stations_pile p SET
    registration = n.registration, booted_at = n.at, boot_count = p.boot_count + n.boots,
    reported_vendor = n.vendor, reported_model = n.model, reported_serial = n.serial,
    firmware = n.firmware, iccid = n.iccid, imsi = n.imsi, clock_offset_s = NULL
FROM {rows} WHERE p.id = n.id
"""

_COLUMNS = (
    "id bigint, registration text, at timestamptz, boots integer, vendor text, model text, serial text,"
    " firmware text, iccid text, imsi text"
)


def boot(facts: Sequence[Booted]) -> list[BootAnswer]:
    """Answer each boot, in order. A fact that was kept before is answered again and changes nothing."""
    place_of = places(fact.pile_id for fact in facts)
    answers, news = [], []
    with sql() as cursor:
        known = _lock(cursor, facts)
        for fact in facts:
            pile = known.get(fact.pile_id)
            answers.append(_answer(pile))
            if pile is not None and (pile.booted_at is None or pile.booted_at < fact.received_at):
                news.append((fact, pile.firmware))
                pile.take(fact)
        with_rows(cursor, _UPDATE, _COLUMNS, [pile.row for pile in known.values() if pile.row])
        add_events(
            cursor,
            [
                (fact.pile_id, place_of[fact.pile_id].path, kind, fact.received_at, data)
                for fact, firmware in news
                for kind, data in _events(fact, firmware)
            ],
        )
    tell("piles", {fact.pile_id: place_of[fact.pile_id] for fact, _ in news}.values())
    evidence.of_boots(fact for fact, _ in news)
    files.boots(fact for fact, _ in news)
    access.of_boots((fact.pile_id, fact.firmware[:120] != firmware) for fact, firmware in news)
    return answers


class _Pile:
    """A locked row, and what the facts of this batch make of it."""

    def __init__(self, row: Row) -> None:
        self.id, life, self.booted_at, self.firmware, own, of_model = row
        self.retired = life == Life.RETIRED
        self.quirks: Quirks = read_quirks([read_json(of_model), read_json(own)])
        self.boots = 0
        self.row: Row = ()

    def take(self, fact: Booted) -> None:
        self.boots += 1
        self.booted_at, self.firmware = fact.received_at, fact.firmware[:120]
        self.row = (
            self.id,
            _answer(self).status.value,
            fact.received_at,
            self.boots,
            fact.vendor[:120],
            fact.model[:120],
            (fact.serial or fact.box_serial)[:120],
            self.firmware,
            fact.iccid[:60],
            fact.imsi[:60],
        )


def _lock(cursor: Any, facts: Sequence[Booted]) -> dict[int, _Pile]:
    execute(cursor, _LOCK, [sorted({fact.pile_id for fact in facts})])
    return {row[0]: _Pile(row) for row in cursor.fetchall()}


def _answer(pile: _Pile | None) -> BootAnswer:
    if pile is None or pile.retired:
        return BootAnswer(status=Registration.REJECTED, interval_s=RETRY_S)
    status = Registration(pile.quirks.boot_answer)
    accepted = status is Registration.ACCEPTED
    return BootAnswer(status=status, interval_s=pile.quirks.heartbeat_interval_s if accepted else RETRY_S)


def _events(fact: Booted, firmware_before: str) -> list[tuple[str, dict[str, Any]]]:
    said = {
        "vendor": fact.vendor,
        "model": fact.model,
        "serial": fact.serial or fact.box_serial,
        "firmware": fact.firmware,
        "meter": fact.meter_serial,
        "remarks": list(fact.remarks),
    }
    events: list[tuple[str, dict[str, Any]]] = [
        ("booted", {key: value for key, value in said.items() if value})
    ]
    if firmware_before and firmware_before != fact.firmware[:120]:
        events.append(("firmware_changed", {"from": firmware_before, "to": fact.firmware}))
    return events
