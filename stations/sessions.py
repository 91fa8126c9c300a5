"""What rooms above hand down of charges: those that run now (``hooks.running_sessions``), and what a day came to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self


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

    @classmethod
    def of(cls, totals: Iterable[Mapping[str, Any]]) -> Self:
        """Of rows with these figures, each in one ``currency``, as ``hooks.station_totals`` answers them."""
        sessions = energy_wh = seconds = 0
        amounts: dict[str, int] = defaultdict(int)
        for row in totals:
            sessions += row["sessions"]
            energy_wh += row["energy_wh"]
            seconds += row["seconds"]
            amounts[row["currency"]] += row["total"]
        return cls(sessions, energy_wh, seconds, dict(sorted(amounts.items())))

    def share_used(self, connectors: int, local: datetime) -> Decimal | None:
        """What charges took of the time of these connectors since midnight, 0 to 1; ``local`` is by the station's clock.

        A charge counts whole on the day on which it ended, so one of last night is cut off at all of the time.
        """
        passed = (local - local.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        if not connectors or passed <= 0:
            return None
        return min(Decimal(self.seconds) / Decimal(connectors * passed), Decimal(1))
