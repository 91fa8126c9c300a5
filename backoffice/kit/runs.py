"""When each timer ran last, how long it took, and how it ended: for the page of timers, and lost with the cache.

Nothing depends on it. A timer that failed keeps its last fault until it runs well again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from django.core.cache import cache

from backoffice.kit import clock

KEPT_S = 7 * 24 * 3600
LONGEST_FAULT = 300


@dataclass(frozen=True, slots=True)
class Run:
    """``at`` is the end, in seconds since 1970; ``fault`` is empty where it ended well."""

    at: float
    took_ms: int
    fault: str = ""

    @property
    def ended_at(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@contextmanager
def noted(name: str) -> Iterator[None]:
    """Note the run of a timer around its work. What the work raises goes on."""
    began = time.monotonic()
    fault = ""
    try:
        yield
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"[:LONGEST_FAULT]
        raise
    finally:
        took = int((time.monotonic() - began) * 1000)
        _keep(name, Run(clock.now().timestamp(), took, fault))


def last_runs(names: Iterable[str]) -> dict[str, Run]:
    """The last run of each of the timers, as far as it is known."""
    try:
        found: dict[str, Any] = cache.get_many([_key(name) for name in names])
    except redis.RedisError:
        return {}
    return {key.partition(":")[2]: Run(**value) for key, value in found.items()}


def _keep(name: str, run: Run) -> None:
    try:
        cache.set(_key(name), asdict(run), KEPT_S)
    except redis.RedisError:
        return


def _key(name: str) -> str:
    return f"timer:{name}"
