"""Two gateways and three at a thousand piles: one is killed under load, all are restarted one by one.

Every session ends as one settled order, every command in a defined state and sent at most once, and the
piles of a dead gateway that do not come back are offline within two of its pulses.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

import pytest

from stations.selectors.traffic import GATEWAY_PULSE
from tests.support import proving
from tests.support.counting import check_orders, count, unfinished
from tests.support.house import House, free_ports, running_house
from tests.support.pile import Pile
from tests.support.stubborn import StubbornPile
from tests.support.waiting import eventually, until

PILES = 1_000
MUTE = 5
COMMANDS = 60
PACE_S = (8.0, 16.0)
CONNECTING_AT_ONCE = 20

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module", params=[2, 3])
def fleet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with so many gateways on neighbouring ports."""
    port = free_ports(1)[0]
    with running_house(
        tmp_path_factory.mktemp("fleet"), port=port, ocpp_port=port + 1_000, gateways=request.param
    ) as house:
        yield house


@pytest.fixture(scope="module")
def site(fleet: House) -> dict[str, Any]:
    piles = proving.piles(PILES)
    return fleet.furnish(piles=piles + MUTE, drivers=piles, name="F")


def gateways(house: House) -> list[str]:
    return [name for name in house.names if name.startswith("gateway")]


