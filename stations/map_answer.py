"""What the map's script gets for a viewport: marks as short rows, and the words of its legend.

A mark is ``[latitude, longitude, radius in px, stations, tone, connectors by standing, key, name, bounds]``; key and
name are those of a station that stands alone, the bounds are those of several.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from stations import tones
from stations.clusters import Cluster, Viewport
from stations.selectors.map import Seen
from stations.standing import Standing, worst
from stations.wording import STANDINGS

DIGITS = 5
"""Of a degree: about a metre."""


def viewport_of(query: Mapping[str, str]) -> Viewport:
    """``z`` and ``bbox`` (west, south, east, north) of an address. Raises ValueError."""
    west, south, east, north = (float(text) for text in query.get("bbox", "").split(","))
    return Viewport.of(float(query.get("z", "")), south, west, north, east)


def marks_of(seen: Seen, *, named: bool = True) -> list[list[Any]]:
    """The marks of a viewport; without ``named`` a station that stands alone has no key to open it by."""
    return [_mark(one, named) for one in seen.clusters]


def legend() -> list[dict[str, str]]:
    """Tone and word of each standing, in the order of the counts."""
    return [{"tone": tones.STANDING[one], "word": str(STANDINGS[one])} for one in Standing]


def words() -> dict[str, str]:
    """What the script says; ``{n}`` is a number, ``{name}`` a name."""
    return {
        "stations": _("{n} stations"),
        "none": _("no connectors"),
        "in": _("Zoom in"),
        "out": _("Zoom out"),
        "close": _("Close"),
    }


def _mark(one: Cluster, named: bool) -> list[Any]:
    standing = worst(one.counts)
    many = one.stations > 1
    return [
        round(one.latitude, DIGITS),
        round(one.longitude, DIGITS),
        round(one.radius),
        one.stations,
        tones.STANDING[standing] if standing else "plain",
        list(one.counts),
        one.station if named else 0,
        one.name,
        [round(side, DIGITS) for side in (one.south, one.west, one.north, one.east)] if many else None,
    ]
