"""The map's plane: which part of it is looked at, and which stations are drawn as one."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, strategies as st

from stations.clusters import CELLS_MOST, RADIUS_MAX, TILE, Cluster, Viewport, across, down, merged
from stations.map_answer import marks_of, viewport_of
from stations.selectors.map import Seen
from stations.standing import Standing, worst

LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-84, 84)
NONE = (0,) * len(Standing)


def cluster(latitude: float, longitude: float, stations: int = 1, fault: int = 0) -> Cluster:
    counts = (fault, 0, 0, 0, 0, stations)
    return Cluster(latitude, longitude, stations, counts, latitude, longitude, latitude, longitude, 7, "Gate")


def test_a_viewport_across_the_antimeridian_looks_at_both_sides_of_it() -> None:
    viewport = Viewport.of(4, -50, 170, -30, 190)

    assert viewport.spans == [(170.0, 180.0), (-180.0, -170.0)]
    assert (viewport.west, viewport.shift) == (170.0, 0.0)


def test_a_viewport_over_another_copy_of_the_world_looks_at_the_same_and_leads_back_to_it() -> None:
    viewport = Viewport.of(4, 20, 480, 40, 500)

    assert viewport.spans == [(120.0, 140.0)]
    assert viewport.shift == 360


def test_a_viewport_wider_than_the_world_shows_everything_once_around_its_middle() -> None:
    viewport = Viewport.of(2, -80, -300, 80, 340)

    assert viewport.spans == [(-180.0, 180.0)]
    assert viewport.width == 360
    assert viewport.west + viewport.shift == pytest.approx(20 - 180)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"z": "4"},
        {"z": "4", "bbox": ""},
        {"z": "4", "bbox": "1,2,3"},
        {"z": "x", "bbox": "1,2,3,4"},
        {"z": "nan", "bbox": "1,2,3,4"},
        {"z": "4", "bbox": "1,2,inf,4"},
        {"z": "4", "bbox": "3,2,1,4"},
        {"z": "4", "bbox": "1,4,3,2"},
        {"z": "4", "bbox": "1e300,2,2e300,4"},
        {"z": "4", "bbox": "a,b,c,d"},
    ],
)
def test_what_is_no_viewport_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        viewport_of(query)


@given(st.integers(-5, 40), LATITUDES, LONGITUDES, st.floats(0, 90), st.floats(0, 720))
def test_no_viewport_has_more_cells_than_an_answer_may_have(
    zoom: int, south: float, west: float, height: float, width: float
) -> None:
    viewport = Viewport.of(zoom, south, west, min(south + height, 85), west + width)
    step = TILE * 2.0**viewport.zoom / viewport.cells

    rows = (down(viewport.south) - down(viewport.north)) * viewport.cells
    assert rows * viewport.width / 360 * viewport.cells <= CELLS_MOST
    assert step >= 64
    assert math.log2(step).is_integer()


@given(st.lists(st.tuples(LATITUDES, LONGITUDES, st.integers(1, 500)), max_size=40), st.integers(2, 18))
def test_merging_loses_no_station_and_lets_no_two_lie_on_each_other(
    places: list[tuple[float, float, int]], zoom: int
) -> None:
    found = merged([cluster(*place, fault=1) for place in places], zoom)

    assert sum(one.stations for one in found) == sum(stations for *_place, stations in places)
    assert sum(one.counts[0] for one in found) == len(places)
    world = TILE * 2.0**zoom
    at = [(across(one.longitude) * world, down(one.latitude) * world) for one in found]
    if len(found) == len(places):  # a mark that took another in may have moved towards a third
        for index, one in enumerate(found):
            for other in range(index):
                assert math.dist(at[index], at[other]) >= one.radius + found[other].radius


def test_stations_at_one_place_are_one_mark_with_the_bounds_of_a_point() -> None:
    (one,) = merged([cluster(31.2, 121.4), cluster(31.2, 121.4)], 18)

    assert (one.stations, one.south, one.north, one.west, one.east) == (2, 31.2, 31.2, 121.4, 121.4)
    assert (one.station, one.name) == (0, "")


def test_the_area_of_a_mark_grows_with_the_number_of_stations_up_to_an_end() -> None:
    radii = [cluster(0, 0, stations).radius for stations in (1, 5, 17, 10_000)]

    assert radii == sorted(radii)
    assert radii[2] - radii[0] == pytest.approx(2 * (radii[1] - radii[0]))
    assert radii[3] == RADIUS_MAX


def test_the_worst_standing_counts_and_nothing_is_none() -> None:
    assert worst((0, 1, 0, 0, 30, 2)) is Standing.OFFLINE
    assert worst((1, 1, 0, 0, 30, 2)) is Standing.FAULT
    assert worst(NONE) is None


def test_the_largest_answer_is_under_200_kb() -> None:
    long = "Station with a name that is quite long 站点名称很长很长"
    clusters = [
        Cluster(12.345678 + n / 100, -123.456789, 1, (11, 12, 13, 14, 15, 16), 0, 0, 0, 0, 123456, long)
        for n in range(CELLS_MOST)
    ]

    text = json.dumps(marks_of(Seen(clusters)))

    assert len(text) < 200_000


def test_without_names_a_mark_cannot_be_opened() -> None:
    seen = Seen([cluster(1, 2)])

    assert marks_of(seen)[0][6] == 7
    assert marks_of(seen, named=False)[0][6] == 0
