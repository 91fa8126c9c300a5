"""What a gateway is told through its stream in Redis: a command for a pile that it holds, a pile that has left it.

The rows are the truth: what never arrives in the stream is found there. The stream carries what a row
must not, the secrets of a payload, and is cut to its newest entries.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache

import redis
from django.conf import settings

from ocpp_gateway.wire import CommandOrder

log = logging.getLogger(__name__)

FIELD = "order"
MOVED = "moved"
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


def _append(entries: Iterable[tuple[str, str, str]]) -> None:
    with _client(settings.REDIS_URL).pipeline() as pipe:
        for gateway, field, content in entries:
            pipe.xadd(stream_of(gateway), {field: content}, maxlen=LONGEST_STREAM, approximate=True)
            pipe.expire(stream_of(gateway), KEPT_S)
        pipe.execute()


@cache
def _client(address: str) -> redis.Redis:
    return redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2)
