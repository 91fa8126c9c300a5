"""Many rows by one statement: what a model's columns get where nobody said otherwise, and no index until the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Field, JSONField, Model
from psycopg2 import sql

from backoffice.environment import ROOT

KEPT_INDEXES = "SELECT indexdef, indexname FROM pg_indexes WHERE tablename = %s AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)"


def insert(cursor: Any, model: type[Model], values: Mapping[str, str], source: str) -> int:
    """``values``: an SQL expression over ``source`` for each column; the others get their field's default."""
    unknown = values.keys() - {field.attname for field in model._meta.concrete_fields}
    if unknown:
        raise KeyError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
    given = {}
    for field in model._meta.concrete_fields:
        if field.attname in values:
            given[field.column] = sql.SQL(values[field.attname])
        elif not field.primary_key:
            given[field.column] = _usual(field)
    cursor.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
            sql.Identifier(model._meta.db_table),
            sql.SQL(", ").join(map(sql.Identifier, given)),
            sql.SQL(", ").join(given.values()),
            sql.SQL(source),
        )
    )
    return int(cursor.rowcount)


def _usual(field: Field[Any, Any]) -> sql.Composable:
    if field.null and not field.has_default():
        return sql.SQL("NULL")
    if isinstance(field, JSONField):
        return sql.SQL("{}::jsonb").format(sql.Literal(json.dumps(field.get_default())))
    if isinstance(field, ArrayField):
        return sql.SQL("'{{}}'")
    if not field.has_default() and not field.empty_strings_allowed:
        raise ValueError(f"{field} has no default")
    return sql.Literal(field.get_default())


@contextmanager
def without_indexes(cursor: Any, *models: type[Model]) -> Iterator[None]:
    """Indexes that hold no constraint are made when the rows are there, which takes a fraction of the time."""
    definitions = []
    for model in models:
        cursor.execute(KEPT_INDEXES, [model._meta.db_table])
        for definition, name in cursor.fetchall():
            definitions.append(definition)
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for definition in definitions:
        cursor.execute(definition)


def migrations_digest() -> str:
    """What the tables look like, in a few letters: another schema needs other rows."""
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/*/migrations/*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def advance(cursor: Any, *models: type[Model]) -> None:
    """Let the next row of each get the next number."""
    for model in models:
        table, key = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, key])
        (sequence,) = cursor.fetchone()
        if sequence:
            cursor.execute(
                sql.SQL("SELECT setval({}, (SELECT coalesce(max({}), 1) FROM {}))").format(
                    sql.Literal(sequence), sql.Identifier(key), sql.Identifier(table)
                )
            )