@pytest.mark.statement(6, 9, 86, 88, 119)
def test_one_gateway_is_killed_under_load(fleet: House, site: dict[str, Any]) -> None:
    async def kill(load: Load) -> dict[str, Any]:
        victim = load.chance.choice(gateways(fleet))
        await load.send_commands(COMMANDS // 2)
        await asyncio.to_thread(fleet.kill, victim)
        begun = time.monotonic()
        await load.send_commands(COMMANDS // 2)
        offline, back = await asyncio.gather(
            asyncio.to_thread(_offline_after, fleet, load.mute_at(victim), begun),
            asyncio.to_thread(_online_again, fleet, load.piles, begun),
        )
        await asyncio.to_thread(fleet.revive, victim)
        return {"killed": victim, "noticed_s": offline, "all_back_s": back}

    counts = asyncio.run(prove("gateways-kill", fleet, site, kill))
    assert counts["noticed_s"] <= 2 * GATEWAY_PULSE.total_seconds() + 2


@pytest.mark.statement(6, 86, 88, 119)
def test_all_gateways_are_restarted_one_by_one(fleet: House, site: dict[str, Any]) -> None:
    async def roll(load: Load) -> dict[str, Any]:
        took: list[float] = []
        for name in gateways(fleet):
            await load.send_commands(COMMANDS // len(gateways(fleet)))
            took.append(round(await asyncio.to_thread(fleet.terminate, name), 1))
            await asyncio.to_thread(fleet.start, name)
            await asyncio.to_thread(_online_again, fleet, load.piles, time.monotonic())
        return {"drains_s": took}

    asyncio.run(prove("gateways-rolling", fleet, site, roll))


class Load:
    """A thousand sessions that go on, and staff who send commands meanwhile."""

    def __init__(self, house: House, site: dict[str, Any], chance: random.Random) -> None:
        self.house, self.chance = house, chance
        self.urls = [f"ws://127.0.0.1:{port}/ocpp" for port in house.ocpp_ports]
        self.site = site
        wanted = len(site["drivers"])
        self.piles = [pile["identity"] for pile in site["piles"][:wanted]]
        self.mute = [pile["identity"] for pile in site["piles"][wanted:]]
        self.stubborn = [
            StubbornPile(self.urls, pile["identity"], pile["key"], seed=chance.getrandbits(32), pace_s=PACE_S)
            for pile in site["piles"][:wanted]
        ]
        self.commands: list[int] = []
        self.refused: Counter[str] = Counter()
        for pile in self.stubborn:
            pile.reply("ClearCache", self._answer)

    async def _answer(self, payload: dict[str, Any]) -> dict[str, str]:
        await asyncio.sleep(self.chance.uniform(0, 4))
        return {"status": "Accepted"}

    async def send_commands(self, number: int) -> None:
        asked = {"piles": self.chance.sample(self.piles, min(number, len(self.piles)))}
        order = {**asked, "action": "ClearCache", "payload": {}}
        said = json.loads(await asyncio.to_thread(self.house.run_inside, "tests.support.commanding", order))
        self.commands += said["sent"]
        self.refused.update(said["refused"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        enough = asyncio.Event()
        turn = asyncio.Semaphore(CONNECTING_AT_ONCE)

        async def session(pile: StubbornPile, card: str) -> None:
            async with turn:
                await pile.boot()
            await asyncio.sleep(self.chance.uniform(0, 5))
            await pile.charge(card, until=enough)

        sessions = [
            asyncio.create_task(session(pile, driver["card"]))
            for pile, driver in zip(self.stubborn, self.site["drivers"], strict=True)
        ]
        await until(lambda: all(pile.told.transaction for pile in self.stubborn), within_s=300)
        mute = await self._connect_mute()
        yield
        enough.set()
        await asyncio.gather(*sessions)
        await asyncio.gather(*(pile.leave() for pile in self.stubborn))
        for pile in mute:
            await pile.cut()

    async def _connect_mute(self) -> list[Pile]:
        """Piles that never come back, some at each gateway."""
        mute = []
        for number, known in enumerate(self.site["piles"][-MUTE:]):
            url = self.urls[number % len(self.urls)]
            pile = Pile(url, known["identity"], key=bytes.fromhex(known["key"]))
            await pile.connect()
            await pile.boot()
            mute.append(pile)
        return mute

    def mute_at(self, gateway: str) -> list[str]:
        """Those of them that are connected to this gateway."""
        return self.mute[gateways(self.house).index(gateway) :: len(self.urls)]


async def prove(
    name: str, house: House, site: dict[str, Any], act: Callable[[Load], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    chance = proving.chance(name)
    load = Load(house, site, chance)
    async with asyncio.timeout(1800):
        async with load.running():
            await asyncio.sleep(chance.uniform(1, 5))
            seen = await act(load)
    told = [pile.told for pile in load.stubborn]
    counts = await asyncio.to_thread(count, house, told)
    await asyncio.to_thread(lambda: eventually(lambda: not unfinished(house, told) or None, seconds=300))
    orders = await asyncio.to_thread(check_orders, house, told)
    states = await asyncio.to_thread(_ends, house, load)
    assert json.loads(house.run_inside("tests.support.books", None)) == []
    proving.record(
        name,
        seed=chance.seed_text,
        gateways=len(house.ocpp_ports),
        piles=len(load.piles),
        **asdict(counts),
        orders=orders,
        reconnects=sum(pile.reconnects for pile in load.stubborn),
        commands=states,
        refused=dict(load.refused),
        **seen,
    )
    return seen


def _ends(house: House, load: Load) -> dict[str, int]:
    """How the commands ended. None waits, and no pile got one of them twice."""
    waiting = "SELECT 1 FROM stations_command WHERE id = ANY(%s) AND state IN ('queued', 'sent')"
    eventually(lambda: not house.rows(waiting, [load.commands]), seconds=120)
    rows = house.rows(
        "SELECT c.state, c.message_id, p.identity FROM stations_command c"
        " JOIN stations_pile p ON p.id = c.pile_id WHERE c.id = ANY(%s)",
        [load.commands],
    )
    received = Counter(
        command.id for pile in load.stubborn for command in pile.commands if command.action == "ClearCache"
    )
    assert max(received.values(), default=0) <= 1
    ours = {message_id for _, message_id, _ in rows if message_id}
    assert set(received) <= ours
    accepted = {message_id for state, message_id, _ in rows if state == "accepted"}
    assert accepted <= set(received)
    return dict(Counter(state for state, _, _ in rows))


def _offline_after(house: House, identities: list[str], begun: float) -> float:
    """Seconds until those piles of a dead gateway that do not come back are offline."""
    alive = "SELECT 1 FROM stations_pile WHERE identity = ANY(%s) AND online"
    eventually(lambda: not house.rows(alive, [identities]), seconds=60)
    return round(time.monotonic() - begun, 1)


def _online_again(house: House, identities: list[str], begun: float) -> float:
    """Seconds until all piles are connected."""
    away = "SELECT 1 FROM stations_pile WHERE identity = ANY(%s) AND NOT online"
    eventually(lambda: not house.rows(away, [identities]), seconds=180)
    return round(time.monotonic() - begun, 1)
