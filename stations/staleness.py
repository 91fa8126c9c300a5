"""When what is known of a pile is old, and what it could be asked for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

STATUS_OLD_AFTER: Final = timedelta(hours=1)
"""A connector that reported nothing for so long is worth a question: nothing changed, or nothing came through."""

METER_OLD_AFTER: Final = timedelta(minutes=3)
"""Readings of a running charge come every minute, at most every few."""

HEARD_OLD_AFTER: Final = timedelta(minutes=15)
"""A pile that is connected says at least a heartbeat in five minutes, unless it is told otherwise."""

ASKED_FOR: Final[Mapping[str, str]] = {
    "status": "StatusNotification",
    "meter": "MeterValues",
    "life": "Heartbeat",
}
"""The word in an address, and the message that answers it (OCPP 1.6 §5.17)."""


def is_old(at: datetime | None, now: datetime, after: timedelta) -> bool:
    """Whether what was reported at this instant, or never, should be asked for."""
    return at is None or now - at > after
