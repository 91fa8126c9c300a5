"""Sessions over real sockets into the real store: what the piles were told is what is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.pile import Pile
from tests.support.premises import Premises

OLD = "2026-10-01T08:{minute:02}:00Z"


async def status_of(premises: Premises, transaction: int) -> tuple[Any, ...]:
    [row] = await premises.rows(
        "SELECT charge_state, pay_state, hold, energy_wh FROM orders_chargingorder WHERE transaction_id = %s",
        [transaction],
    )
    return row


@pytest.mark.statement(47, 51, 53, 72, 119)
async def test_tc_039_a_session_that_was_offline_becomes_a_settled_order(premises: Premises) -> None:
    card = await premises.card()
    pile = await premises.pile("CP1")
    start = await pile.start(1, card, meter=1000, timestamp=OLD.format(minute=0))
    number = start["transactionId"]
    for minute in range(1, 6):
        await pile.meter(1, 1000 + 1000 * minute, transaction=number, at=OLD.format(minute=minute))
    data = [
        {
            "timestamp": OLD.format(minute=minute),
            "sampledValue": [{"value": str(1000 + 1000 * minute), "unit": "Wh"}],
        }
        for minute in (5, 6)
    ]
    answer = await pile.stop(
        number, meter=7000, timestamp=OLD.format(minute=6), idTag=card, transactionData=data
    )
    await pile.disconnect()
    await premises.work()

    assert start["idTagInfo"]["status"] == answer["idTagInfo"]["status"] == "Accepted"
    assert await status_of(premises, number) == ("ended", "settled", 0, 6000)
    assert await premises.rows("SELECT count(*) FROM orders_sample WHERE transaction_id = %s", [number]) == [
        (6,)
    ]


@pytest.mark.statement(28, 48, 49, 52)
@pytest.mark.quirk("start-again", "X8a", "X8b")
async def test_a_start_gets_the_same_answer_over_every_connection_and_gateway(premises: Premises) -> None:
    card = await premises.card()
    pile = await premises.pile("CP1")
    start = {"connectorId": 1, "idTag": card, "meterStart": 1, "timestamp": pile.time()}
    answers = [await pile.call("StartTransaction", start, message_id="1")]
    answers.append(await pile.call("StartTransaction", start, message_id="1"))
    answers.append(await pile.call("StartTransaction", start, message_id="2"))
    twin = await premises.pile("CP1", boots=False)
    answers.append(await twin.call("StartTransaction", start, message_id="1"))
    await premises.close()
    await premises.open()
    again = await premises.pile("CP1", boots=False)
    answers.append(await again.call("StartTransaction", start, message_id="1"))
    await again.disconnect()

    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["idTagInfo"]["status"] == "Accepted"
    assert await premises.rows("SELECT count(*) FROM orders_transaction") == [(1,)]


@pytest.mark.statement(47)
@pytest.mark.quirk("transaction-numbers")
async def test_many_piles_that_start_at_once_all_get_numbers_of_their_own(premises: Premises) -> None:
    piles = [await premises.pile(f"CP{number}", connectors=1) for number in range(6)]
    answers = await asyncio.gather(*(pile.start(1, "NOBODY", meter=5) for pile in piles for _ in range(2)))
    numbers = {answer["transactionId"] for answer in answers}
    for pile in piles:
        await pile.disconnect()

    assert len(numbers) >= len(piles)
    assert all(0 < number < 2**31 for number in numbers)
    [(stored,)] = await premises.rows("SELECT count(*) FROM orders_transaction")
    assert stored == len(numbers)


@pytest.mark.statement(36, 53)
@pytest.mark.quirk("boot-during-transaction")
async def test_a_boot_leaves_a_session_open_and_its_queued_stop_ends_it(premises: Premises) -> None:
    card = await premises.card()
    pile = await premises.pile("CP1")
    number = (await pile.start(1, card, meter=0))["transactionId"]
    await pile.cut()
    pile = await premises.pile("CP1")
    assert await premises.rows("SELECT stop_received_at FROM orders_transaction") == [(None,)]
    await pile.stop(number, meter=500, reason="PowerLoss")
    await pile.disconnect()
    await premises.work()

    assert (await status_of(premises, number))[:3] == ("ended", "settled", 0)


@pytest.mark.statement(59, 67, 71, 75)
async def test_a_stop_of_somebody_elses_session_is_answered_and_touches_nothing(premises: Premises) -> None:
    card = await premises.card()
    owner, other = await premises.pile("CP1"), await premises.pile("CP2")
    number = (await owner.start(1, card, meter=0))["transactionId"]
    for claimed in (number, 999_999, 0, -1):
        assert await other.stop(claimed, meter=5) == {}
        assert await other.meter(1, 5, transaction=claimed) == {}
    assert await premises.rows("SELECT stop_received_at FROM orders_transaction") == [(None,)]
    kept = await premises.rows(
        "SELECT claimed_transaction_id, flags[1] FROM orders_loosefact WHERE pile_id = %s ORDER BY id",
        [premises.ids["CP2"]],
    )
    assert kept == [
        (number, "foreign_transaction"),
        *((claimed, "unknown_transaction") for claimed in (999_999, 0, -1)),
    ]
    await owner.stop(number, meter=5)
    for pile in (owner, other):
        await pile.disconnect()


@pytest.mark.statement(67, 70, 73)
@pytest.mark.quirk("stop-again")
async def test_a_stop_that_is_repeated_and_then_contradicted_counts_once(premises: Premises) -> None:
    card = await premises.card()
    pile = await premises.pile("CP1")
    number = (await pile.start(1, card, meter=0, timestamp=OLD.format(minute=0)))["transactionId"]
    stop = {"transactionId": number, "meterStop": 900, "timestamp": OLD.format(minute=9), "idTag": card}
    first = await pile.call("StopTransaction", stop, message_id="s")
    assert await pile.call("StopTransaction", stop, message_id="s") == first
    assert await pile.call("StopTransaction", stop) == first
    assert "idTagInfo" in await pile.call("StopTransaction", {**stop, "meterStop": 950})
    await pile.disconnect()
    await premises.work()
    await premises.work()

    assert await status_of(premises, number) == ("ended", "settled", 0, 900)
    assert await premises.rows("SELECT count(*) FROM finance_settlement") == [(1,)]


@pytest.mark.statement(43, 44, 50, 52)
async def test_a_card_is_judged_anew_at_the_start(premises: Premises) -> None:
    card, poor = await premises.card(parent_id_tag="GROUP"), await premises.card(balance=0)
    piles: list[Pile] = [await premises.pile(f"CP{number}") for number in (1, 2)]
    assert await piles[0].authorize(card.lower()) == {"status": "Accepted", "parentIdTag": "GROUP"}
    assert (await piles[0].start(1, card))["idTagInfo"]["status"] == "Accepted"
    assert (await piles[1].start(1, card))["idTagInfo"]["status"] == "ConcurrentTx"
    assert (await piles[1].start(2, poor))["idTagInfo"]["status"] == "Blocked"
    assert (await piles[1].authorize("NOBODY"))["status"] == "Invalid"
    for pile in piles:
        await pile.disconnect()
