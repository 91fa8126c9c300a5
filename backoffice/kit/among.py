"""``column = ANY(ids)``, the ids in one parameter.

The scope of a manufacturer has thousands of tenants. As ``IN (%s, %s, …)`` in each of a page's queries, in some of
them six times, they took more time to write, to read and to plan than the rows to find.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.models import Lookup

WIDE = 500
"""From so many ids on the rows are a large part of their table; an index would be searched once for each id."""


class Among(Lookup):
    """The condition that an integer column holds one of these."""

    prepare_rhs = False

    def __init__(self, lhs: Any, ids: frozenset[int]) -> None:
        super().__init__(lhs, ids)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        condition = f"{column} = ANY(%s::bigint[])"
        if len(self.rhs) >= WIDE:
            # No index holds what is said of a condition, so the ids are hashed; nor has the planner to guess
            # for each of them how many rows it has.
            condition = f"({condition}) IS NOT DISTINCT FROM TRUE"
        return condition, (*params, _as_array(self.rhs))


@lru_cache(maxsize=200)
def _as_array(ids: frozenset[int]) -> str:
    return f"{{{','.join(map(str, sorted(ids)))}}}"
