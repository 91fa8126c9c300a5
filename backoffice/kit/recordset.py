"""Many rows as one parameter of a statement.

``json_to_recordset(%s) AS n (id bigint, at timestamptz)`` takes the place of a list of ``VALUES``: the driver quotes
one text instead of each value, and the statement is the same however many rows there are, so it is planned like any
other. Instants are written with their zone, numbers exactly, lists and mappings stay what they are for columns of
arrays and JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import orjson

Row = Sequence[Any]


@cache
def names_of(columns: str) -> tuple[str, ...]:
    """The names in a list of columns with their types."""
    return tuple(column.split(maxsplit=1)[0] for column in columns.split(", "))


@cache
def over_records(statement: str, columns: str) -> str:
    """A statement with the rows of its one parameter, as ``n`` with these columns, in place of ``{rows}``."""
    return statement.replace("{rows}", f"json_to_recordset(%s::json) AS n ({columns})")


def as_records(columns: str, rows: Iterable[Row]) -> str:
    """The parameter itself. Raises TypeError for what no column could hold."""
    names = names_of(columns)
    records = [dict(zip(names, row, strict=True)) for row in rows]
    return orjson.dumps(records, default=_exact).decode()


def _exact(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
