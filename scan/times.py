"""Times of day as drivers read them: by the clock on the wall of the station."""

from __future__ import annotations

from datetime import datetime, tzinfo

from django.utils import formats, timezone


def clock_text(at: datetime, zone: tzinfo, *, seconds: bool = False) -> str:
    """``14:28``, or ``14:28:20``."""
    return f"{at.astimezone(zone):%H:%M:%S}" if seconds else f"{at.astimezone(zone):%H:%M}"


def day_text(at: datetime, zone: tzinfo) -> str:
    """``21 Nov 2026``."""
    return str(formats.date_format(timezone.localtime(at, zone), "DATE_FORMAT"))
