"""Counters of one gateway, kept as plain integers and turned into Prometheus text when asked.

Labels come from closed sets (actions of OCPP, our own words), so that no pile can make them grow.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ocpp_gateway import schemas

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_BATCHES: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)


class Metrics(Collector):
    """One per gateway process."""

    def __init__(self) -> None:
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._frames: Counter[tuple[str, str, str]] = Counter()
        self._handshakes: Counter[str] = Counter()
        self._commands: Counter[tuple[str, str]] = Counter()
        self._closed: Counter[str] = Counter()
        self._throttled = 0
        self._latency: dict[str, list[float]] = {}
        self._batch_sizes = _empty(_BATCHES)
        self._commits = _empty(_BUCKETS_S)
        self._lanes = threading.Lock()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def frame(self, direction: str, kind: str, action: str) -> None:
        self._frames[direction, kind, _label(action)] += 1

    def answered(self, action: str, seconds: float) -> None:
        """How long a pile waited for our answer."""
        counts = self._latency.get(action)
        if counts is None:
            counts = self._latency[action] = _empty(_BUCKETS_S)
        _count(counts, _BUCKETS_S, seconds)

    def committed(self, facts: int, seconds: float) -> None:
        """A batch is on disk: how many facts it had, how long it took. Called by the threads of the lanes."""
        with self._lanes:
            _count(self._batch_sizes, _BATCHES, facts)
            _count(self._commits, _BUCKETS_S, seconds)

    def handshake(self, result: str) -> None:
        self._handshakes[result] += 1

    def command(self, action: str, state: str) -> None:
        self._commands[_label(action), state] += 1

    def closed(self, cause: str) -> None:
        self._closed[cause] += 1

    def throttled(self) -> None:
        self._throttled += 1

    def render(self) -> bytes:
        """Prometheus text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        for name, (text, read) in self.gauges.items():
            yield GaugeMetricFamily(f"ocpp_gateway_{name}", text, value=read())
        yield _counter(
            "frames",
            "Frames by direction, kind and action.",
            ["direction", "kind", "action"],
            self._frames.items(),
        )
        yield _counter("handshakes", "Handshakes by result.", ["result"], _single(self._handshakes))
        yield _counter(
            "commands", "Command states reached, by action.", ["action", "state"], self._commands.items()
        )
        yield _counter("closes", "Sockets that we closed, by cause.", ["cause"], _single(self._closed))
        yield _counter("throttles", "Times that a pile was read more slowly.", [], [((), self._throttled)])
        latency = HistogramMetricFamily(
            "ocpp_gateway_answer_seconds", "From a pile's call to our answer.", labels=["action"]
        )
        for action, counts in self._latency.items():
            latency.add_metric([action], list(_cumulated(counts, _BUCKETS_S)), counts[-1])
        yield latency
        yield _histogram("batch_facts", "Facts in a batch.", self._batch_sizes, _BATCHES)
        yield _histogram(
            "commit_seconds", "From the begin of a batch to its commit.", self._commits, _BUCKETS_S
        )


def _counter(
    name: str, text: str, labels: list[str], values: Iterable[tuple[Sequence[str], int]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"ocpp_gateway_{name}", text, labels=labels)
    for key, value in values:
        family.add_metric(list(key), value)
    return family


def _single(counts: Counter[str]) -> Iterator[tuple[Sequence[str], int]]:
    return (((key,), count) for key, count in counts.items())


def _empty(bounds: tuple[float, ...]) -> list[float]:
    """A count for each bucket and for what lies above them, and the sum of all values."""
    return [0.0] * (len(bounds) + 2)


def _count(counts: list[float], bounds: tuple[float, ...], value: float) -> None:
    counts[bisect_left(bounds, value)] += 1
    counts[-1] += value


def _histogram(name: str, text: str, counts: list[float], bounds: tuple[float, ...]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(f"ocpp_gateway_{name}", text)
    family.add_metric([], list(_cumulated(counts, bounds)), counts[-1])
    return family


def _cumulated(counts: list[float], bounds: tuple[float, ...]) -> Iterator[tuple[str, float]]:
    total = 0.0
    for bound, count in zip((*map(str, bounds), "+Inf"), counts, strict=False):
        total += count
        yield bound, total


def _label(action: str) -> str:
    return action if action in schemas.ACTIONS else "other"
