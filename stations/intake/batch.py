"""Set-based statements: many rows in one round trip.

Raw SQL cannot be scoped, so it runs only where the scope is lifted. Everything here that locks rows
locks piles first, by key, then their connectors, then their commands: two batches never wait for each
other in a circle. Piles are locked ``FOR NO KEY UPDATE``, which lets others refer to them meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from psycopg2.extras import execute_values

from backoffice.kit import live
from backoffice.kit.levels import Path
from backoffice.kit.recordset import as_records, over_records
from backoffice.kit.scope import ScopeError, current_scope
from backoffice.kit.statements import execute
from stations.selectors.places import PilePlace

Row = tuple[Any, ...]


@contextmanager
def sql() -> Iterator[Any]:
    """A cursor for statements of our own. Raises ScopeError unless the scope is lifted."""
    if not current_scope().everything:
        raise ScopeError("raw SQL cannot be scoped")
    with connection.cursor() as cursor:
        yield cursor


def lock_piles(pile_ids: Iterable[int]) -> None:
    """Lock piles for the rest of the transaction, in the order of their keys."""
    with sql() as cursor:
        cursor.execute(
            "SELECT 1 FROM stations_pile WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(set(pile_ids))],
        )


def have_any(model: type[Model], pile_ids: Iterable[int]) -> bool:
    """Whether any of these piles has a row of this model, so that it pays to read and lock them.

    Nearly always none has, and a statement that is planned already costs a tenth of what the ORM takes.
    """
    wanted = list(set(pile_ids))
    if not wanted:
        return False
    with sql() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        execute(cursor, f"SELECT 1 FROM {table} WHERE pile_id = ANY(%s) LIMIT 1", [wanted])  # noqa: S608
        return cursor.fetchone() is not None


def with_values(
    cursor: Any, statement: str, rows: Sequence[Row], *, template: str | None = None, fetch: bool = False
) -> list[Row]:
    """Execute a statement that has one ``VALUES %s``. Without rows it does nothing."""
    if not rows:
        return []
    with connection.wrap_database_errors:  # below Django's cursor, errors are the driver's own
        found = execute_values(
            cursor.cursor, statement, rows, template=template, page_size=len(rows), fetch=fetch
        )
    return list(found or [])


def with_rows(cursor: Any, statement: str, columns: str, rows: Sequence[Row]) -> list[Row]:
    """Execute a statement with ``rows`` in place of its one ``{rows}``, as ``n``; the rows it returns, if it does.

    ``columns`` are their names and types, in order. Without rows it does nothing.
    """
    if not rows:
        return []
    execute(cursor, over_records(statement, columns), [as_records(columns, rows)])
    return list(cursor.fetchall()) if cursor.description else []


def path_columns(path: Path) -> Row:
    """In the order manufacturer, dealer, operator, agency."""
    return (path.manufacturer_id, path.dealer_id, path.operator_id, path.agency_id)


def read_json(value: str | None) -> Any:
    """A JSON column: Django leaves them as text below its models."""
    return None if value is None else json.loads(value)


def tell(topic: str, places: Iterable[PilePlace]) -> None:
    """Tell the pages, once this is committed, that something about these piles changed."""
    events = [live.Event(topic, f"pile:{place.pile_id}", place.path) for place in places]
    if events:
        transaction.on_commit(lambda: live.send(events), robust=True)


def add_events(cursor: Any, events: Sequence[tuple[int, Path, str, datetime, Mapping[str, Any]]]) -> None:
    """Remember of a pile: ``(pile_id, path, kind, at, data)`` each."""
    with_rows(
        cursor,
        "INSERT INTO stations_pileevent"
        " (manufacturer_id, dealer_id, operator_id, agency_id, pile_id, kind, at, data) SELECT n.* FROM {rows}",
        "manufacturer_id bigint, dealer_id bigint, operator_id bigint, agency_id bigint, pile_id bigint, kind text,"
        " at timestamptz, data jsonb",
        [
            (*path_columns(path), pile_id, kind[:40], at, dict(data))
            for pile_id, path, kind, at, data in events
        ],
    )
