"""Short questions to the services from the event loop, under a lifted scope: a pile has no membership.

One thread and one connection serve them all; what takes long, the bytes, never passes here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection

from backoffice.kit.scope import unscoped

P = ParamSpec("P")
R = TypeVar("R")


async def ask(service: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the service says. Raises what it raises."""
    return await sync_to_async(_asked, thread_sensitive=True)(service, *args, **kwargs)


def _asked(service: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    with unscoped(reason="a pile with a ticket"):
        try:
            return service(*args, **kwargs)
        except (InterfaceError, OperationalError):
            # The connection may be from before an outage that is over; no pile is sent away for that.
            connection.close()
            return service(*args, **kwargs)
