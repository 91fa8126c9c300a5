"""The arithmetic of a load: latencies in buckets that can be added, stages, and how fast the next one is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_GROWTH = math.log(1.02)
"""A bucket is 2 % wider than the one before, so a percentile is right to 2 %."""

GOOD_P99_S = 1.0
REACHED = 0.97
"""A rate is reached when so much of what was due a second before the end of a stage was answered by its end."""


def bucket_of(seconds: float) -> int:
    """The bucket of a latency; everything below a microsecond is in the first."""
    return int(math.log(max(seconds, 1e-6) * 1e6) / _GROWTH)


def seconds_of(bucket: int) -> float:
    """The upper bound of a bucket."""
    return math.exp((bucket + 1) * _GROWTH) / 1e6


def percentile(buckets: Mapping[int, int], share: float) -> float:
    """Seconds within which ``share`` of the answers came (0 to 1); 0 where there were none."""
    wanted = math.ceil(share * sum(buckets.values()))
    seen = 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= wanted:
            return seconds_of(bucket)
    return 0.0


@dataclass(slots=True)
class Stage:
    """What came of one rate. ``latencies``: by action, bucket to count. ``in_time``: answered before it ended."""

    offered: float
    seconds: float
    due: int = 0
    in_time: int = 0
    errors: int = 0
    unanswered: int = 0
    latencies: dict[str, Counter[int]] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        return sum(sum(buckets.values()) for buckets in self.latencies.values())

    @property
    def rate(self) -> float:
        """Messages a second that were answered while the stage lasted."""
        return self.in_time / self.seconds

    def p(self, share: float, action: str = "") -> float:
        """Seconds within which this share was answered, of one action or of all."""
        if action:
            return percentile(self.latencies.get(action, {}), share)
        return percentile(sum(self.latencies.values(), Counter()), share)

    @property
    def is_held(self) -> bool:
        """The rate was reached, p99 is below a second, and nothing went wrong."""
        return (
            self.in_time >= REACHED * self.due * (1 - GOOD_P99_S / self.seconds)
            and self.p(0.99) <= GOOD_P99_S
            and not self.errors
            and not self.unanswered
        )

    @classmethod
    def joined(cls, parts: Iterable[Mapping[str, Any]]) -> Stage:
        """One stage of what several clients tell of theirs (``as_json``)."""
        whole = cls(0.0, 0.0)
        for part in parts:
            whole.offered += part["offered"]
            whole.seconds = max(whole.seconds, part["seconds"])
            for name in ("due", "in_time", "errors", "unanswered"):
                setattr(whole, name, getattr(whole, name) + part[name])
            for action, buckets in part["latencies"].items():
                known = whole.latencies.setdefault(action, Counter())
                known.update({int(bucket): count for bucket, count in buckets.items()})
        return whole

    def as_json(self) -> dict[str, Any]:
        return {
            "offered": self.offered,
            "seconds": self.seconds,
            "due": self.due,
            "in_time": self.in_time,
            "errors": self.errors,
            "unanswered": self.unanswered,
            "latencies": self.latencies,
        }


def rates(first: float, *, growth: float, most: float) -> Iterable[float]:
    """The rates to try, each ``growth`` times the one before."""
    rate = first
    while rate <= most:
        yield rate
        rate *= growth


def milliseconds(seconds: float) -> str:
    """A latency for people."""
    value = seconds * 1000
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"
