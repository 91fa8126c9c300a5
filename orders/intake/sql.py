"""Set-based statements: one round trip for a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from backoffice.kit.recordset import Row, as_records, over_records
from backoffice.kit.statements import execute


def run_rows(statement: str, columns: str, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Run ``statement`` with ``rows`` in place of its one ``{rows}``, as ``n``; the rows it returns, if it does.

    ``columns`` are their names and types, in order: ``id integer, at timestamptz``.
    """
    if not rows:
        return []
    with connection.cursor() as cursor:
        execute(cursor, over_records(statement, columns), [as_records(columns, rows)])
        return list(cursor.fetchall()) if cursor.description else []


def query(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a select."""
    with connection.cursor() as cursor:
        execute(cursor, statement, params)
        return list(cursor.fetchall())
