"""Stations on the map: how many connectors of each are in which standing, in one statement for a whole viewport.

Which stations there are is asked through Django, so the scope and the filters of the list hold; what stands on
them is counted below, in plain SQL, for those stations alone. Nothing is kept between two questions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case as Choose, CharField, Max, Min, Q, QuerySet, Value, When

from stations.clusters import Cluster, Viewport, merged
from stations.models import Connector, Intent, Life, Pile, Station, StationStatus
from stations.standing import Counts, Standing, added, worst
from stations.states import CHARGING

PAGE = 20
"""Stations in one page of the list beside the map."""

EXTENT = ("south", "west", "north", "east")
NOBODY: Counts = (0,) * len(Standing)


@dataclass(frozen=True, slots=True)
class Spot:
    """A station in the list. ``latitude`` is None for one that is not on the map."""

    pk: int
    name: str
    owner: str
    latitude: float | None
    longitude: float | None
    counts: Counts

    @property
    def worst(self) -> Standing | None:
        return worst(self.counts)

    @property
    def connectors(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a viewport shows. ``spots`` is one page of its stations, the worst first; ``counts`` are of all of them."""

    clusters: list[Cluster] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    stations: int = 0
    counts: Counts = NOBODY
    zoom: int = 0


def stations_to_map() -> QuerySet[Station]:
    """Stations that are not closed for good, and no stores."""
    return Station.objects.exclude(status__in=[StationStatus.CLOSED, StationStatus.STORE])


def off_the_map(stations: QuerySet[Station]) -> int:
    """How many of them have no coordinates."""
    return stations.filter(latitude__isnull=True).count()


def standing_of_connector() -> Choose:
    """The standing of a connector as an expression; ``_STANDING`` says the same in SQL."""
    return Choose(
        When(pile__online=False, then=Value(Standing.OFFLINE.value)),
        When(status="Faulted", then=Value(Standing.FAULT.value)),
        When(status__in=sorted(CHARGING), then=Value(Standing.CHARGING.value)),
        When(
            Q(status="Unavailable") | Q(intent=Intent.INOPERATIVE) | Q(pile__intent=Intent.INOPERATIVE),
            then=Value(Standing.CLOSED.value),
        ),
        When(status__in=["Available", ""], then=Value(Standing.IDLE.value)),
        default=Value(Standing.WAITING.value),
        output_field=CharField(),
    )


def connectors_standing() -> QuerySet[Any]:
    """Connectors of piles that stand somewhere, with their ``standing``."""
    live = Connector.objects.filter(number__gt=0).exclude(pile__life__in=[Life.RETIRED, Life.IN_STOCK])
    rows: QuerySet[Any] = live.annotate(standing=standing_of_connector())
    return rows


def stations_with(standing: Standing) -> Q:
    """Stations where a connector is in this standing."""
    return Q(pk__in=connectors_standing().filter(standing=standing.value).values("pile__station"))


def stations_of_model(name: str) -> Q:
    """Stations where a terminal stands whose model has this in its name."""
    here = Pile.objects.filter(model__name__icontains=name).exclude(life__in=[Life.RETIRED, Life.IN_STOCK])
    return Q(pk__in=here.values("station"))


def extent_of(stations: QuerySet[Station]) -> list[float] | None:
    """South, west, north and east of those that are on the map; None where none is."""
    ends = stations.order_by().aggregate(
        south=Min("latitude"), west=Min("longitude"), north=Max("latitude"), east=Max("longitude")
    )
    return None if ends["south"] is None else [float(ends[name]) for name in EXTENT]


_STANDING = """CASE
    WHEN NOT p.online THEN 'offline'
    WHEN c.status = 'Faulted' THEN 'fault'
    WHEN c.status IN ('Charging', 'SuspendedEV', 'SuspendedEVSE') THEN 'charging'
    WHEN c.status = 'Unavailable' OR c.intent = 'Inoperative' OR p.intent = 'Inoperative' THEN 'closed'
    WHEN c.status IN ('Available', '') THEN 'idle'
    ELSE 'waiting' END"""

# Joined with those piles alone that say more than the connector itself, a few of 50,000 (index ``pile_telling``).
_STANDINGS = """
SELECT {standing} AS standing, count(*)
FROM ({connectors}) AS c(pile_id, status, intent)
LEFT JOIN stations_pile p ON p.id = c.pile_id
    AND (NOT p.online OR p.intent = 'Inoperative' OR p.life IN ('retired', 'in_stock'))
WHERE p.id IS NULL OR p.life NOT IN ('retired', 'in_stock')
GROUP BY 1
"""


def count_standings() -> dict[Standing, int]:
    """How many connectors of the scope, of piles that stand somewhere, are in which standing."""
    connectors = Connector.objects.filter(number__gt=0).order_by().values_list("pile", "status", "intent")
    inner, params = connectors.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS.format(connectors=inner, standing=_STANDING), params)
        return {Standing(name): count for name, count in cursor.fetchall()}


