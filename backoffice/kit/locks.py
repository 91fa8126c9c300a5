"""Locks by name and in one order."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import TypeVar

from django.db import connection, models
from django.db.models.query import QuerySet

M = TypeVar("M", bound=models.Model)


def locked(rows: QuerySet[M]) -> QuerySet[M]:
    """The rows, locked for the rest of the transaction, always in the order of their keys."""
    return rows.order_by("pk").select_for_update(of=("self",))


def share(model: type[models.Model], key: int) -> None:
    """Keep others from locking this row whole until the transaction ends; it may be changed, and referred to.

    Whoever is going to insert a row that refers to it waits here, before taking other locks, and not
    there. Nothing is read, so the scope does not matter.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR KEY SHARE", [key])  # noqa: S608


def hold(name: str) -> None:
    """Wait for the advisory lock of this name; it is released when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key_of(name)])


def hold_all(names: Iterable[str]) -> None:
    """Wait for the advisory locks of all these names, in one order and in one statement."""
    keys = sorted({key_of(name) for name in names})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", [keys])


def try_hold(name: str) -> bool:
    """Take the advisory lock of this name if it is free; released when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key_of(name)])
        return bool(cursor.fetchone()[0])


def key_of(name: str) -> int:
    """The number that stands for a lock's name."""
    return zlib.crc32(name.encode())
