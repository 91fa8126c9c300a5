"""Commands from the house to the piles of this gateway, through its stream in Redis.

An entry is deleted before its command is sent, so that a command is sent at most once, whatever dies
in between. What the stream lost is found by asking for queued rows: only such as were made while
this gateway ran, because an older one may have left before its row could say so.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from ocpp_gateway.wire import CommandOrder

log = logging.getLogger(__name__)

FIELD = b"order"
REMEMBERED = 10_000
BLOCK_MS = 2_000
ASK_EVERY_S = 3.0
CANCEL_AGAIN_S = 0.5


class Bus:
    """``submit`` takes a command for a pile that is (or is not) connected here.

    ``queued`` answers the orders that still wait for this gateway; it may raise when the database is away.
    """

    def __init__(
        self,
        redis_url: str,
        stream: str,
        *,
        submit: Callable[[CommandOrder], None],
        queued: Callable[[], Awaitable[Iterable[CommandOrder]]],
    ) -> None:
        self._url, self._stream = redis_url, stream
        self._submit, self._queued = submit, queued
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []
        self.state = "starting"

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look_after())]

    async def stop(self) -> None:
        """Take no more commands."""
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()
            # The client loses a cancellation that comes together with an answer: ask until it is heard.
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_S)

    async def _listen(self) -> None:
        while True:
            client = redis.asyncio.Redis.from_url(self._url, socket_timeout=BLOCK_MS / 1000 + 5)
            try:
                await client.ping()
                self.state = "ok"
                while True:
                    answer: Any = await client.xread({self._stream: "0-0"}, count=100, block=BLOCK_MS)
                    for _, entries in answer or ():
                        await client.xdel(self._stream, *(key for key, _ in entries))
                        for _, fields in entries:
                            self._take(fields)
            except (RedisError, OSError) as error:
                self.state = f"redis: {type(error).__name__}"
                await asyncio.sleep(1.0)
            finally:
                await client.aclose()

    async def _look_after(self) -> None:
        """Commands whose entry never came."""
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            try:
                for order in await self._queued():
                    self._send(order)
            except Exception as error:
                log.warning("queued commands could not be asked for: %s", error)

    def _take(self, fields: dict[bytes, bytes]) -> None:
        order = read_order(fields.get(FIELD, b""))
        if order is not None:
            try:
                self._send(order)
            except Exception:
                log.exception("command of the stream failed")  # and the next one is read

    def _send(self, order: CommandOrder) -> None:
        if order.command_id in self._seen:
            return
        self._seen[order.command_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._submit(order)


def read_order(data: bytes) -> CommandOrder | None:
    """A command as it travelled; None for anything else."""
    try:
        fields = json.loads(data)
        return CommandOrder(**{**fields, "deadline": datetime.fromisoformat(fields["deadline"])})
    except (ValueError, TypeError, KeyError):
        log.warning("unreadable command in the stream")
        return None
