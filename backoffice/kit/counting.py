"""How many rows there are, up to a bound: nobody needs to know whether 4,318,204 or 4,318,205 orders are settled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Q, QuerySet

COUNT_CAP = 10_000


def counts_within(rows: QuerySet[Any], conditions: Sequence[Q]) -> list[int]:
    """How many of the rows meet each condition, in one pass over all of them: for rows that are few."""
    wanted = {f"n{number}": Count("pk", filter=condition) for number, condition in enumerate(conditions)}
    found = rows.order_by().aggregate(**wanted) if wanted else {}
    return [int(found[name]) for name in wanted]


def capped_counts(several: Sequence[QuerySet[Any]]) -> list[int]:
    """The number of rows of each, at most ``COUNT_CAP``, asked in one question: a menu or a row of tabs has many.

    Their order does not matter. A list that may be a large part of its table is better counted in the order of an
    index (``lists.paging``): in none the planner reads the table from its beginning until it has found enough.
    """
    parts: list[str] = []
    values: list[Any] = []
    for rows in several:
        try:
            statement, given = rows.order_by().values("pk")[:COUNT_CAP].query.sql_with_params()
        except EmptyResultSet:  # conditions that nothing can meet
            statement, given = "SELECT NULL WHERE false", ()
        parts.append(f"(SELECT count(*) FROM ({statement}) AS counted)")  # noqa: S608 - Django wrote it
        values += given
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return [int(count) for count in cursor.fetchone()]
