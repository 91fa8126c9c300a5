"""SIGKILL of each part of the house in the middle of thirty sessions, counted afterwards.

The crash record (``tests/proofs``) does the same for hours, at random moments. Nothing that was acknowledged is missing, nothing is there twice, every session is settled, and the
books are clean. The same house lives through all of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any

import pytest

from tests.support.counting import check_orders, count, unfinished
from tests.support.house import House
from tests.support.stubborn import StubbornPile
from tests.support.waiting import eventually, until

SESSIONS = 30
BY_QR = 10
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
    print(f"acknowledged and stored: {count(house, told)}")
    eventually(lambda: not unfinished(house, told) or None, seconds=60)
    assert check_orders(house, told) == SESSIONS
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
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        await until(lambda: sum(pile.is_waiting for pile in piles) >= IN_FLIGHT)
        assert not any(session.done() for session in sessions)
        await asyncio.to_thread(house.kill, victim)
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        await asyncio.to_thread(house.revive, victim)
        await asyncio.sleep(0.3)
        enough.set()
        await asyncio.gather(*sessions)
    await asyncio.gather(*(pile.leave() for pile in piles))
    return piles


async def _session(pile: StubbornPile, card: str, by_qr: bool, enough: asyncio.Event) -> None:
    id_tag = await pile.asked_to_start if by_qr else card
    await pile.charge(id_tag, until=enough)
