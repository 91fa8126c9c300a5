"""Frames that piles on the market sent, as they were recorded, replayed on one connection over the real store.

The recording is not ours to copy: ``QUIRKS_FILE`` names it, JSON lines with ``id``, ``frame`` or ``raw``,
and ``expect`` in words. What each ``expect`` means in rows stands below, by the ids of the recording.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.pile import Pile
from tests.support.premises import Premises

RECORDING = os.environ.get("QUIRKS_FILE", "")
FIRST_NUMBER = 100_000
"""Transactions count from here, so that the recording names none of ours by chance."""

STATUS = (
    "SELECT connector_number, status, {} FROM stations_statusevent WHERE pile_id = %(pile)s"
    " AND message_id = %(id)s"
)
SAMPLE = (
    "SELECT {} FROM orders_sample WHERE pile_id = %(pile)s AND taken_at = '{}' AND connector_number = {}"
    " ORDER BY taken_at"
)
LOOSE = (
    "SELECT data ->> 'meter_stop', data ->> 'id_tag', {} FROM orders_loosefact WHERE pile_id = %(pile)s"
    " AND claimed_transaction_id = {} AND at = '{}'"
)
STARTED = "SELECT {} FROM orders_transaction WHERE pile_id = %(pile)s AND id_tag = '{}'"
BOOTED = "SELECT registration FROM stations_pile WHERE id = %(pile)s AND boot_count = {}"
FRAME = (
    "SELECT kind, remarks FROM stations_frame WHERE pile_id = %(pile)s AND message_id = %(id)s AND inbound"
)


def accepted(payload: dict[str, Any]) -> bool:
    info = payload.get("idTagInfo", payload)
    return bool(info["status"] == "Accepted")


def nothing(payload: dict[str, Any]) -> bool:
    return payload == {}


@dataclass(frozen=True)
class Met:
    """What must be true after a frame: of its answer, and of the rows that a query finds."""

    query: str = ""
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], bool] = nothing
    code: str = ""


TX_OF = "(SELECT id_tag FROM orders_transaction t WHERE t.id = transaction_id)"
EXPECTED: dict[str, Met] = {
    "T1": Met(STATUS.format("at = '2024-04-26T12:35:02Z'"), [(2, "Preparing", True)]),
    "T2": Met(
        STARTED.format("started_at = '2023-10-19T15:28:07Z', reservation_id, 'no_zone:timestamp' = ANY(flags)", "evcc"),
        [(True, None, True)],
        answer=lambda said: said["transactionId"] > FIRST_NUMBER,
    ),
    "T3": Met(
        STATUS.format("at = '2019-05-10T16:05:33Z' AND received_at > now() - interval '1 minute'"),
        [(1, "Available", True)],
    ),
    "T4": Met(STATUS.format("at = received_at AND remarks LIKE '%%unsynced%%'"), [(0, "Available", True)]),
    "M1": Met(SAMPLE.format("current_a", "2022-07-01T10:00:00Z", 1), [(Decimal(0),)]),
    "M2": Met(
        "SELECT register_wh, power_w FROM orders_sample WHERE pile_id = %(pile)s AND taken_at BETWEEN"
        " '2021-11-22T20:38:32Z' AND '2021-11-22T20:39:32Z' ORDER BY taken_at",
        [(Decimal("604.213"), Decimal(0)), (Decimal("604.213"), None)],
    ),
    "M4": Met(SAMPLE.format("id", "2022-04-01T10:00:00Z", 1), []),
    "M5": Met(SAMPLE.format("id", "2024-12-20T16:02:16Z", 1), []),
    "M6": Met(SAMPLE.format("register_wh, remarks", "2024-02-06T08:09:37Z", 1), [(Decimal(139_955), "sent_for_1707206943,repaired:json")]),
    "M8": Met(SAMPLE.format("temperature_c, jsonb_array_length(readings)", "2025-03-12T12:35:37Z", 1), [(Decimal(35), 2)]),
    "M9": Met(
        SAMPLE.format("register_wh, power_w, current_a, transaction_id, remarks", "2024-09-05T21:41:59.333Z", 1),
        [(Decimal(254_780), Decimal(3500), Decimal("15.6"), None, "sent_for_1725564597")],
    ),
    "M10": Met(SAMPLE.format("current_a, voltage_v", "2024-10-05T06:20:23.610Z", 1), [(Decimal("9.6"), Decimal("233.1"))]),
    "M12": Met(SAMPLE.format(f"register_wh, {TX_OF}", "2021-04-07T11:00:00Z", 4), [(Decimal("164.5"), "ON-FOUR")]),
    "M13": Met(SAMPLE.format("register_wh, transaction_id", "2021-04-07T11:00:00Z", 0), [(None, None)]),
    "M15": Met(SAMPLE.format(f"register_wh, {TX_OF}", "2023-09-23T10:00:00Z", 1), [(Decimal(100), "ON-ONE")]),
    # The same instant and value as the one before: it is the same reading, said without its words.
    "M16": Met(
        SAMPLE.format("readings -> 0 ->> 'measurand', readings -> 0 ->> 'unit'", "2023-09-23T10:00:00Z", 1),
        [("Energy.Active.Import.Register", "Wh")],
    ),
    "M17": Met(SAMPLE.format("register_wh", "2026-11-22T07:32:59.911Z", 1), [(Decimal("150.02"),)]),
    "X1": Met(STARTED.format("meter_stop, stop_reason", "TAG1"), [(1234, "Local")], answer=lambda said: "idTagInfo" in said),
    "X4": Met(LOOSE.format("'fraction:meterStop' = ANY(flags)", 5, "2026-06-23T10:00:00Z"), [("26008", None, True)]),
    "X5": Met(
        LOOSE.format("'extra:disconnectReason' = ANY(flags)", 1, "2024-04-12T14:15:37.427Z"),
        [("1625", "FF88888801", True)],
        answer=lambda said: said["idTagInfo"]["status"] == "Invalid",
    ),
    "X7": Met(LOOSE.format("data ->> 'reason'", 5, "2024-04-18T10:00:00Z"), [("10", None, "PowerLoss")]),
    "X8a": Met(STARTED.format("meter_start", "0000001012951691"), [(1,)], answer=accepted),
    "X8b": Met(STARTED.format("meter_start", "0000001012951691"), [(1,)], answer=accepted),
    "X10": Met(STARTED.format("connector_number", "12345678"), [(4,)], answer=accepted),
    "B1": Met(BOOTED.format(2), [("Accepted",)], answer=accepted),
    "B3": Met(BOOTED.format(3), [("Accepted",)], answer=accepted),
    "B4": Met(BOOTED.format(4), [("Accepted",)], answer=accepted),
    "S2": Met(
        STATUS.format("length(vendor_error_code), info::jsonb ->> 'reason'"),
        [(1, "Faulted", 32, "faults")],
    ),
    "S3": Met(
        "SELECT p.status, c.status FROM stations_pile p JOIN stations_connector c ON c.pile_id = p.id"
        " AND c.number = 2 WHERE p.id = %(pile)s",
        [("Faulted", "Preparing")],
    ),
    "S5": Met(STATUS.format("vendor_error_code, info"), [(1, "SuspendedEVSE", "0x0000", "null")]),
    "S6": Met(
        "SELECT status, registered FROM stations_connector WHERE pile_id = %(pile)s AND number = 7",
        [("Available", False)],
    ),
    "R1": Met(STATUS.format("legal"), [(0, "Available", True)]),
    "R3": Met(FRAME, [("error", "unmatched:frame")]),
    "R4": Met(code="NotImplemented"),
    "R6": Met(answer=lambda said: "currentTime" in said),
}  # fmt: skip


@pytest.mark.skipif(not RECORDING, reason="QUIRKS_FILE names no recording of real piles")
async def test_recorded_frames_are_all_understood_on_one_connection(premises: Premises) -> None:
    recorded = [json.loads(line) for line in await asyncio.to_thread(lines)]
    await premises.card(uid="0000001012951691")
    await premises.card(uid="12345678")
    pile = await premises.pile("CP1", connectors=4, quirks={"id_tag_suffix": "_*"})
    await premises.rows(
        "SELECT setval(pg_get_serial_sequence('orders_transaction', 'id'), %s)", [FIRST_NUMBER]
    )
    for connector, tag, at in (
        (4, "ON-FOUR", "2021-04-07T10:00:00Z"),
        (1, "ON-ONE", "2023-09-23T09:00:00Z"),
        (2, "TAG1", "2026-11-22T07:00:00Z"),
    ):
        await pile.start(connector, tag, meter=50, timestamp=at)
    answers: dict[str, Any] = {}
    for quirk in recorded:
        met = EXPECTED[quirk["id"]]
        answers[quirk["id"]] = await replay(pile, quirk, met)
        if met.query:
            asked = {"pile": premises.ids["CP1"], "id": id_of(quirk)}
            found = await (premises.until_row if met.rows else premises.rows)(met.query, asked)
            assert found == met.rows, f"{quirk['id']}: {quirk['expect']}"
    assert pile.commands == []
    assert answers["X8a"] == answers["X8b"]
    await pile.heartbeat()
    gone = "SELECT count(*) FROM stations_pileevent WHERE kind IN ('disconnected', 'takeover')"
    assert await premises.rows(gone) == [(0,)]
    refused = (
        "SELECT action FROM stations_frame WHERE kind = 'error' AND NOT inbound"
        " AND pile_id = %s AND action IN ('StartTransaction', 'StopTransaction', 'MeterValues')"
    )
    assert await premises.rows(refused, [premises.ids["CP1"]]) == []
    await pile.disconnect()
    pile.check()
    assert answers.keys() == EXPECTED.keys()


def lines() -> list[str]:
    return [line for line in Path(RECORDING).read_text().splitlines() if line.strip()]


async def replay(pile: Pile, quirk: dict[str, Any], met: Met) -> Any:
    """Send one line of the recording and look at its answer."""
    frame = quirk["frame"] if quirk["raw"] is None else quirk["raw"]
    if quirk["frame"] is not None and quirk["frame"][0] != 2:
        await pile.send(frame)
        await pile.heartbeat()
        return None
    answer = await pile.ask(frame, id_of(quirk), "" if met.code else action_of(quirk))
    if met.code:
        assert answer[:3] == [4, id_of(quirk), met.code], quirk["id"]
        return None
    assert answer[0] == 3, f"{quirk['id']}: {answer}"
    assert met.answer(answer[2]), f"{quirk['id']}: {quirk['expect']}: {answer}"
    return answer[2]


def id_of(quirk: dict[str, Any]) -> str:
    found: str = quirk["frame"][1] if quirk["frame"] else quirk["raw"].split('"')[1]
    return found


def action_of(quirk: dict[str, Any]) -> str:
    found: str = quirk["frame"][2] if quirk["frame"] else quirk["raw"].split('"')[3]
    return found