# The columns of counts stand in the order of ``Standing``. ``lng`` counts on past 180 east of the viewport's west,
# so that nothing is torn apart at the antimeridian.
_SPOTS = """
WITH seen(id, name, owner, latitude, longitude) AS MATERIALIZED ({stations}),
guns AS (
    SELECT g.station_id,
        count(*) FILTER (WHERE g.standing = 'fault')::int AS fault,
        count(*) FILTER (WHERE g.standing = 'offline')::int AS offline,
        count(*) FILTER (WHERE g.standing = 'closed')::int AS closed,
        count(*) FILTER (WHERE g.standing = 'waiting')::int AS waiting,
        count(*) FILTER (WHERE g.standing = 'charging')::int AS charging,
        count(*) FILTER (WHERE g.standing = 'idle')::int AS idle
    FROM (
        SELECT p.station_id, {standing} AS standing
        FROM stations_pile p JOIN stations_connector c ON c.pile_id = p.id
        WHERE p.station_id IN (SELECT id FROM seen) AND p.life <> 'retired' AND c.number > 0
    ) AS g
    GROUP BY g.station_id
),
spots AS MATERIALIZED (
    SELECT seen.id, seen.name, seen.owner, seen.latitude::float8 AS lat,
        seen.longitude::float8 + CASE WHEN seen.longitude < %s THEN 360 ELSE 0 END AS lng,
        coalesce(fault, 0) AS fault, coalesce(offline, 0) AS offline, coalesce(closed, 0) AS closed,
        coalesce(waiting, 0) AS waiting, coalesce(charging, 0) AS charging, coalesce(idle, 0) AS idle
    FROM seen LEFT JOIN guns ON guns.station_id = seen.id
)
"""

_CLUSTERS = """
SELECT 0, count(*)::int, avg(lat), avg(lng), min(lat), min(lng), max(lat), max(lng),
    sum(fault)::int, sum(offline)::int, sum(closed)::int, sum(waiting)::int, sum(charging)::int, sum(idle)::int,
    min(id), min(name), ''
FROM spots WHERE lat IS NOT NULL
GROUP BY floor((lng + 180) / 360 * %s),
    floor((0.5 - asinh(tan(radians(greatest(least(lat, 85.051129), -85.051129)))) / (2 * pi())) * %s)
"""

_PAGE = """
SELECT 1, 0, lat, lng, 0, 0, 0, 0, fault, offline, closed, waiting, charging, idle, id, name, owner
FROM (
    SELECT * FROM spots
    ORDER BY CASE WHEN fault > 0 THEN 0 WHEN offline > 0 THEN 1 WHEN closed > 0 THEN 2 WHEN waiting > 0 THEN 3
        WHEN charging > 0 THEN 4 WHEN idle > 0 THEN 5 ELSE 6 END, fault DESC, offline DESC, name, id
    LIMIT %s OFFSET %s
) AS page
"""

_ALL = """
SELECT 2, count(*)::int, 0, 0, 0, 0, 0, 0,
    sum(fault)::int, sum(offline)::int, sum(closed)::int, sum(waiting)::int, sum(charging)::int, sum(idle)::int,
    0, '', ''
FROM spots
"""


def seen_in(stations: QuerySet[Station], viewport: Viewport, *, page: int = 1) -> Seen:
    """What of these stations lies in the viewport: clusters, and one page of the list."""
    inside = reduce(or_, (Q(longitude__range=span) for span in viewport.spans))
    shown = stations.filter(inside, latitude__range=viewport.latitudes)
    rows = _rows(shown, viewport.west, [(_CLUSTERS, [viewport.cells, viewport.cells]), (_PAGE, _place(page))])
    clusters = [_cluster(row, viewport.shift) for row in rows if row[0] == 0]
    return Seen(
        merged(clusters, viewport.zoom),
        [_spot(row) for row in rows if row[0] == 1],
        sum(one.stations for one in clusters),
        reduce(added, (one.counts for one in clusters), NOBODY),
        viewport.zoom,
    )


def listed(stations: QuerySet[Station], *, page: int = 1) -> Seen:
    """One page of these stations wherever they are, also of those that are not on the map."""
    rows = _rows(stations, -180.0, [(_PAGE, _place(page)), (_ALL, [])])
    spots = [_spot(row) for row in rows if row[0] == 1]
    whole = [row for row in rows if row[0] == 2]
    return Seen([], spots, whole[0][1], tuple(n or 0 for n in whole[0][8:14])) if whole else Seen()


def _place(page: int) -> list[Any]:
    return [PAGE, (page - 1) * PAGE]


def _rows(
    stations: QuerySet[Station], west: float, parts: list[tuple[str, list[Any]]]
) -> list[tuple[Any, ...]]:
    wanted = stations.order_by().values_list("pk", "name", "tenant__name", "latitude", "longitude")
    try:
        inner, params = wanted.query.sql_with_params()
    except EmptyResultSet:  # filters that nothing can meet
        return []
    statement = _SPOTS.format(stations=inner, standing=_STANDING) + " UNION ALL ".join(
        f"({part})" for part, _values in parts
    )
    values = [*params, west, *(value for _part, more in parts for value in more)]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _cluster(row: tuple[Any, ...], shift: float) -> Cluster:
    stations, lat, lng, south, west, north, east = row[1:8]
    only = (row[14], row[15]) if stations == 1 else (0, "")
    return Cluster(
        lat, lng + shift, stations, tuple(row[8:14]), south, west + shift, north, east + shift, *only
    )


def _spot(row: tuple[Any, ...]) -> Spot:
    lng = None if row[3] is None else (row[3] + 180) % 360 - 180
    return Spot(row[14], row[15], row[16], row[2], lng, tuple(row[8:14]))
