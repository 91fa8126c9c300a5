"""Set-based statements: one round trip for a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg2.extras import execute_values

Row = Sequence[Any]


def run_values(statement: str, rows: Sequence[Row], template: str | None = None) -> list[tuple[Any, ...]]:
    """Run ``statement`` with ``rows`` in place of its one ``VALUES %s``; the rows it returns, if it does."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        fetch = " RETURNING " in statement.upper() or statement.lstrip().upper().startswith("SELECT")
        result = execute_values(cursor.cursor, statement, rows, template, page_size=max(len(rows), 1), fetch=fetch)
        return list(result) if fetch else []


def query(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a select."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
