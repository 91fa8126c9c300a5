"""The socket of a simulated pile: connects with its key, carries frames, comes back when it is cut off."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from backoffice.simulator import errands
from backoffice.simulator.commands import NotDone, answer
from backoffice.simulator.files import Errand
from backoffice.simulator.machine import Machine

log = logging.getLogger("simulator")

ANSWER_WITHIN = timedelta(seconds=30)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 20.0
STARTS_UP_IN_S = 4.0
BEAT_S, QUIET_BEAT_S = 0.5, 3.0
"""How often time passes for a pile: one at which something happens, and one that only stands there."""


def utc_now() -> datetime:
    """The clock of a pile, to the millisecond that it reports."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(slots=True)
class SimulatedPile:
    """Runs a machine over a socket. ``doors``: the gateways; where one cannot be reached, the next one may be."""

    machine: Machine
    doors: Sequence[str]
    chance: Random
    now: Callable[[], datetime] = utc_now
    _ids: Any = field(default_factory=lambda: count(1))
    _called: tuple[str, datetime] | None = None
    _door: int = 0
    _is_in: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Connect, again and again, until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            began, self._is_in = self.now(), False
            try:
                await self._live()
            except (OSError, InvalidHandshake, TimeoutError, ConnectionClosed) as error:
                log.info("%s is cut off: %s", self.machine.spec.identity, error)
            self._door += not self._is_in
            lasted = (self.now() - began).total_seconds()
            pause = FIRST_PAUSE_S if lasted > LONGEST_PAUSE_S else min(pause * 2, LONGEST_PAUSE_S)
            await self._stay_away(pause)

    async def _live(self) -> None:
        async with connect(
            f"{self.doors[self._door % len(self.doors)]}/{quote(self.machine.spec.identity, safe='')}",
            subprotocols=["ocpp1.6"],  # type: ignore[list-item]
            additional_headers={"Authorization": self._credentials()},
            compression=None,
            ping_interval=None,
            close_timeout=2,
            proxy=None,
        ) as socket:
            self._called, self._is_in = None, True
            self.machine.connected(self.now())
            reader = asyncio.create_task(self._read(socket))
            try:
                await self._beat(socket, reader)
            finally:
                reader.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await reader
                self.machine.lost(self.now())

    async def _beat(self, socket: ClientConnection, reader: asyncio.Task[None]) -> None:
        """Let time pass and say what is to be said, until the connection is over or wants to be."""
        machine = self.machine
        while not reader.done():
            at = self.now()
            machine.tick(at)
            self._run_errands()
            if machine.away_until is not None and at < machine.away_until:
                socket.transport.abort()
                return
            if machine.restart_at is not None and (machine.is_silent or at >= machine.restart_at):
                return
            await self._speak(socket)
            await asyncio.sleep(BEAT_S if machine.is_busy else QUIET_BEAT_S)
        reader.result()

    def _run_errands(self) -> None:
        while self.machine.files.errands:
            task = asyncio.create_task(self._run_errand(self.machine.files.errands.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run_errand(self, errand: Errand) -> None:
        content = await errands.run(errand)
        errand.went(content, self.now())

    async def _speak(self, socket: ClientConnection) -> None:
        at = self.now()
        if self._called is not None and at - self._called[1] > ANSWER_WITHIN:
            self._called = None
            self.machine.failed(at)
        said = self.machine.next_call(at)
        if said is not None:
            number = f"{self.machine.spec.identity}-{next(self._ids)}-{at:%H%M%S}"
            self._called = number, at
            await socket.send(json.dumps([2, number, *said]))

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            frame = json.loads(text)
            if frame[0] == 2:
                await self._obey(socket, *frame[1:4])
            elif self._called is not None and frame[1] == self._called[0]:
                self._called = None
                if frame[0] == 3:
                    self.machine.answered(frame[2], self.now())
                else:
                    log.warning("%s was answered %s", self.machine.spec.identity, frame[2:4])
                    self.machine.failed(self.now())
                await self._speak(socket)

    async def _obey(
        self, socket: ClientConnection, number: str, action: str, payload: dict[str, Any]
    ) -> None:
        reply = answer(self.machine, action, payload, self.now(), self.chance)
        if isinstance(reply, NotDone):
            await socket.send(json.dumps([4, number, reply.code, reply.description, {}]))
        else:
            await socket.send(json.dumps([3, number, reply]))

    async def _stay_away(self, pause: float) -> None:
        """Without a connection: for a moment, while the power is off, or until the network is back."""
        machine = self.machine
        if machine.restart_at is not None:
            await asyncio.sleep(STARTS_UP_IN_S)
            machine.restarted(self.now())
            return
        until = self.now() + timedelta(seconds=pause)
        if machine.away_until is not None:
            until, machine.away_until = max(until, machine.away_until), None
        while (at := self.now()) < until:
            machine.tick(at)
            await asyncio.sleep(min(BEAT_S, (until - at).total_seconds() + 0.001))

    def _credentials(self) -> str:
        spec = self.machine.spec
        secret = f"{spec.identity}:{self.machine.settings.key}".encode()
        return "Basic " + base64.b64encode(secret).decode()
