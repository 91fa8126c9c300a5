"""What is for this gateway, through its stream in Redis: commands to its piles, which of them have moved on, and
which may have come in with what does not count any more.

Nothing depends on the stream. What it lost is found by asking for queued rows, and by the gateway's
look at what it holds; what it brings twice is one command, because its row is claimed once.
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
MOVED = b"moved"
DOUBTED = b"doubted"
REMEMBERED = 10_000
BLOCK_MS = 2_000
ASK_EVERY_S = 3.0
CANCEL_AGAIN_S = 0.5


class Bus:
    """``submit`` takes a command for a pile that is (or is not) connected here.

    ``supersede`` takes a pile and the generation of its connection elsewhere, ``doubt`` a pile whose proof is to be
    looked at again. ``queued`` answers the orders that still wait for this gateway; it may raise when the database is away.
    """

    def __init__(
        self,
        redis_url: str,
        stream: str,
        *,
        submit: Callable[[CommandOrder], None],
        supersede: Callable[[int, int], None],
        doubt: Callable[[int], None],
        queued: Callable[[], Awaitable[Iterable[CommandOrder]]],
    ) -> None:
        self._url, self._stream = redis_url, stream
        self._submit, self._supersede, self._doubt, self._queued = submit, supersede, doubt, queued
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

    def forget(self, order: CommandOrder) -> None:
        """Take the command again, should it come back."""
        self._seen.pop(order.command_id, None)

    def _take(self, fields: dict[bytes, bytes]) -> None:
        try:
            if MOVED in fields:
                self._supersede(*read_move(fields[MOVED]))
            elif DOUBTED in fields:
                self._doubt(int(fields[DOUBTED]))
            elif (order := read_order(fields.get(FIELD, b""))) is not None:
                self._send(order)
        except Exception:
            log.exception("an entry of the stream failed")  # and the next one is read

    def _send(self, order: CommandOrder) -> None:
        if order.command_id in self._seen:
            return
        self._seen[order.command_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._submit(order)


def read_move(data: bytes) -> tuple[int, int]:
    """A pile and its generation. Raises ValueError, TypeError."""
    pile_id, generation = json.loads(data)
    return int(pile_id), int(generation)


def read_order(data: bytes) -> CommandOrder | None:
    """A command as it travelled; None for anything else."""
    try:
        fields = json.loads(data)
        return CommandOrder(**{**fields, "deadline": datetime.fromisoformat(fields["deadline"])})
    except (ValueError, TypeError, KeyError):
        log.warning("unreadable command in the stream")
        return None
