"""Several things at the same moment, each in a thread with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from backoffice.kit.scope import unscoped


def together(actions: Iterable[Callable[[], Any]]) -> list[Any]:
    """What each returned or raised, in their order. Needs ``django_db(transaction=True)``."""
    work = list(actions)
    start = Barrier(len(work))

    def run(action: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            with unscoped(reason="tests"):
                return action()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def errors(results: Iterable[Any]) -> list[Exception]:
    """Those of the results that were raised."""
    return [result for result in results if isinstance(result, Exception)]
