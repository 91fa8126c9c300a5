"""The simulator's composition: piles from the database, sockets to the gateway, cars that come and go.

Runs with the environment of the other processes. What a real pile would remember without power, its
password where that was changed, is kept in ``DATA_DIR/simulator.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

from django.conf import settings
from django.db import connection

from backoffice.kit.scope import unscoped
from backoffice.simulator import access, cast
from backoffice.simulator.configuration import Configuration
from backoffice.simulator.habits import Habits, Wallets
from backoffice.simulator.machine import Machine
from backoffice.simulator.pile import SimulatedPile, utc_now

log = logging.getLogger("simulator")

REMEMBER_EVERY_S = 2.0
PAUSE_BETWEEN_S = 0.03
"""Piles connect one after the other, as they do after a failure of the power."""

KEPT_FREE = (1,)
"""Connectors of the first pile that are left to whoever scans its code."""


def main() -> int:
    """Play until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m backoffice.simulator", description=__doc__)
    parser.add_argument("--piles", type=int, default=12, help="how many piles charge")
    parser.add_argument("--quiet", type=int, default=0, help="how many more only stand there")
    parser.add_argument(
        "--gateway", action="append", default=[], help="address of a gateway; of several, each gets its share"
    )
    options = parser.parse_args()
    chance = Random()  # noqa: S311 — a demonstration needs no secrets
    with unscoped(reason="piles of every tenant are simulated"):
        parts = cast.parts(options.piles + options.quiet, settings.SECRET_KEY, chance)
        wallets = {
            operator: Wallets(tags)
            for operator, tags in cast.cards({part.operator for part in parts}).items()
        }
    connection.close()
    memory = Memory(Path(settings.DATA_DIR) / "simulator.json")
    doors = options.gateway or [settings.OCPP_URL]
    piles = [_pile(part, memory, chance, turned(doors, number)) for number, part in enumerate(parts)]
    for number, (part, pile) in enumerate(zip(parts[: options.piles], piles, strict=False)):
        free = KEPT_FREE if number == 0 else ()
        Habits(pile.machine, wallets[part.operator], pile.chance, free).begin(utc_now())
    log.info("%s piles charge, %s stand there", len(parts[: options.piles]), len(parts[options.piles :]))
    asyncio.run(_play(piles, memory))
    return 0


class Memory:
    """Passwords of piles that were changed since they were made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: dict[str, str] = {}
        with suppress(FileNotFoundError):
            self._keys = json.loads(path.read_text())["keys"]

    def key_of(self, identity: str, first: str) -> str:
        """The present password of a pile, of which the ``first`` is known."""
        return self._keys.get(identity, first)

    def keep(self, changed: dict[str, str]) -> None:
        """Write changed passwords down."""
        if not changed:
            return
        self._keys |= changed
        draft = self._path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"keys": self._keys}))
        draft.replace(self._path)


def turned(doors: Sequence[str], number: int) -> tuple[str, ...]:
    """The gateways in the order in which this pile knocks: every pile begins at the next one."""
    first = number % len(doors)
    return (*doors[first:], *doors[:first])


def _pile(part: cast.Part, memory: Memory, chance: Random, doors: Sequence[str]) -> SimulatedPile:
    key = memory.key_of(part.spec.identity, part.key)
    machine = Machine(part.spec, Configuration(len(part.spec.registers), key), part.left)
    for outlet in machine.outlets:
        outlet.fault = part.faults.get(outlet.number)
        outlet.is_operative = outlet.number not in part.closed
    if part.local_list is not None:
        access.remember_list(machine, part.local_list)
    own = Random(chance.getrandbits(64))  # noqa: S311
    return SimulatedPile(machine, doors, own)


async def _play(piles: Sequence[SimulatedPile], memory: Memory) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    tasks = [
        asyncio.create_task(_run_later(pile, number * PAUSE_BETWEEN_S)) for number, pile in enumerate(piles)
    ]
    tasks.append(asyncio.create_task(_remember(piles, memory)))
    ended = asyncio.create_task(stopping.wait())
    done, _pending = await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in (ended, *tasks):
        task.cancel()
    await asyncio.gather(ended, *tasks, return_exceptions=True)
    for task in done - {ended}:
        task.result()  # a mistake of ours: tell, and be started again


async def _run_later(pile: SimulatedPile, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await pile.run()


async def _remember(piles: Sequence[SimulatedPile], memory: Memory) -> None:
    known = {pile.machine.spec.identity: pile.machine.settings.key for pile in piles}
    while True:
        await asyncio.sleep(REMEMBER_EVERY_S)
        now = {pile.machine.spec.identity: pile.machine.settings.key for pile in piles}
        memory.keep({identity: key for identity, key in now.items() if known[identity] != key})
        known = now
