"""Transactions that run now, as the room above hands them down (``hooks.running_sessions``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSession:
    """``transaction_id`` is the pile's. ``power_w`` was measured at ``sample_at``; None where nothing was.

    ``started_at`` is by the pile's clock, ``received_at`` when we heard of it.
    """

    pile_id: int
    connector_number: int
    transaction_id: int
    started_at: datetime
    received_at: datetime
    sample_at: datetime | None = None
    power_w: int | None = None


@dataclass(frozen=True, slots=True)
class StationDay:
    """What was settled at a station on one day. ``amounts`` by currency, minor units; they are never added up.

    ``seconds`` is how long vehicles charged, all connectors together.
    """

    sessions: int
    energy_wh: int
    seconds: int
    amounts: Mapping[str, int]
