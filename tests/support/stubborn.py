"""A pile that never gives up: it reconnects, and repeats what was not acknowledged, in order, as real ones do.

What the central system acknowledged is kept, so that a test can count it against what was stored.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.support.pile import CallFailed, Command, Pile, Reply

ANSWER_S = 20.0
"""Longer than the database is away: a pile that is kept waiting stays connected."""


@dataclass
class Acknowledged:
    """What one pile was told: its transaction, and the instants of readings and states that count as stored."""

    transaction: int = 0
    readings: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    meter_stop: int = 0


class StubbornPile:
    """One connector, one session. ``charge`` returns when the stop was acknowledged.

    Of several gateways it tries another one each time. ``pace_s``: between two readings, at least and at
    most. ``said`` is every message that was acknowledged, with its id, to be said again.
    """

    def __init__(
        self,
        url: str | Sequence[str],
        identity: str,
        key: str,
        *,
        seed: int = 0,
        pace_s: tuple[float, float] = (0.3, 0.7),
    ) -> None:
        self._random = random.Random(seed)
        self._urls = [url] if isinstance(url, str) else list(url)
        self._pile = Pile(self._random.choice(self._urls), identity, key=bytes.fromhex(key))
        self._pace_s = pace_s
        self.said: list[tuple[str, str, dict[str, Any]]] = []
        self._connected = False
        self.asked_to_stop = asyncio.Event()
        self.asked_to_start: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.reconnects = 0
        self.told = Acknowledged()
        self.is_waiting = False
        self._pile.replies["RemoteStartTransaction"] = self._start_asked
        self._pile.replies["RemoteStopTransaction"] = self._stop_asked

    async def boot(self) -> None:
        await self._say("BootNotification", {"chargePointVendor": "Quay", "chargePointModel": "Q1"})
        for connector in (0, 1):
            await self._tell_status(connector, "Available")

    async def charge(self, id_tag: str, *, until: asyncio.Event) -> Acknowledged:
        """Charge until told, by ``until`` or by RemoteStop; a reading about twice a second."""
        told = self.told
        meter = self._random.randrange(1_000, 1_000_000)
        start = {"connectorId": 1, "idTag": id_tag, "meterStart": meter, "timestamp": now()}
        told.transaction = (await self._say("StartTransaction", start))["transactionId"]
        await self._tell_status(1, "Charging")
        while not (until.is_set() or self.asked_to_stop.is_set()):
            await asyncio.sleep(self._random.uniform(*self._pace_s))
            meter += self._random.randrange(1, 9)
            at = now()
            value = {"timestamp": at, "sampledValue": [{"value": str(meter), "unit": "Wh"}]}
            await self._say(
                "MeterValues", {"connectorId": 1, "transactionId": told.transaction, "meterValue": [value]}
            )
            told.readings.append(at)
        told.meter_stop = meter
        stop = {"transactionId": told.transaction, "meterStop": meter, "timestamp": now(), "idTag": id_tag}
        await self._say("StopTransaction", stop)
        await self._tell_status(1, "Available")
        return told

    async def _tell_status(self, connector: int, status: str) -> None:
        at = now()
        report = {"connectorId": connector, "status": status, "errorCode": "NoError", "timestamp": at}
        await self._say("StatusNotification", report)
        self.told.statuses.append(at)

    async def say_again(self, *, new_ids: bool) -> None:
        """Everything that was ever said, from the first to the last, with the same ids or others."""
        for id_, action, payload in tuple(self.said):
            answer = await self._say(action, payload, message_id=None if new_ids else id_, again=True)
            if action == "StartTransaction":
                assert answer["transactionId"] == self.told.transaction

    @property
    def commands(self) -> list[Command]:
        """What it was asked to do, over all its connections."""
        return self._pile.commands

    def reply(self, action: str, reply: Reply) -> None:
        """What it answers to a command."""
        self._pile.replies[action] = reply

    async def leave(self) -> None:
        if self._connected:
            await self._pile.disconnect()

    async def _say(
        self, action: str, payload: dict[str, Any], *, message_id: str | None = None, again: bool = False
    ) -> dict[str, Any]:
        """Repeat one message, over as many connections as it takes, until it is acknowledged."""
        message_id = message_id or str(uuid.UUID(int=self._random.getrandbits(128)))
        while True:
            try:
                if not self._connected:
                    await self._pile.connect()
                    self._connected = True
                self.is_waiting = True
                answer = await self._call(action, payload, message_id)
                if not again:
                    self.said.append((message_id, action, payload))
                return answer
            except CallFailed as failure:
                if failure.code != "InternalError":
                    raise
                await asyncio.sleep(0.5)
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                self._connected = False
                self.reconnects += 1
                with suppress(OSError, ConnectionClosed):
                    await self._pile.disconnect()
                self._pile.move(self._random.choice(self._urls))
                await asyncio.sleep(self._random.uniform(0.2, 1.0))
            finally:
                self.is_waiting = False

    async def _call(self, action: str, payload: dict[str, Any], message_id: str) -> dict[str, Any]:
        """Raises ConnectionResetError as soon as the socket is gone."""
        assert self._pile.socket is not None
        answer = asyncio.create_task(
            self._pile.call(action, payload, message_id=message_id, within_s=ANSWER_S)
        )
        gone = asyncio.create_task(self._pile.socket.wait_closed())
        try:
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ConnectionResetError
            return answer.result()
        finally:
            answer.cancel()
            gone.cancel()

    def _start_asked(self, payload: dict[str, Any]) -> dict[str, str]:
        if not self.asked_to_start.done():
            self.asked_to_start.set_result(payload["idTag"])
        return {"status": "Accepted"}

    def _stop_asked(self, payload: dict[str, Any]) -> dict[str, str]:
        self.asked_to_stop.set()
        return {"status": "Accepted"}


def now() -> str:
    """To the millisecond, so that no two readings of a pile share an instant."""
    return instant(datetime.now(UTC))


def instant(at: datetime) -> str:
    """As the piles write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
