"""Sample sessions: what a price list would cost somebody, asked of the room that writes bills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backoffice.kit.money import Money
from stations.slots import Band


@dataclass(frozen=True, slots=True)
class Sample:
    """``wh`` that flow evenly from ``start`` on at ``power_w``."""

    start: datetime
    wh: int
    power_w: int


@dataclass(frozen=True, slots=True)
class SampleBill:
    """What it costs, and how much of it in each band."""

    ended_at: datetime
    total: Money
    parts: tuple[tuple[Band, int, Money], ...]
