"""SIGKILL of each part of the house in the middle of fifty sessions, counted afterwards.

Nothing that was acknowledged is missing, nothing is there twice, every session is settled, and the
books are clean. The same house lives through all of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any

import pytest

from tests.support.house import House
from tests.support.stubborn import Acknowledged, StubbornPile, instant
from tests.support.waiting import eventually, until

SESSIONS = 50
BY_QR = 15
IN_FLIGHT = 3

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def site(house: House) -> dict[str, Any]:
    """Piles and drivers, the same for every victim: a free connector is free again."""
    return house.furnish(piles=SESSIONS, drivers=SESSIONS, name="K")


@pytest.mark.statement(119)
@pytest.mark.parametrize("victim", ["gateway", "worker", "web", "postgres", "valkey"])
def test_a_killed_part_costs_nothing_that_was_acknowledged(
    house: House, site: dict[str, Any], victim: str
) -> None:
    begun = time.monotonic()
    piles = asyncio.run(_live_through(house, site, victim))
    told = [pile.told for pile in piles]
    lived = time.monotonic()
    _count(house, told)
    eventually(lambda: not _unfinished(house, told) or None, seconds=60)
    orders = house.rows(
        "SELECT transaction_id, charge_state, pay_state, hold, energy_wh FROM orders_chargingorder"
        " WHERE transaction_id = ANY(%s)",
        [[one.transaction for one in told]],
    )
    assert len(orders) == SESSIONS
    assert {(charge, pay, hold) for _, charge, pay, hold, _ in orders} == {("ended", "settled", 0)}
    stored = dict(house.rows("SELECT id, meter_stop - meter_start FROM orders_transaction"))
    assert all(energy == stored[transaction] for transaction, _, _, _, energy in orders)
    assert json.loads(house.run_inside("tests.support.books", None)) == []
    # Only the gateway's own end costs a connection: whatever else is away, the sockets stay.
    reconnects = [pile.reconnects for pile in piles]
    assert all(reconnects) if victim == "gateway" else not any(reconnects)
    print(f"{victim}: {lived - begun:.1f} s of sessions, {time.monotonic() - lived:.1f} s until settled")


async def _live_through(house: House, made: dict[str, Any], victim: str) -> list[StubbornPile]:
    """Start everything, kill in the middle, go on, stop everything."""
    chance = random.Random(victim)
    enough = asyncio.Event()
    piles = [
        StubbornPile(house.ocpp, pile["identity"], pile["key"], seed=number)
        for number, pile in enumerate(made["piles"])
    ]
    async with asyncio.timeout(240):
        await asyncio.gather(*(pile.boot() for pile in piles))
        orders = [
            {"driver": made["drivers"][number]["id"], "pile": made["piles"][number]["identity"]}
            for number in range(BY_QR)
        ]
        sessions = [
            asyncio.create_task(_session(pile, made["drivers"][number]["card"], number < BY_QR, enough))
            for number, pile in enumerate(piles)
        ]
        await asyncio.to_thread(house.run_inside, "tests.support.ordering", orders)
        await until(lambda: all(pile.told.transaction for pile in piles), within_s=60)
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        await until(lambda: sum(pile.is_waiting for pile in piles) >= IN_FLIGHT)
        assert not any(session.done() for session in sessions)
        await asyncio.to_thread(house.kill, victim)
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        await asyncio.to_thread(house.revive, victim)
        await asyncio.sleep(1.0)
        enough.set()
        await asyncio.gather(*sessions)
    await asyncio.gather(*(pile.leave() for pile in piles))
    return piles


async def _session(pile: StubbornPile, card: str, by_qr: bool, enough: asyncio.Event) -> None:
    id_tag = await pile.asked_to_start if by_qr else card
    await pile.charge(id_tag, until=enough)


def _count(house: House, told: list[Acknowledged]) -> None:
    """Every acknowledged start, reading and stop is stored, once; every state at least once."""
    ids = [one.transaction for one in told]
    assert len(set(ids)) == len(ids)
    stops = dict(house.rows("SELECT id, meter_stop FROM orders_transaction WHERE id = ANY(%s)", [ids]))
    assert stops == {one.transaction: one.meter_stop for one in told}
    stored: dict[int, list[str]] = {}
    for transaction, at in house.rows(
        "SELECT transaction_id, taken_at FROM orders_sample WHERE transaction_id = ANY(%s) ORDER BY taken_at",
        [ids],
    ):
        stored.setdefault(transaction, []).append(instant(at))
    for one in told:
        assert stored.get(one.transaction, []) == sorted(one.readings)
    statuses: dict[int, set[str]] = {}
    for transaction, at in house.rows(
        "SELECT t.id, e.at FROM stations_statusevent e JOIN orders_transaction t ON t.pile_id = e.pile_id WHERE t.id = ANY(%s)",
        [ids],
    ):
        statuses.setdefault(transaction, set()).add(instant(at))
    for one in told:
        assert statuses[one.transaction] >= set(one.statuses)
    per_pile = house.rows(
        "SELECT pile_id FROM orders_transaction WHERE started_at >= ("
        "SELECT min(started_at) FROM orders_transaction WHERE id = ANY(%s)) GROUP BY pile_id HAVING count(*) > 1",
        [ids],
    )
    assert per_pile == []
    readings = sum(len(one.readings) for one in told)
    print(f"acknowledged and stored: {len(ids)} starts, {readings} readings, {len(stops)} stops")


def _unfinished(house: House, told: list[Acknowledged]) -> list[tuple[Any, ...]]:
    return house.rows(
        "SELECT order_no, charge_state, pay_state FROM orders_chargingorder"
        " WHERE transaction_id = ANY(%s) AND settled_at IS NULL"
        " UNION ALL SELECT 'none', id::text, '' FROM orders_transaction t WHERE id = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM orders_chargingorder o WHERE o.transaction_id = t.id)",
        [[one.transaction for one in told]] * 2,
    )
