"""Statements that run again and again on one connection are planned once.

Inside ``prepared()`` a statement is prepared on its connection when it first runs there; later runs only hand over
their parameters. It must be a constant: whatever varies is a parameter (``%s``). Elsewhere ``execute`` is that of the
cursor. A connection that was opened anew knows nothing of what the last one had prepared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_active: ContextVar[bool] = ContextVar("prepared_statements", default=False)
_known: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


@contextmanager
def prepared() -> Iterator[None]:
    """For a connection that does the same all day, as a lane of the gateway; not behind a pool of connections."""
    token = _active.set(True)
    try:
        yield
    finally:
        _active.reset(token)


def execute(cursor: Any, statement: str, params: Sequence[Any]) -> None:
    """Run a constant statement on Django's cursor."""
    if not _active.get():
        cursor.execute(statement, params)
        return
    places = ", ".join(["%s"] * len(params))
    cursor.execute(f"EXECUTE {_name_of(cursor, statement)} ({places})", params)


def _name_of(cursor: Any, statement: str) -> str:
    session = cursor.connection  # the driver's: a new one for each session with the server
    known = _known.setdefault(session, {})
    name = known.get(statement)
    if name is None:
        name = f"s_{blake2b(statement.encode(), digest_size=12).hexdigest()}"
        numbers = count(1)
        parts = statement.split("%s")
        numbered = parts[0] + "".join(f"${next(numbers)}{part}" for part in parts[1:])
        with connection.wrap_database_errors:
            cursor.cursor.execute(f"PREPARE {name} AS {numbered}")  # below what counts queries
        known[statement] = name
    return name
