"""What a gateway is told through its stream in Redis: a command for a pile that it holds, a pile that has left it,
a pile that may have come in with what does not count any more.

The rows are the truth: what never arrives in the stream is found there. The stream carries what a row
must not, the secrets of a payload, and is cut to its newest entries.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache, partial

import redis
from django.conf import settings
from django.db import transaction

from ocpp_gateway.wire import CommandOrder

log = logging.getLogger(__name__)

FIELD = "order"
MOVED = "moved"
DOUBTED = "doubted"
LONGEST_STREAM = 10_000
KEPT_S = 600
"""What nobody fetches is gone after so many seconds: it is past its deadline, and may hold a secret."""


def stream_of(gateway: str) -> str:
    """The stream that a gateway reads."""
    return f"ocpp:commands:{gateway}"


def push(gateway: str, order: CommandOrder) -> None:
    """Append the order. Does nothing but log when Redis cannot be reached."""
    content = json.dumps({**asdict(order), "deadline": order.deadline.isoformat()}, separators=(",", ":"))
    try:
        _append([(gateway, FIELD, content)])
    except redis.RedisError as error:
        log.warning("command %s was not handed over: %s", order.command_id, error)


def tell_moved(moves: Iterable[tuple[str, int, int]]) -> None:
    """Tell gateways that a pile has a newer connection elsewhere: ``(gateway, pile, generation)`` each.

    Does nothing but log when Redis cannot be reached; a gateway looks by itself now and then.
    """
    try:
        _append((gateway, MOVED, json.dumps([pile_id, generation])) for gateway, pile_id, generation in moves)
    except redis.RedisError as error:
        log.warning("moves were not told: %s", error)


def doubt(gateway: str, pile_id: int) -> None:
    """Have a gateway look, once this is committed, whether what let the pile in would let it in again.

    A gateway looks by itself too, twice a minute: what never arrives is only later.
    """
    if gateway:
        transaction.on_commit(partial(tell_doubted, gateway, pile_id), robust=True)


def tell_doubted(gateway: str, pile_id: int) -> None:
    """The same at once. Does nothing but log when Redis cannot be reached."""
    try:
        _append([(gateway, DOUBTED, str(pile_id))])
    except redis.RedisError as error:
        log.warning("gateway %s was not asked to look at pile %s: %s", gateway, pile_id, error)


def _append(entries: Iterable[tuple[str, str, str]]) -> None:
    with _client(settings.REDIS_URL).pipeline() as pipe:
        for gateway, field, content in entries:
            pipe.xadd(stream_of(gateway), {field: content}, maxlen=LONGEST_STREAM, approximate=True)
            pipe.expire(stream_of(gateway), KEPT_S)
        pipe.execute()


@cache
def _client(address: str) -> redis.Redis:
    return redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2)
