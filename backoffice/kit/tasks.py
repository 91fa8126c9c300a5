"""How work gets to the worker: sweeps that look for due rows, and nudges that make a sweep look sooner.

A sweep is the truth: it finds its rows by itself, so a lost nudge, a restarted worker or an emptied
Redis delays work by one interval and loses none of it.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from celery import current_app, shared_task
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from backoffice.kit import locks, runs
from backoffice.kit.scope import unscoped

log = logging.getLogger(__name__)


def sweep(function: Callable[[], Any]) -> Any:
    """A periodic task that never overlaps with itself and sees all tenants.

    The lock is held by the database session, so it is free again when the worker dies.
    """
    name = f"{function.__module__}.{function.__name__}"

    # Acknowledged before it runs: the next round repeats whatever a dying worker leaves undone, and an
    # acknowledgement after the broker is gone ends the worker.
    @shared_task(name=name, ignore_result=True, acks_late=False)
    @functools.wraps(function)
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [locks.key_of(name)])
            if not cursor.fetchone()[0]:
                return
        try:
            with runs.noted(name), unscoped(reason=f"sweep {name}"):
                function()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [locks.key_of(name)])

    return run


def nudge(task: str, *args: Any) -> None:
    """Ask the worker to run a task by name once the surrounding transaction has committed."""
    transaction.on_commit(functools.partial(_send, task, args), robust=True)


def _send(task: str, args: tuple[Any, ...]) -> None:
    try:
        current_app.send_task(task, args=args, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("nudge %s was not sent: %s", task, error)
