"""Handing a command to the gateway that holds the pile, through its stream in Redis.

The row is the truth: what never arrives in the stream expires there. The stream carries what the row
must not, the secrets of a payload, and is cut to its newest entries.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from functools import cache

import redis
from django.conf import settings

from ocpp_gateway.wire import CommandOrder

log = logging.getLogger(__name__)

FIELD = "order"
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
        with _client(settings.REDIS_URL).pipeline() as pipe:
            pipe.xadd(stream_of(gateway), {FIELD: content}, maxlen=LONGEST_STREAM, approximate=True)
            pipe.expire(stream_of(gateway), KEPT_S)
            pipe.execute()
    except redis.RedisError as error:
        log.warning("command %s was not handed over: %s", order.command_id, error)


@cache
def _client(address: str) -> redis.Redis:
    return redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2)
