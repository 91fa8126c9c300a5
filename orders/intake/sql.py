"""Set-based statements: one round trip for a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg2.extras import execute_values

Row = Sequence[Any]


def run_values(statement: str, rows: Sequence[Row], template: str) -> list[tuple[Any, ...]]:
    """Run ``statement`` with ``rows`` in place of its one ``VALUES %s``; the rows it returns, if it does."""
    if not rows:
        return []
    fetch = " RETURNING " in statement or statement.startswith("SELECT")
    # Below Django's cursor, errors are the driver's own.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        found = execute_values(cursor.cursor, statement, rows, template, page_size=len(rows), fetch=fetch)
    return list(found) if fetch else []


def query(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a select."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
