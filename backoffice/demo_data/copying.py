"""Many rows at once: COPY into the table of a model, with the model's own defaults for what is left out.

The scope is lifted where this is used; nothing here looks at it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

ROWS_AT_ONCE = 5_000
NULL = r"\N"


def copy(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows of column name to value, all with the same columns; how many. JSON that is text is taken as it is."""
    count = 0
    queue = iter(rows)
    while some := list(islice(queue, ROWS_AT_ONCE)):
        given = {field.attname: field for field in model._meta.concrete_fields if field.attname in some[0]}
        left_out = {
            field.attname: _constant(field)
            for field in model._meta.concrete_fields
            if field.attname not in given and not field.primary_key
        }
        names, constants = list(given), list(left_out.values())
        arrays = {name for name, field in given.items() if isinstance(field, ArrayField)}
        buffer = io.StringIO()
        csv.writer(buffer).writerows(
            [_text(row[name], name in arrays) for name in names] + constants for row in some
        )
        _send(model, [*names, *left_out], buffer)
        count += len(some)
    return count


def take_ids(model: type[models.Model], count: int) -> list[int]:
    """Keys for rows to come, from the table's own sequence."""
    return take_numbers(f"pg_get_serial_sequence('{model._meta.db_table}', '{model._meta.pk.column}')", count)


def take_numbers(sequence: str, count: int) -> list[int]:
    """The next numbers of a sequence; ``sequence`` is an SQL expression that names it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval({sequence}) FROM generate_series(1, %s)", [count])  # noqa: S608
        return [number for (number,) in cursor.fetchall()]


def _send(model: type[models.Model], columns: list[str], buffer: io.StringIO) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {model._meta.db_table} ({names}) FROM STDIN WITH (FORMAT csv, NULL '{NULL}')", buffer
        )


def _constant(field: models.Field[Any, Any]) -> Any:
    """What a column that is left out gets in every row."""
    return _text(field.get_default(), isinstance(field, ArrayField))


def _text(value: Any, is_array: bool) -> Any:
    """A value as COPY reads it; what the CSV writer does right by itself stays what it is."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dict):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}" if is_array else json.dumps(value, ensure_ascii=False)
    return value
