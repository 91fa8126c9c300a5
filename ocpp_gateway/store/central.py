"""The port of the core over the lanes: who is let in, where a fact goes, how the house is doing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Barrier, BrokenBarrierError
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from backoffice.kit.scope import unscoped
from backoffice.kit.statements import prepared
from ocpp_gateway import wire
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.store.lane import Lane
from stations import intake as stations


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """How many lanes, doors and desks, how large a batch, how long a fact or a handshake waits (seconds)."""

    lanes: int = 2
    doors: int = 4
    desks: int = 2
    batch_facts: int = 500
    gather_s: float = 0.002
    patience_s: float = 25.0
    door_patience_s: float = 10.0


class Store:
    """``CentralSystem`` over PostgreSQL. Made and used on one event loop."""

    def __init__(
        self,
        *,
        limits: StoreLimits | None = None,
        committed: Callable[[int, float], None] = lambda facts, seconds: None,
    ) -> None:
        self._limits = limits or StoreLimits()
        loop = asyncio.get_running_loop()
        self._lanes = [
            Lane(
                f"lane-{number}",
                loop,
                batch_facts=self._limits.batch_facts,
                gather_s=self._limits.gather_s,
                patience_s=self._limits.patience_s,
                committed=committed,
            )
            for number in range(self._limits.lanes)
        ]
        self._doors = ThreadPoolExecutor(self._limits.doors, thread_name_prefix="door")
        # Neither a pulse nor a command waits behind ten thousand piles that all come back at once.
        self._desks = ThreadPoolExecutor(self._limits.desks, thread_name_prefix="desk")

    def start(self) -> None:
        for lane in self._lanes:
            lane.start()

    async def stop(self) -> None:
        """Write what is there and end the threads."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(None, lane.stop) for lane in self._lanes))
        for pool, threads in ((self._doors, self._limits.doors), (self._desks, self._limits.desks)):
            together = Barrier(threads)
            for _ in range(threads):
                pool.submit(_hang_up, together)
            pool.shutdown(wait=False)

    @property
    def depth(self) -> int:
        """Facts that wait for their commit."""
        return sum(lane.depth for lane in self._lanes)

    @property
    def lost_frames(self) -> int:
        return sum(lane.lost_frames for lane in self._lanes)

    def state(self) -> str:
        """``ok``, or what keeps a lane from writing."""
        return next((lane.state for lane in self._lanes if lane.state != "ok"), "ok")

    async def admit(self, hello: wire.Hello) -> wire.Admission:
        """Raises StoreUnavailable when the database does not answer in time."""
        admission: wire.Admission = await self._run(self._doors, stations.admit, hello)
        return admission

    async def claim(self, command_id: int, generation: int, message_id: str) -> wire.Claim:
        claim: wire.Claim = await self.ask(stations.claim, command_id, generation, message_id)
        return claim

    async def ask(self, question: Callable[..., Any], *args: Any) -> Any:
        """Run a read or a small write of the rooms in a thread of its own. Raises StoreUnavailable."""
        return await self._run(self._desks, question, *args)

    async def _run(self, pool: ThreadPoolExecutor, question: Callable[..., Any], *args: Any) -> Any:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._limits.door_patience_s):
                return await loop.run_in_executor(pool, _unscoped_call, question, args)
        except (DatabaseError, InterfaceError, TimeoutError) as error:
            raise StoreUnavailable from error

    def refused(self, hello: wire.Hello, reason: wire.RefusalReason) -> None:
        self._lanes[0].refused(hello, reason)

    def record(self, fact: wire.Fact) -> asyncio.Future[Any]:
        return self._lane(fact.pile_id).record(fact)

    def frame(self, frame: wire.FrameSeen) -> None:
        self._lane(frame.pile_id).frame(frame)

    def outcome(self, outcome: wire.CommandOutcome) -> None:
        # A command's own lane is not known here; its row is locked, so any lane keeps the order.
        self._lanes[outcome.command_id % len(self._lanes)].outcome(outcome)

    def _lane(self, pile_id: int) -> Lane:
        return self._lanes[pile_id % len(self._lanes)]


def _hang_up(together: Barrier) -> None:
    """Close the connection of one thread of a pool; waiting for the others, no thread does it twice."""
    connection.close()
    with suppress(BrokenBarrierError):
        together.wait(timeout=1.0)


def _unscoped_call(question: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        return _call(question, args)
    except (OperationalError, InterfaceError):
        # A thread's connection may be from before an outage that is over: no pile is sent away for that.
        return _call(question, args)


def _call(question: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        with unscoped(reason="gateway intake"), prepared():
            return question(*args)
    except (DatabaseError, InterfaceError):
        connection.close()
        raise
