"""The station around a pile, as a driver wants to know it: when it is open, what is there, what will be worked on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from backoffice.kit import clock
from backoffice.kit.enumeration import closed_up
from stations import selectors as stations
from stations.models import Connector, Facility, Maintenance, Station
from stations.opening_words import day_lines, moment_words, now_words, week_lines

AHEAD = timedelta(hours=24)
"""Work that begins later is nothing to a driver who stands here now."""


@dataclass(frozen=True, slots=True)
class Premises:
    """``opening`` is empty where nobody said when it is open. ``soon`` is when work begins here."""

    station: Station
    opening: str
    open: bool
    week: Sequence[tuple[str, str]]
    days: Sequence[tuple[str, str]]
    facilities: Sequence[str | Promise]
    height_m: Decimal | None
    soon: str

    @property
    def worth_showing(self) -> bool:
        """Is there anything to unfold?"""
        station = self.station
        return bool(self.week or station.opening_hours or self.facilities or self.height_m or station.parking)


def premises_of(connector: Connector, zone: ZoneInfo) -> Premises:
    """What is to be known of the station of a connector."""
    station = connector.pile.station
    opening = stations.opening_of(station)
    labels = dict(Facility.choices)
    return Premises(
        station=station,
        opening=now_words(opening) if opening else "",
        open=opening is None or opening.now.open,
        week=week_lines(opening.hours) if opening else (),
        days=day_lines(opening.hours, opening.local.date()) if opening else (),
        facilities=[labels[one] for one in station.facilities if one in labels],
        height_m=station.height_limit_m,
        soon=_soon(stations.next_maintenance(connector.pile), zone),
    )


def back_words(connector: Connector, code: str, zone: ZoneInfo) -> str:
    """When a charge can start again, where a window or the hours of the station keep it from starting."""
    now = _local(clock.now(), zone)
    if code == "maintenance":
        window = stations.maintenance_at(connector.pile)
        if window is not None:
            words = _("until about %(time)s") % {"time": moment_words(_local(window.ends_at, zone), now)}
            return closed_up(words)
    if code == "out_of_hours":
        opening = stations.opening_of(connector.pile.station)
        if opening is not None and opening.now.until is not None:
            return closed_up(_("opens %(time)s") % {"time": moment_words(opening.now.until, opening.local)})
    return ""


def _soon(window: Maintenance | None, zone: ZoneInfo) -> str:
    if window is None or window.starts_at > clock.now() + AHEAD:
        return ""
    now = _local(clock.now(), zone)
    words = _("This pile will be worked on from %(start)s to %(end)s. Charges that run then end normally.")
    start, end = (moment_words(_local(at, zone), now) for at in (window.starts_at, window.ends_at))
    return closed_up(words % {"start": start, "end": end})


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
