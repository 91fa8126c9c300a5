"""The map's plane: which part of it is looked at, and which stations are drawn as one. Pure: no Django, no clock.

The plane is Web Mercator (EPSG:3857), as browsers draw it: at zoom z the world is 256 · 2^z px wide. The
viewport may lie across the antimeridian, or over another copy of the world: its own west is kept, and
what is found is put beside it, so that a browser can draw it where it looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from stations.standing import Counts, added

TILE: Final = 256
"""Width and height of the whole world at zoom 0, in px."""

EDGE: Final = 85.051129
"""The plane ends at this latitude, north and south, degrees."""

ZOOM_MIN, ZOOM_MAX = 2, 18
STEP_PX: Final = 64
"""Cells of the grid are so wide, unless there would be too many of them."""

CELLS_MOST: Final = 1_000
RADIUS_MIN, RADIUS_MAX = 9.0, 32.0
RIM_PX: Final = 6.0
"""Around each mark, for the shares of its states."""

WORLD: Final = 360.0


@dataclass(frozen=True, slots=True)
class Viewport:
    """Degrees, WGS-84. ``west`` is within -180…180, ``width`` at most 360; ``shift`` leads back to the browser's."""

    zoom: int
    south: float
    north: float
    west: float
    width: float
    shift: float

    @classmethod
    def of(cls, zoom: float, south: float, west: float, north: float, east: float) -> Self:
        """What a browser looks at. Raises ValueError for what is no part of the plane."""
        if not all(map(math.isfinite, (zoom, south, west, north, east))) or south > north or west > east:
            raise ValueError("no viewport")
        if max(abs(west), abs(east)) > 100 * WORLD:
            raise ValueError("too far around the world")
        width = min(east - west, WORLD)
        start = (west + east - width) / 2
        turned = (start + 180) % WORLD - 180
        level = min(max(round(zoom), ZOOM_MIN), ZOOM_MAX)
        return cls(level, _clamped(south), _clamped(north), turned, width, start - turned)

    @property
    def spans(self) -> list[tuple[float, float]]:
        """From west to east within -180…180: two of them where it lies across the antimeridian."""
        if self.width >= WORLD:
            return [(-180.0, 180.0)]
        east = self.west + self.width
        if east <= 180:
            return [(self.west, east)]
        return [(self.west, 180.0), (-180.0, east - WORLD)]

    @property
    def latitudes(self) -> tuple[float, float]:
        """From south to north; what lies beyond an edge of the plane counts as lying at it."""
        return (self.south if self.south > -EDGE else -90.0, self.north if self.north < EDGE else 90.0)

    @property
    def cells(self) -> float:
        """How many cells of the grid there are from west to east around the whole world."""
        step = STEP_PX
        while self._px(step) > CELLS_MOST:
            step *= 2
        return TILE * 2.0**self.zoom / step

    def _px(self, step: int) -> float:
        """How many cells of this width the viewport has."""
        world = TILE * 2.0**self.zoom / step
        return (self.width / WORLD * world + 1) * ((down(self.south) - down(self.north)) * world + 1)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Stations that are drawn as one, at their middle. ``station`` and ``name`` are those of the only one, else 0 and ""."""

    latitude: float
    longitude: float
    stations: int
    counts: Counts
    south: float
    west: float
    north: float
    east: float
    station: int = 0
    name: str = ""

    @property
    def radius(self) -> float:
        """In px: its area grows with the number of stations."""
        return min(RADIUS_MIN + 2.6 * math.sqrt(self.stations - 1), RADIUS_MAX)

    def with_other(self, other: Cluster) -> Cluster:
        """Both as one."""
        stations = self.stations + other.stations
        share = other.stations / stations
        return Cluster(
            self.latitude + (other.latitude - self.latitude) * share,
            self.longitude + (other.longitude - self.longitude) * share,
            stations,
            added(self.counts, other.counts),
            min(self.south, other.south),
            min(self.west, other.west),
            max(self.north, other.north),
            max(self.east, other.east),
        )


def across(longitude: float) -> float:
    """Where a longitude lies from west (0) to east (1)."""
    return (longitude + 180) / WORLD


def down(latitude: float) -> float:
    """Where a latitude lies from north (0) to south (1)."""
    return 0.5 - math.asinh(math.tan(math.radians(_clamped(latitude)))) / (2 * math.pi)


def merged(clusters: Sequence[Cluster], zoom: int) -> list[Cluster]:
    """No two of them lie on each other: what a line of the grid parts is put together again, the big ones first."""
    world = TILE * 2.0**zoom
    reach = 2 * RADIUS_MAX + RIM_PX
    kept: list[Cluster] = []
    near: dict[tuple[int, int], list[int]] = {}
    for one in sorted(clusters, key=lambda cluster: (-cluster.stations, cluster.latitude, cluster.longitude)):
        x, y = across(one.longitude) * world, down(one.latitude) * world
        cell = int(x // reach), int(y // reach)
        index = _touched(one, (x, y), kept, _around(near, cell), world)
        if index is None:
            near.setdefault(cell, []).append(len(kept))
            kept.append(one)
        else:
            kept[index] = kept[index].with_other(one)
    return kept


def _touched(
    one: Cluster, at: tuple[float, float], kept: list[Cluster], near: Iterable[int], world: float
) -> int | None:
    """The first of those near that it would touch."""
    for index in near:
        other = kept[index]
        gap = math.dist(at, (across(other.longitude) * world, down(other.latitude) * world))
        if gap < one.radius + other.radius + RIM_PX:
            return index
    return None


def _around(near: dict[tuple[int, int], list[int]], cell: tuple[int, int]) -> Iterable[int]:
    x, y = cell
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            yield from near.get((x + dx, y + dy), ())


def _clamped(latitude: float) -> float:
    return min(max(latitude, -EDGE), EDGE)
