"""What piles send when they are back: everything at once, in the order of their queues."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.pile import Pile
from tests.support.premises import Premises


def at(minutes_ago: float) -> str:
    return f"{datetime.now(UTC) - timedelta(minutes=minutes_ago):%Y-%m-%dT%H:%M:%SZ}"


async def all_at_once(pile: Pile, calls: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Send all of them before the first answer; the results in order."""
    answers = [pile.expect_answer(f"q{number}", action) for number, (action, _) in enumerate(calls)]
    for number, (action, payload) in enumerate(calls):
        await pile.send([2, f"q{number}", action, payload])
    frames = await asyncio.wait_for(asyncio.gather(*answers), 10)
    assert [frame[0] for frame in frames] == [3] * len(calls)
    return [frame[2] for frame in frames]


def reading(number: int | None, wh: int, when: str, context: str = "Sample.Periodic") -> dict[str, Any]:
    sample = {"value": str(wh), "unit": "Wh", "context": context}
    named = {} if number is None else {"transactionId": number}
    return {"connectorId": 1, "meterValue": [{"timestamp": when, "sampledValue": [sample]}], **named}


@pytest.mark.statement(53, 59)
@pytest.mark.quirk("queue-in-a-burst")
async def test_old_statuses_readings_a_stop_and_a_session_of_offline_come_in_one_burst(
    premises: Premises,
) -> None:
    card, other = await premises.card(), await premises.card()
    pile = await premises.pile("CP1")
    number = (await pile.start(1, card, meter=0, timestamp=at(60)))["transactionId"]
    await pile.cut()
    pile = await premises.pile("CP1", boots=False)
    statuses = ["Charging", "SuspendedEV", "Finishing", "Available", "Available"]
    old = [
        ("StatusNotification", {"connectorId": 1, "status": status, "errorCode": "NoError", "timestamp": at(50 - n)})
        for n, status in enumerate(statuses)
    ]  # fmt: skip
    readings = [("MeterValues", reading(number, 100 * n, at(50 - n))) for n in range(1, 15)]
    aligned = [("MeterValues", reading(None, 100 * n, at(34 - n), "Sample.Clock")) for n in range(1, 4)]
    stop = ("StopTransaction", {"transactionId": number, "meterStop": 1500, "timestamp": at(35)})
    start = {"connectorId": 1, "idTag": other, "meterStart": 1500, "timestamp": at(20)}
    *_, again = await all_at_once(pile, [*old, *readings, stop, *aligned, ("StartTransaction", start)])
    second = again["transactionId"]
    assert again["idTagInfo"]["status"] == "Accepted"
    await all_at_once(
        pile,
        [
            ("MeterValues", reading(second, 1700, at(15))),
            ("StopTransaction", {"transactionId": second, "meterStop": 1900, "timestamp": at(10)}),
        ],
    )
    await pile.disconnect()
    pile.check()
    await premises.work()

    settled = "SELECT charge_state, pay_state, energy_wh FROM orders_chargingorder ORDER BY transaction_id"
    assert await premises.rows(settled) == [("ended", "settled", 1500), ("ended", "settled", 400)]
    kept = "SELECT transaction_id, count(*) FROM orders_sample GROUP BY 1 ORDER BY 1"
    assert await premises.rows(kept) == [(number, 14), (second, 1), (None, 3)]


@pytest.mark.statement(67)
@pytest.mark.quirk("stop-of-offline-start", "X1")
async def test_a_stop_of_transaction_minus_one_right_behind_its_start_ends_it(premises: Premises) -> None:
    card = await premises.card()
    pile = await premises.pile("CP1")
    start = {"connectorId": 1, "idTag": card, "meterStart": 0, "timestamp": at(30)}
    stop = {"transactionId": -1, "meterStop": 1234, "timestamp": at(10), "idTag": card, "reason": "Local"}
    began, ended = await all_at_once(pile, [("StartTransaction", start), ("StopTransaction", stop)])
    await pile.disconnect()
    pile.check()

    assert began["idTagInfo"]["status"] == ended["idTagInfo"]["status"] == "Accepted"
    rows = await premises.rows("SELECT id, meter_stop FROM orders_transaction")
    assert rows == [(began["transactionId"], 1234)]
    assert await premises.rows("SELECT count(*) FROM orders_loosefact") == [(0,)]


@pytest.mark.statement(30, 59)
@pytest.mark.quirk("readings-of-1970", "T4")
async def test_readings_of_1970_count_from_their_receipt_and_before_the_first_boot_for_nothing(
    premises: Premises,
) -> None:
    pile = await premises.pile("CP1", boots=False)
    ancient = reading(None, 5, "1970-01-01T00:40:52Z")
    refused = await pile.ask([2, "early", "MeterValues", ancient], "early")
    assert refused[:3] == [4, "early", "SecurityError"]
    assert await premises.rows("SELECT count(*) FROM orders_sample") == [(0,)]
    await pile.boot()
    assert await pile.call("MeterValues", ancient) == {}
    await pile.disconnect()
    pile.check()

    kept = "SELECT register_wh, taken_at > now() - interval '1 minute', remarks FROM orders_sample"
    assert await premises.rows(kept) == [(5, True, "unsynced:timestamp")]
