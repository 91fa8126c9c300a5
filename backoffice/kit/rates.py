"""How often somebody may ask: counted in Valkey, and in this process alone while Valkey is away.

Windows are fixed, so a limit may be reached twice around their border; they guard against guessing and
flooding, not against money, which has locks and constraints of its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import redis
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

from backoffice.kit import clock

log = logging.getLogger(__name__)

_here: Any = LocMemCache("rates", {})


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``most`` within ``within_s`` seconds."""

    name: str
    most: int
    within_s: int


def take(rate: Rate, who: str) -> int:
    """Count one more; 0 when it is allowed, else how many seconds to wait."""
    return _wait(rate) if _add(rate, who, 1) > rate.most else 0


def wait_of(rate: Rate, who: str) -> int:
    """Counts nothing: how many seconds this one has to wait, 0 when not at all."""
    return _wait(rate) if _add(rate, who, 0) >= rate.most else 0


def _add(rate: Rate, who: str, step: int) -> int:
    window = int(clock.now().timestamp()) // rate.within_s
    key = f"rate:{rate.name}:{window}:{sha256(who.encode()).hexdigest()[:32]}"
    try:
        return _count(cache, key, step, rate.within_s)
    except (redis.RedisError, OSError) as error:
        log.warning("limits are counted in this process alone: %s", error)
        return _count(_here, key, step, rate.within_s)


def _count(store: Any, key: str, step: int, within_s: int) -> int:
    store.add(key, 0, within_s)
    try:
        return int(store.incr(key, step)) if step else int(store.get(key) or 0)
    except ValueError:  # it ran out between the two
        return step


def _wait(rate: Rate) -> int:
    return rate.within_s - int(clock.now().timestamp()) % rate.within_s
