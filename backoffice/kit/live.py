"""What just changed, told to whoever looks at it.

An event says that something changed, never what: a reader fetches the fragment anew under its own
scope. Events travel through Redis publish/subscribe and may be lost; nothing depends on them but the
few seconds until the next poll. Each process holds one subscription and filters it for its readers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from functools import cache

import orjson
import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction
from django.http import StreamingHttpResponse

from backoffice.kit.levels import Level, Path
from backoffice.kit.reach import Scope

log = logging.getLogger(__name__)

CHANNEL = "pilehouse:live"
BACKLOG = 256
OWN = frozenset({"jobs"})
"""Topics of rows that are somebody's own, whatever part of his scope he looks at."""


@dataclass(frozen=True, slots=True)
class Event:
    """``topic`` is a plural noun (``orders``), ``ref`` names the row (``order:8F2K``)."""

    topic: str
    ref: str
    path: Path

    def within(self, scope: Scope) -> bool:
        """Does the row lie in this scope?"""
        reach = scope.whole if self.topic in OWN else scope.reads
        return reach.level is not None and getattr(self.path, Level(reach.level).column) == reach.tenant_id


@cache
def _client(address: str) -> redis.Redis:
    return redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2)


def publish(topic: str, ref: str, path: Path) -> None:
    """Tell the readers once the surrounding transaction has committed."""
    transaction.on_commit(lambda: send([Event(topic, ref, path)]), robust=True)


def send(events: Iterable[Event]) -> None:
    """Tell the readers now. Does nothing but log when Redis cannot be reached."""
    try:
        _client(settings.REDIS_URL).publish(CHANNEL, pack(events))
    except redis.RedisError as error:
        log.warning("live events were not sent: %s", error)


def pack(events: Iterable[Event]) -> bytes:
    """Events as they travel: what changed in one moment is one message."""
    return orjson.dumps([(event.topic, event.ref, event.path.as_row()) for event in events])


def parse(data: bytes) -> list[Event]:
    """The events of a message; none of anything else."""
    try:
        return [Event(str(topic), str(ref), Path(*path)) for topic, ref, path in orjson.loads(data)]
    except (ValueError, TypeError):
        return []


class Hub:
    """The one subscription of a process, fanned out to its readers. A slow reader loses the oldest events."""

    def __init__(self) -> None:
        self._readers: set[asyncio.Queue[Event]] = set()
        self._pump: asyncio.Task[None] | None = None

    async def batches(
        self,
        wanted: Callable[[Event], bool],
        *,
        lifetime_s: float,
        pulse_s: float = 15.0,
        gather_s: float = 0.2,
    ) -> AsyncIterator[list[Event]]:
        """The events that ``wanted`` lets through, gathered so that a busy moment is one batch.

        An empty batch comes after ``pulse_s`` without news; the iteration ends after ``lifetime_s``.
        """
        queue: asyncio.Queue[Event] = asyncio.Queue(BACKLOG)
        self._readers.add(queue)
        loop = asyncio.get_running_loop()
        if self._pump is None or self._pump.done():
            self._pump = loop.create_task(self._run())
        end, pulse = loop.time() + lifetime_s, loop.time() + pulse_s
        try:
            while (now := loop.time()) < end:
                if now >= pulse:
                    pulse = now + pulse_s
                    yield []
                try:
                    event = await asyncio.wait_for(queue.get(), min(pulse, end) - now)
                except TimeoutError:
                    continue
                if not wanted(event):
                    continue
                await asyncio.sleep(gather_s)
                later = [queue.get_nowait() for _ in range(queue.qsize())]
                pulse = loop.time() + pulse_s
                yield [event, *filter(wanted, later)]
        finally:
            self._readers.discard(queue)

    async def _run(self) -> None:
        while self._readers:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
            try:
                async with client.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    while self._readers:
                        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5)
                        for event in parse(message["data"]) if message is not None else ():
                            self._spread(event)
            except redis.RedisError as error:
                log.warning("live events are not received: %s", error)
                await asyncio.sleep(1)
            finally:
                await client.aclose()

    def _spread(self, event: Event) -> None:
        for queue in self._readers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)


hub = Hub()


def event_stream(chunks: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """A response that proxies neither cache nor gather."""
    response = StreamingHttpResponse(chunks, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
