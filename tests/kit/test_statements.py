"""Statements that are prepared on their connection, and rows that travel as one parameter."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from backoffice.kit.recordset import as_records, over_records
from backoffice.kit.statements import execute, prepared

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = "id bigint, at timestamptz, amount numeric, words varchar[], data jsonb, note text"
AT = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)


def rows_of(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        execute(cursor, statement, params)
        return list(cursor.fetchall())


def names() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 's\\_%'")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("is_prepared", [False, True])
def test_rows_arrive_exactly(is_prepared: bool) -> None:
    row = (
        2**53 + 1,
        AT,
        Decimal("0.100000000000000001"),
        ["a b", "c\\d", 'e"f'],
        {"k": [1]},
        "tab\tline\n'%s'",
    )
    empty = (1, None, None, [], {}, "")
    statement = over_records(
        "SELECT id, at, amount, words, data::text, note FROM {rows} ORDER BY id DESC", COLUMNS
    )
    parameter = as_records(COLUMNS, [row, empty])
    if is_prepared:
        with prepared():
            found = rows_of(statement, parameter)
    else:
        found = rows_of(statement, parameter)
    assert found == [(*row[:4], '{"k": [1]}', row[5]), (*empty[:4], "{}", "")]


def test_what_no_column_could_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        as_records("id bigint", [(object(),)])


def test_a_statement_is_prepared_once_for_a_connection_and_again_for_the_next() -> None:
    before = names()
    with prepared():
        for number in range(3):
            assert rows_of("SELECT %s::int + %s::int", number, 1) == [(number + 1,)]
        assert names() == before + 1
        connection.close()
        assert rows_of("SELECT %s::int + %s::int", 1, 1) == [(2,)]
        assert names() == 1


def test_a_transaction_that_fails_leaves_what_it_prepared() -> None:
    statement = "INSERT INTO stations_gateway (name, seen_at) VALUES (%s, %s)"
    with prepared(), connection.cursor() as cursor:
        with pytest.raises(IntegrityError), transaction.atomic():
            execute(cursor, statement, ["g", AT])
            execute(cursor, statement, ["g", AT])
        execute(cursor, statement, ["g", AT])
        assert rows_of("SELECT name FROM stations_gateway WHERE seen_at = %s", AT) == [("g",)]


def test_outside_of_the_block_nothing_is_prepared() -> None:
    before = names()
    assert rows_of("SELECT %s::int * 2", 4) == [(8,)]
    assert names() == before
