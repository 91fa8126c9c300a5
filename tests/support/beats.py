"""Neighbours: a few piles that only beat their hearts, and how long they wait for the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.support.pile import Pile
from tests.support.proving import percentile


class Neighbours:
    """Connected as long as the block lasts; ``phase`` begins a new series of waits."""

    def __init__(self, url: str, known: Sequence[dict[str, Any]], *, every_s: float = 0.1) -> None:
        self._piles = [Pile(url, one["identity"], key=bytes.fromhex(one["key"])) for one in known]
        self._every_s = every_s
        self._beating: list[asyncio.Task[None]] = []
        self.waits: list[float] = []

    async def __aenter__(self) -> Neighbours:
        for pile in self._piles:
            await pile.connect()
            await pile.boot()
        self._beating = [asyncio.create_task(self._beat(pile)) for pile in self._piles]
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._beating:
            task.cancel()
        await asyncio.gather(*self._beating, return_exceptions=True)
        for pile in self._piles:
            await pile.cut()

    def phase(self) -> list[float]:
        """The waits since the last phase began."""
        waits, self.waits = self.waits, []
        return waits

    def check(self) -> None:
        """Every neighbour still beats."""
        assert not any(task.done() for task in self._beating)

    async def _beat(self, pile: Pile) -> None:
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            await pile.call("Heartbeat", within_s=60)
            self.waits.append(loop.time() - begun)
            await asyncio.sleep(self._every_s)


def milliseconds(waits: list[float]) -> dict[str, float]:
    """Of a series of waits."""
    return {
        "n": len(waits),
        "p50": round(1000 * percentile(waits, 0.5), 1),
        "p99": round(1000 * percentile(waits, 0.99), 1),
        "max": round(1000 * max(waits, default=0), 1),
    }
