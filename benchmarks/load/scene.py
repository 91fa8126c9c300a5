"""A server with its piles: what is asked of all clients at once, and what it cost whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.load.figures import Stage
from benchmarks.load.machine import Client, Program, Server


@dataclass(frozen=True, slots=True)
class Measured:
    """A stage and the CPU seconds that passed with it; ``database`` None where there is none to watch."""

    stage: Stage
    server: float
    loop: float
    database: float | None
    client: float
    client_share: float

    @property
    def server_us(self) -> float:
        """Microseconds of the server's CPU for a message."""
        return 1e6 * self.server / max(self.stage.answered, 1)

    @property
    def loop_us(self) -> float:
        """Of these, those of the event loop's thread."""
        return 1e6 * self.loop / max(self.stage.answered, 1)

    @property
    def database_us(self) -> float:
        return 1e6 * (self.database or 0.0) / max(self.stage.answered, 1)

    @property
    def client_us(self) -> float:
        return 1e6 * self.client / max(self.stage.answered, 1)


@dataclass(frozen=True, slots=True)
class Scene:
    """``server`` is the gateway or the stock handlers."""

    server: Program
    clients: Sequence[Client]
    postgres: Server | None = None

    def settle(self, url: str, piles: Sequence[dict[str, Any]]) -> None:
        """Give each client its share of the piles."""
        for number, client in enumerate(self.clients):
            client.ask("settle", url=url, piles=piles[number :: len(self.clients)])

    def all(self, do: str, **told: Any) -> list[dict[str, Any]]:
        """The answers of all clients, who work at the same time."""
        for client in self.clients:
            client.tell(do, **told)
        return [client.hear() for client in self.clients]

    def connect(self, *, at_once: int, statuses: int = 2) -> dict[str, Any]:
        """All piles connect and boot; seconds until the last, the slowest of them, what was tried."""
        parts = self.all("connect", at_once=max(1, at_once // len(self.clients)), statuses=statuses)
        return {
            "seconds": max(part["seconds"] for part in parts),
            "slowest": max(part["slowest"] for part in parts),
            "tries": _added(part["tries"] for part in parts),
        }

    def run(self, rate: float, seconds: float) -> Measured:
        """One stage."""
        server, loop, postgres = self.server.cpu, self.server.main_cpu, self._postgres()
        parts = self.all("run", rate=rate / len(self.clients), seconds=seconds)
        after = self._postgres()
        return Measured(
            stage=Stage.joined(parts),
            server=self.server.cpu - server,
            loop=self.server.main_cpu - loop,
            database=None if after is None or postgres is None else after - postgres,
            client=sum(part["cpu"] for part in parts),
            client_share=max(part["cpu"] / part["wall"] for part in parts),
        )

    def told(self, do: str = "tell") -> dict[str, Any]:
        """What was acknowledged to all piles until now."""
        parts = self.all(do)
        return {
            "acknowledged": _added(part["acknowledged"] for part in parts),
            "started": [id_ for part in parts for id_ in part["started"]],
            "stopped": [id_ for part in parts for id_ in part["stopped"]],
            "refused": _added(part["refused"] for part in parts),
            "losses": sum(part["losses"] for part in parts),
        }

    def _postgres(self) -> float | None:
        return None if self.postgres is None else self.postgres.cpu


def _added(counts: Iterable[dict[str, int]]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for some in counts:
        whole.update(some)
    return whole
