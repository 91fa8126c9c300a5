"""What a chart shows, as a table: for browsers in which no script draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backoffice.kit.cells import NONE
from backoffice.kit.figures import number_text
from backoffice.kit.frame import Chart

MOST_LINES = 48
"""The half hours of a day; a curve of more points is thinned out."""

DIGITS = 1
HOUR = 60
DAY = 24

Point = float | tuple[float, float | None] | None


@dataclass(frozen=True, slots=True)
class PlotValues:
    """``heads`` are the curves with their units; a line is its time and a figure of each curve."""

    heads: Sequence[str]
    lines: Sequence[tuple[str, Sequence[str]]]


def plot_values(chart: Chart) -> PlotValues:
    """The curves side by side, at the times at which one of them has a value."""
    columns = [_by_place(one.data) for one in chart.series]
    places = sorted({place for column in columns for place in column})
    return PlotValues(
        [_head(str(one.name), str(chart.units[one.axis])) for one in chart.series],
        [
            (_time(place, chart.labels), [_figure(column.get(place)) for column in columns])
            for place in _thinned(places)
        ],
    )


def _by_place(data: Sequence[Point]) -> dict[float, float]:
    """What is known, by minute of the day or, with labels, by number of the label."""
    pairs = (point if isinstance(point, tuple) else (float(at), point) for at, point in enumerate(data))
    return {place: value for place, value in pairs if value is not None}


def _thinned(places: Sequence[float]) -> Sequence[float]:
    """At most so many, evenly, the last among them."""
    if len(places) <= MOST_LINES:
        return places
    return [*places[: -1 : -(-len(places) // MOST_LINES)], places[-1]]


def _head(name: str, unit: str) -> str:
    return f"{name}, {unit}"


def _time(place: float, labels: Sequence[str]) -> str:
    if labels:
        return labels[int(place)]
    minutes = int(place)
    return f"{minutes // HOUR % DAY:02}:{minutes % HOUR:02}"


def _figure(value: float | None) -> str:
    return NONE if value is None else number_text(value, DIGITS)
