"""The doors of the store: threads with connections of their own, through which piles are let in."""

from __future__ import annotations

from django.db import connection

from ocpp_gateway.store.central import Store, StoreLimits
from tests.support.premises import Premises


def own_process() -> int:
    """The database's process for the connection of this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


async def test_a_connection_that_was_lost_while_nobody_asked_turns_nobody_away(premises: Premises) -> None:
    store = Store(limits=StoreLimits(doors=1))
    store.start()
    try:
        lost = await store.ask(own_process)
        assert await premises.rows("SELECT pg_terminate_backend(%s, 5000)", [lost]) == [(True,)]

        assert await store.ask(own_process) != lost
    finally:
        await store.stop()
