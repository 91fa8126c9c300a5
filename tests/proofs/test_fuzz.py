"""Ten minutes of frames, handshakes and bytes that no pile sends: nothing dies, grows or slows the neighbours.

What is sent comes from one seed, which is kept with the counts: ``PROOF_SEED`` sends the same again.
"""

from __future__ import annotations

import asyncio
import base64
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.protocol import State

from tests.support import mutations, proving, trouble
from tests.support.beats import Neighbours, milliseconds
from tests.support.house import House
from tests.support.pile import Pile

SECONDS = 600
CALM_SHARE = 0.15
WARM_SHARE = 0.25
FUZZERS = 6
NEIGHBOURS = 4
FRAMES_A_SECOND = 30
HANGING = 50
GROWTH = 1.2
FLOOR_MS = 100.0
"""Below this a p99 is good, whatever it was while nothing else happened."""

WORSE = 4.0

pytestmark = [pytest.mark.crash, pytest.mark.timeout(4 * 3600)]


@pytest.mark.statement(21, 26)
def test_ten_minutes_of_nonsense_hurt_nobody(house: House) -> None:
    site = house.furnish(piles=FUZZERS + NEIGHBOURS, drivers=1, name="Z")
    chance = proving.chance("fuzz")
    pid = house.pid("gateway")
    seen = asyncio.run(_fuzz(house, site, chance, pid))
    assert house.pid("gateway") == pid and house.restarts == []
    assert _unhandled(house) == []
    proving.record("fuzz", seed=chance.seed_text, **seen)
    assert seen["rss_end_mb"] <= GROWTH * seen["rss_warm_mb"]
    assert seen["fuzzed_ms"]["p99"] <= max(FLOOR_MS, WORSE * seen["calm_ms"]["p99"])


async def _fuzz(house: House, site: dict[str, Any], chance: random.Random, pid: int) -> dict[str, Any]:
    seconds = proving.seconds(SECONDS)
    sent: Counter[str] = Counter()
    async with Neighbours(house.ocpp, site["piles"][FUZZERS:]) as neighbours:
        await asyncio.sleep(1)
        neighbours.phase()
        await asyncio.sleep(CALM_SHARE * seconds)
        calm = neighbours.phase()
        fuzzers = [
            asyncio.create_task(_send_nonsense(house, known, random.Random(chance.getrandbits(64)), sent))
            for known in site["piles"][:FUZZERS]
        ]
        fuzzers.append(
            asyncio.create_task(_knock(house, site["piles"][0], random.Random(chance.getrandbits(64)), sent))
        )
        await asyncio.sleep(WARM_SHARE * seconds)
        warm = trouble.memory_of(pid)
        await asyncio.sleep((1 - CALM_SHARE - WARM_SHARE) * seconds)
        fuzzed, last = neighbours.phase(), trouble.memory_of(pid)
        neighbours.check()
        assert not any(task.done() for task in fuzzers)
        for task in fuzzers:
            task.cancel()
        await asyncio.gather(*fuzzers, return_exceptions=True)
    return {
        "seconds": seconds,
        **sent,
        "calm_ms": milliseconds(calm),
        "fuzzed_ms": milliseconds(fuzzed),
        "rss_warm_mb": round(warm / 2**20, 1),
        "rss_end_mb": round(last / 2**20, 1),
    }


async def _send_nonsense(
    house: House, known: dict[str, Any], chance: random.Random, sent: Counter[str]
) -> None:
    """One pile that is let in and then says anything, over as many connections as it takes."""
    pile = Pile(house.ocpp, known["identity"], key=bytes.fromhex(known["key"]))
    try:
        while True:
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                await pile.connect()
                sent["connections"] += 1
                for _ in range(chance.randint(20, 400)):
                    number = chance.getrandbits(48)
                    if chance.random() < 0.02:
                        _write_raw(pile, mutations.raw(number))
                        sent["raw"] += 1
                    else:
                        await pile.send(mutations.frame(number))
                        sent["frames"] += 1
                    await asyncio.sleep(chance.expovariate(FRAMES_A_SECOND))
            if pile.socket is not None:
                await pile.cut()
            pile.violations.clear()
            await asyncio.sleep(chance.uniform(0.5, 3))
    finally:
        if pile.socket is not None:
            pile.socket.transport.abort()


def _write_raw(pile: Pile, data: bytes) -> None:
    assert pile.socket is not None
    if pile.socket.state is not State.OPEN:
        raise ConnectionResetError
    pile.socket.transport.write(data)


async def _knock(house: House, known: dict[str, Any], chance: random.Random, sent: Counter[str]) -> None:
    """Somebody who never gets his handshake right, or hangs in the middle of it."""
    credentials = base64.b64encode(f"{known['identity']}:".encode() + bytes.fromhex(known["key"])).decode()
    hanging: list[asyncio.StreamWriter] = []
    try:
        while True:
            data = mutations.handshake(chance.getrandbits(48), known["identity"], credentials)
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", house.addresses.ocpp_port)
                hanging.append(writer)
                writer.write(data)
                sent["handshakes"] += 1
                if chance.random() < 0.8:
                    await _read_some(reader)
                    hanging.pop().transport.abort()
            while len(hanging) > HANGING:
                hanging.pop(0).transport.abort()
            await asyncio.sleep(chance.expovariate(FRAMES_A_SECOND))
    finally:
        for writer in hanging:
            writer.transport.abort()


async def _read_some(reader: asyncio.StreamReader) -> None:
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(1):
            await reader.read(4096)


def _unhandled(house: House) -> list[str]:
    """Lines of the gateway's log that tell of an exception nobody expected."""
    log = (house.data / "logs" / "gateway.log").read_text(errors="replace")
    return [line[:2000] for line in log.splitlines() if "Traceback" in line][:20]
