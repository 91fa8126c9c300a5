"""A hundred piles that read nothing for five minutes: bounded memory, and nobody waits for them.

They go on asking, so that answers pile up for them, and staff send them commands. Each is cut off after a
minute and comes back to do the same. What the neighbours wait for meanwhile is compared with what they wait for
while the same piles ask the same and do read.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ocpp_gateway.policy import Policy
from tests.support import proving, trouble
from tests.support.beats import Neighbours, milliseconds
from tests.support.house import House
from tests.support.pile import Pile
from tests.support.waiting import eventually

SECONDS = 300
PILES = 100
NEIGHBOURS = 4
MOST_MB_EACH = 1.0
FLOOR_MS = 100.0
WORSE = 1.5
READING_SHARE = 0.2
VENDOR_DATA = "x" * 20_000

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600)]


def test_piles_that_read_nothing_cost_little_and_delay_nobody(house: House) -> None:
    piles = proving.piles(PILES)
    site = house.furnish(piles=piles + NEIGHBOURS, drivers=1, name="S")
    pid = house.pid("gateway")
    seen = asyncio.run(_live(house, site, pid))
    assert house.pid("gateway") == pid and house.restarts == []
    waiting = "SELECT 1 FROM stations_command WHERE state IN ('queued', 'sent')"
    eventually(lambda: not house.rows(waiting), seconds=150)
    states = dict(house.rows("SELECT state, count(*) FROM stations_command GROUP BY state"))
    proving.record("slow-piles", piles=piles, **seen, commands=states)
    assert seen["rss_most_mb"] - seen["rss_calm_mb"] <= max(30, MOST_MB_EACH * piles)
    assert seen["slow_ms"]["p99"] <= max(FLOOR_MS, WORSE * seen["reading_ms"]["p99"])
    if seen["seconds"] > Policy().unread_s + 2 * Policy().sweep_interval_s:
        assert seen["cut_off"] >= piles


async def _live(house: House, site: dict[str, Any], pid: int) -> dict[str, Any]:
    seconds = proving.seconds(SECONDS)
    slow = site["piles"][:-NEIGHBOURS]
    told: Counter[str] = Counter()
    async with Neighbours(house.ocpp, site["piles"][-NEIGHBOURS:]) as neighbours:
        await asyncio.sleep(1)
        neighbours.phase()
        await asyncio.sleep(max(5, 0.1 * seconds))
        calm, calm_rss = neighbours.phase(), trouble.memory_of(pid)
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(_ask(house, known, told, reads=True)) for known in slow]
            await asyncio.sleep(READING_SHARE * seconds)
            for task in asking:
                task.cancel()
        reading = neighbours.phase()
        told.clear()
        tasks = [asyncio.create_task(_ask(house, known, told, reads=False)) for known in slow]
        loop = asyncio.get_running_loop()
        end, most = loop.time() + seconds, calm_rss
        while loop.time() < end:
            order = {
                "piles": [known["identity"] for known in slow[:20]],
                "action": "ClearCache",
                "payload": {},
            }
            said = await asyncio.to_thread(house.run_inside, "tests.support.commanding", order)
            told["commands_sent"] += len(json.loads(said)["sent"])
            for _ in range(10):
                most = max(most, trouble.memory_of(pid))
                await asyncio.sleep(min(1.0, seconds / 20))
        delayed = neighbours.phase()
        neighbours.check()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return {
        "seconds": seconds,
        **told,
        "cut_off": told["cut_off"],
        "calm_ms": milliseconds(calm),
        "reading_ms": milliseconds(reading),
        "slow_ms": milliseconds(delayed),
        "rss_calm_mb": round(calm_rss / 2**20, 1),
        "rss_most_mb": round(most / 2**20, 1),
    }


async def _ask(house: House, known: dict[str, Any], told: Counter[str], *, reads: bool) -> None:
    """Connect, boot and ask for answers. Whoever does not read them asks until nothing goes out either, and stays."""
    pile = Pile(house.ocpp, known["identity"], key=bytes.fromhex(known["key"]))
    try:
        while True:
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                await pile.connect()
                await pile.boot()
                if not reads:
                    pile.freeze()
                number = 0
                while True:
                    number += 1
                    pile.expect_answer(f"n{number}", "DataTransfer")
                    data = {"vendorId": "nobody", "data": VENDOR_DATA}
                    await pile.send([2, f"n{number}", "DataTransfer", data])
                    told["asked"] += 1
                    await asyncio.sleep(0.5)
            told["cut_off"] += 1
            await pile.cut()
            await asyncio.sleep(1)
    finally:
        if pile.socket is not None:
            pile.socket.transport.abort()
