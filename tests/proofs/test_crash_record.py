"""The crash record: twenty rounds of each kind of trouble at random moments, counted.

Of every fact that a pile was told is stored there is exactly one, every session is one settled order, and
the books are clean. The piles behave as real ones do: what is not answered is said again.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support import proving, trouble
from tests.support.counting import check_orders, count, unfinished
from tests.support.house import House, free_ports, running_house
from tests.support.stubborn import StubbornPile
from tests.support.waiting import eventually, until

ROUNDS = 20
PILES = 12

pytestmark = [pytest.mark.crash, pytest.mark.timeout(4 * 3600)]


@pytest.fixture(scope="module")
def site(house: House) -> dict[str, Any]:
    return house.furnish(piles=PILES, drivers=PILES, name="P")


@pytest.mark.statement(119)
@pytest.mark.parametrize("victim", ["gateway", "postgres", "valkey"])
def test_a_killed_process(house: House, site: dict[str, Any], victim: str) -> None:
    prove(f"crash-{victim}", house, site, lambda chance: trouble.killed(house, victim))


@pytest.mark.statement(119)
def test_a_network_cut_between_the_gateway_and_its_database(house: House, site: dict[str, Any]) -> None:
    with trouble.through_a_cut(house) as cut:
        trouble.reroute(house, cut)
        try:
            prove("crash-network", house, site, lambda chance: trouble.disconnected(house, cut, chance))
        finally:
            house.variables.clear()
            house.terminate("gateway")
            house.start("gateway")


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[tuple[House, bool]]:
    """A house on a disk of its own that can be filled; whether it is."""
    folder = Path("/var/tmp") / f"pilehouse-{tmp_path.name}"  # noqa: S108
    port, ocpp_port = free_ports(2)
    with (
        trouble.small_disk(folder) as is_small,
        running_house(folder if is_small else tmp_path, port=port, ocpp_port=ocpp_port) as house,
    ):
        yield house, is_small


@pytest.mark.statement(119)
def test_a_full_disk_for_the_database(cramped: tuple[House, bool]) -> None:
    house, is_small = cramped
    site = house.furnish(piles=PILES, drivers=PILES, name="D")
    prove("crash-disk", house, site, lambda chance: trouble.full_disk(house, is_small=is_small))
    refused = trouble.refused_writes(house)
    proving.record("crash-disk-refusals", times=refused, on="a small tmpfs" if is_small else "RLIMIT_FSIZE")
    assert refused


@pytest.mark.statement(48, 73, 119)
def test_piles_that_say_everything_again(house: House, site: dict[str, Any]) -> None:
    """With the same ids and with others, in the middle of a session and after it."""
    prove("crash-resend", house, site, None)


def prove(
    name: str,
    house: House,
    site: dict[str, Any],
    troubled: Callable[[random.Random], trouble.Trouble] | None,
) -> None:
    """So many rounds of one kind."""
    chance = proving.chance(name)
    total: Counter[str] = Counter()
    ways: Counter[str] = Counter()
    for number in range(proving.rounds(ROUNDS)):
        piles, way = asyncio.run(live(house, site, chance, troubled))
        told = [pile.told for pile in piles]
        counts = count(house, told)
        eventually(lambda told=told: not unfinished(house, told) or None, seconds=90)
        orders = check_orders(house, told)
        total.update(asdict(counts), orders=orders, reconnects=sum(pile.reconnects for pile in piles))
        ways[way] += 1
        print(f"{name} {number + 1}: {way}, acknowledged and stored {counts}, {orders} orders", flush=True)
    assert json.loads(house.run_inside("tests.support.books", None)) == []
    twice = "SELECT 1 FROM orders_chargingorder GROUP BY transaction_id HAVING count(*) > 1 AND transaction_id > 0"
    assert house.rows(twice) == []
    proving.record(
        name, seed=chance.seed_text, rounds=sum(ways.values()), **total, ways=dict(ways), books="clean"
    )


async def live(
    house: House,
    site: dict[str, Any],
    chance: random.Random,
    troubled: Callable[[random.Random], trouble.Trouble] | None,
) -> tuple[list[StubbornPile], str]:
    """One session at each pile; trouble somewhere in it."""
    enough = asyncio.Event()
    piles = [
        StubbornPile(house.ocpp, pile["identity"], pile["key"], seed=chance.getrandbits(32))
        for pile in site["piles"]
    ]
    async with asyncio.timeout(240):
        sessions = [
            asyncio.create_task(_charge(pile, driver["card"], enough, chance.uniform(0, 2)))
            for pile, driver in zip(piles, site["drivers"], strict=True)
        ]
        if troubled is None:
            await until(lambda: all(pile.told.readings for pile in piles), within_s=60)
            enough.set()
            await asyncio.gather(*sessions)
            for new_ids in (False, True):
                await asyncio.gather(*(pile.say_again(new_ids=new_ids) for pile in piles))
            way = f"{2 * sum(len(pile.said) for pile in piles)} messages said again"
        else:
            way = await _through(troubled(chance), chance)
            enough.set()
            await asyncio.gather(*sessions)
    await asyncio.gather(*(pile.leave() for pile in piles))
    return piles, way


async def _charge(pile: StubbornPile, card: str, enough: asyncio.Event, after_s: float) -> None:
    await pile.boot()
    await asyncio.sleep(after_s)
    await pile.charge(card, until=enough)


async def _through(block: trouble.Trouble, chance: random.Random) -> str:
    await asyncio.sleep(chance.uniform(0.2, 4.0))
    way = await asyncio.to_thread(block.__enter__)
    await asyncio.sleep(chance.uniform(0.2, 6.0))
    await asyncio.to_thread(block.__exit__, None, None, None)
    await asyncio.sleep(chance.uniform(0.5, 2.0))
    return way
