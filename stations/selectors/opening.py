"""Whether a station is open now, by its own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from backoffice.kit import clock
from stations.hours import Hours, Now
from stations.models import Station
from tenants.selectors import locality_of


@dataclass(frozen=True, slots=True)
class Opening:
    """The hours of a station and how it stands with them. ``local`` is the time by its clock, without a zone."""

    hours: Hours
    now: Now
    local: datetime


def zone_of(station: Station) -> ZoneInfo:
    """By whose clock it opens and is priced: its own, else its owner's."""
    return ZoneInfo(station.timezone or locality_of(station.tenant_id).timezone)


def opening_of(station: Station, at: datetime | None = None) -> Opening | None:
    """None where nobody said when it is open."""
    hours = Hours.from_json(station.hours)
    if hours is None:
        return None
    local = (at or clock.now()).astimezone(zone_of(station)).replace(tzinfo=None, microsecond=0)
    return Opening(hours, hours.at(local), local)


def is_shut(station: Station) -> bool:
    """Whether its hours keep new charges from starting now; hours alone are only told."""
    if not station.strict_hours:
        return False
    opening = opening_of(station)
    return opening is not None and not opening.now.open
