"""How much one ticket and this process may do at once. Per process and in memory: a bound, not an account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from stations.transfer.exchange import Refusal

MOST_AT_ONCE = 400
MOST_OF_ONE = 6
MOST_A_MINUTE = 900
"""Requests of one ticket in a minute: piles with small modems fetch a file in many small parts."""


class Limits:
    """Counts transfers that run, and requests in the present minute."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._running: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._minute = 0

    @contextmanager
    def one_more(self, ticket: str) -> Iterator[None]:
        """Raises Refusal where it is too much."""
        minute = int(self._now() // 60)
        if minute != self._minute:
            self._minute = minute
            self._asked.clear()
        self._asked[ticket] += 1
        if self._asked[ticket] > MOST_A_MINUTE or self._running[ticket] >= MOST_OF_ONE:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", **{"retry-after": "60"})
        if self._running.total() >= MOST_AT_ONCE:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Busy", **{"retry-after": "30"})
        self._running[ticket] += 1
        try:
            yield
        finally:
            self._running[ticket] -= 1
            if not self._running[ticket]:
                del self._running[ticket]
