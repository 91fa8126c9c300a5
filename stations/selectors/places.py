"""Where a pile stands and whose it is, read for a whole batch in two queries.

Nothing is cached between batches: a fact that arrives after a station moved must carry the new path.
Inside ``places_read_once()`` each place is read at most once, which is what one batch needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from backoffice.kit.levels import Path
from backoffice.kit.scope import current_scope, owned_by_scope
from backoffice.kit.statements import execute
from stations.models import Pile
from tenants.selectors import standings


@dataclass(frozen=True, slots=True)
class PilePlace:
    """A pile in its surroundings. ``zone`` is the station's (IANA), ``connectors`` maps numbers to ids."""

    pile_id: int
    identity: str
    name: str
    tenant_id: int
    path: Path
    station_id: int
    station_name: str
    zone: str
    currency: str
    rated_kw: Decimal | None
    connectors: Mapping[int, int]


_read: ContextVar[dict[int, PilePlace] | None] = ContextVar("places_read", default=None)


@contextmanager
def places_read_once() -> Iterator[None]:
    """Inside the block ``places`` remembers what it read: for one batch in one transaction."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def forget_places(pile_ids: Iterable[int]) -> None:
    """Read these again, after the batch itself changed them."""
    known = _read.get()
    if known is not None:
        for pile_id in pile_ids:
            known.pop(pile_id, None)


def places(pile_ids: Iterable[int]) -> dict[int, PilePlace]:
    """The places of many piles; piles outside the scope are left out."""
    wanted = set(pile_ids)
    known = _read.get()
    if known is None:
        return _read_places(wanted)
    missing = wanted - known.keys()
    if missing:
        known |= _read_places(missing)
    return {pile_id: known[pile_id] for pile_id in wanted & known.keys()}


def place_of_pile(pile_id: int) -> PilePlace:
    """Raises Pile.DoesNotExist."""
    try:
        return places([pile_id])[pile_id]
    except KeyError:
        raise Pile.DoesNotExist(pile_id) from None


_READ = """
SELECT p.id, p.identity, p.name, p.tenant_id, p.station_id, s.name, s.timezone, m.rated_kw,
    ARRAY(SELECT ARRAY[c.number, c.id] FROM stations_connector c WHERE c.pile_id = p.id ORDER BY c.number)
FROM stations_pile p JOIN stations_station s ON s.id = p.station_id
    LEFT JOIN stations_pilemodel m ON m.id = p.model_id
WHERE p.id = ANY(%s) AND (%s OR p.tenant_id = ANY(%s))
"""


def _read_places(pile_ids: set[int]) -> dict[int, PilePlace]:
    """Plain SQL, because the intake asks for each of its batches; in a scope, of what the scope admits."""
    if not pile_ids:
        return {}
    with connection.cursor() as cursor:
        execute(cursor, _READ, [list(pile_ids), *owned_by_scope(current_scope())])
        rows = cursor.fetchall()
    standing = standings(row[3] for row in rows)
    return {
        row[0]: PilePlace(
            pile_id=row[0],
            identity=row[1],
            name=row[2],
            tenant_id=row[3],
            path=standing[row[3]].path,
            station_id=row[4],
            station_name=row[5],
            zone=row[6] or standing[row[3]].locality.timezone,
            currency=standing[row[3]].locality.currency,
            rated_kw=row[7],
            connectors=dict(row[8]),
        )
        for row in rows
    }
