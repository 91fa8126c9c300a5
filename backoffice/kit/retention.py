"""What is kept for a time, and then let go: partitions of a table by time, and rows of the tables that have none.

A partition is dropped when everything in it is too old, which takes no time and leaves no holes; the rest is
deleted in batches, each in a transaction of its own. Nothing here waits for others: what is busy goes with the next round.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

log = logging.getLogger(__name__)

BATCH = 5_000
LONGEST_S = 120.0
"""A round of deleting gives up after so long and goes on with the next."""

LOCK_WAIT = "2s"
"""So long a drop waits for its lock at most: whoever writes waits behind it."""

Unit = Literal["day", "month"]


def make_partitions(table: str, key: str, unit: Unit, first: date, last: date) -> None:
    """Make the partitions of these days. Their names end in the day or month that they begin with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kit_ensure_partitions(%s, %s, %s, %s, %s)", [table, key, unit, first, last])


def drop_partitions(table: str, *, before: date) -> int:
    """Drop the partitions that end before a day (UTC) or with it; how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table]
        )
        names = sorted(name for (name,) in cursor.fetchall())
    old = [name for name in names if (end := end_of(name)) is not None and end <= before]
    return sum(_drop(name) for name in old)


def end_of(partition: str) -> date | None:
    """The first day after a partition, as its name says; None for the one that takes what fits nowhere else."""
    suffix = partition.rpartition("_")[2]
    if not suffix.isdigit():
        return None
    if len(suffix) == len("YYYYMMDD"):
        return date.fromisoformat(suffix) + timedelta(days=1)
    first = date(int(suffix[:4]), int(suffix[4:]), 1)
    return (first + timedelta(days=31)).replace(day=1)


def forget_unplaced(table: str, key: str, *, before: date) -> int:
    """Delete what lies in the default partition and is older than a day (UTC): times that fitted nowhere, as of a
    wrong clock.
    """
    until = datetime.combine(before, datetime.min.time(), UTC)
    part, column = _quoted(f"{table}_default"), _quoted(key)
    statement = (
        f"DELETE FROM {part} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {part} WHERE {column} < %s LIMIT %s))"  # noqa: S608
    )

    def delete() -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, [until, BATCH])
            return int(cursor.rowcount)

    return _in_batches(delete)


def forget_rows(rows: QuerySet[Any]) -> int:
    """Delete the rows that match, batch by batch; how many went."""

    def delete() -> int:
        deleted, _ = rows.model._base_manager.filter(pk__in=rows.order_by().values("pk")[:BATCH]).delete()
        return int(deleted)

    return _in_batches(delete)


def _drop(partition: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
            cursor.execute(f"DROP TABLE {_quoted(partition)}")
    except OperationalError:
        log.warning("partition %s is in use; it is dropped later", partition)
        return False
    return True


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _in_batches(delete: Callable[[], int]) -> int:
    until = time.monotonic() + LONGEST_S
    deleted = 0
    while True:
        last = delete()
        deleted += last
        if last < BATCH or time.monotonic() > until:
            return deleted
