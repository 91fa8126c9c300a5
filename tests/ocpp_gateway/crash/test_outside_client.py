"""A pile written by somebody else charges in three ways, and each becomes an order whose figures add up."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.house import House
from tests.support.outsider import outsider, stamp
from tests.support.waiting import eventually, until

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

OPERATOR = "XO"


@pytest.fixture(scope="module")
def pile(house: House) -> dict[str, Any]:
    """Registered by the commands that a person has for it."""
    house.furnish(piles=0, drivers=0, name="X")
    made: dict[str, Any] = json.loads(
        house.manage("add_pile", "OUT-1", "--station", "STX", "--connectors", "2", "--model", "Outside")
    )
    return {key: made[key] for key in ("url", "username", "password", "identity")}


@pytest.fixture(scope="module")
def driver(house: House, pile: dict[str, Any]) -> dict[str, Any]:
    phone = "+8613900001234"
    house.manage("add_driver", phone, "--operator", OPERATOR, "--balance", "100.00")
    card = json.loads(house.manage("add_card", "04AABBCC", "--phone", phone, "--operator", OPERATOR))
    [(pk,)] = house.rows("SELECT id FROM drivers_driver WHERE phone = %s", [phone])
    return {"id": pk, "card": card["uid"]}


def settled_order(house: House, transaction: int) -> dict[str, Any]:
    """The order of a transaction once it is settled, as ``show_orders`` tells it."""
    [(number,)] = eventually(
        lambda: house.rows(
            "SELECT order_no FROM orders_chargingorder WHERE transaction_id = %s AND settled_at IS NOT NULL",
            [transaction],
        )
    )
    order: dict[str, Any] = json.loads(house.manage("show_orders", "--no", number))
    assert (order["charge_state"], order["pay_state"], order["hold"]) == ("ended", "settled", 0)
    assert sum(line["amount"] for line in order["lines"]) == order["total"] == order["paid"]
    assert json.loads(house.run_inside("tests.support.books")) == []
    return order


def test_it_is_started_and_stopped_from_outside(
    house: House, pile: dict[str, Any], driver: dict[str, Any]
) -> None:
    async def charge() -> tuple[int, int]:
        async with outsider(**pile) as client:
            assert await client.boot() == "Accepted"
            order = {"driver": driver["id"], "pile": "OUT-1"}
            [number] = json.loads(
                await asyncio.to_thread(house.run_inside, "tests.support.ordering", [order])
            )
            await until(lambda: client.transaction is not None and client.meter >= 5_060, within_s=30)
            await asyncio.to_thread(house.run_inside, "tests.support.stopping", number)
            async with asyncio.timeout(20):
                await client.ended.wait()
            return client.transaction, client.meter - 5_000

    transaction, energy = asyncio.run(charge())
    order = settled_order(house, transaction)
    assert (order["energy_wh"], order["pile"], order["case"]) == (energy, "OUT-1", None)
    [(reason,)] = house.rows("SELECT stop_reason FROM orders_transaction WHERE id = %s", [transaction])
    assert reason == "Remote"


def test_a_card_starts_it_at_the_pile(house: House, pile: dict[str, Any], driver: dict[str, Any]) -> None:
    async def charge() -> tuple[int, int]:
        async with outsider(**pile) as client:
            client.meter = 6_000
            assert await client.begin(driver["card"].lower()) == "Accepted"
            await asyncio.sleep(1.5)
            await client.stop("Local", id_tag=driver["card"])
            assert client.transaction is not None
            return client.transaction, client.meter - 6_000

    transaction, energy = asyncio.run(charge())
    assert settled_order(house, transaction)["energy_wh"] == energy > 0


@pytest.mark.statement(53)
def test_it_was_offline_all_the_time_and_tells_everything_later(
    house: House, pile: dict[str, Any], driver: dict[str, Any]
) -> None:
    began = datetime.now(UTC) - timedelta(minutes=45)

    async def replay() -> int:
        async with outsider(**pile) as client:
            client.meter = 9_000
            await client.begin(driver["card"], at=stamp(began))
            for minute in range(1, 20):
                await client.read(300, at=stamp(began + timedelta(minutes=minute)))
            await client.stop("EVDisconnected", at=stamp(began + timedelta(minutes=20)))
            assert client.transaction is not None
            return client.transaction

    order = settled_order(house, asyncio.run(replay()))
    assert order["energy_wh"] == 19 * 300
    assert datetime.fromisoformat(order["started_at"]) == began.replace(microsecond=0)
    assert order["case"] == "A21"
