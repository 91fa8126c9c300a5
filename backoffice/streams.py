"""Live streams of the backoffice: which topics changed inside the viewer's scope, as server-sent events.

A stream ends when the rights of its reader change, and after a few minutes in any case; the browser comes
back by itself and is authorised anew. Of a topic whose list he may not see, a reader hears that something
changed, and not what.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import datetime
from functools import cache
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from backoffice.kit import audit, clock
from backoffice.kit.lists import registered
from backoffice.kit.live import RIGHTS, Event, event_stream, hub
from backoffice.kit.perms import Grants, Perm
from backoffice.kit.reach import Scope
from backoffice.kit.scope import current_scope, scope_is_active

LIFETIME_S = 240.0
UNNAMED = "-"
"""Stands for the references of a topic that the reader may not see."""

Names = Callable[[str], bool]


async def staff_stream(request: HttpRequest) -> HttpResponseBase:
    """``GET /live/stream``: an event named after each topic that changed, its data the references."""
    # The middleware's thread would hold its database connection for as long as the stream lasts.
    await sync_to_async(connections.close_all)()
    if not scope_is_active():
        return HttpResponse(status=401)
    staff: Any = request
    return event_stream(
        _staff_events(
            current_scope(),
            named=lambda topic: may_hear(topic, staff.grants),
            concerned=concerned(staff),
            until=staff.acting.until if staff.acting else None,
        )
    )


async def _staff_events(
    scope: Scope,
    *,
    named: Names = lambda _topic: True,
    concerned: frozenset[str] = frozenset(),
    until: datetime | None = None,
) -> AsyncIterator[bytes]:
    def wanted(event: Event) -> bool:
        return event.ref in concerned if event.topic == RIGHTS else event.within(scope)

    left = LIFETIME_S if until is None else min(LIFETIME_S, (until - clock.now()).total_seconds())
    yield b"retry: 2000\n\n"
    batches: Any = hub.batches(wanted, lifetime_s=left)
    async with aclosing(batches):
        async for batch in batches:
            if not batch:
                yield b": pulse\n\n"
            topics = {event.topic for event in batch}
            if RIGHTS in topics:
                return
            for topic in sorted(topics):
                refs = {event.ref for event in batch if event.topic == topic} if named(topic) else {UNNAMED}
                yield f"event: {topic}\ndata: {','.join(sorted(refs))}\n\n".encode()


def concerned(staff: Any) -> frozenset[str]:
    """The rows on which it depends what this reader may do, as ``live`` events name them."""
    rows = [staff.membership, staff.membership.user, staff.membership.custom_role, staff.acting]
    own = {f"user:{staff.user.pk}"}
    if staff.acting:
        own.add(f"membership:{staff.acting.via_id}")
    return frozenset(own | {audit.reference(row) for row in rows if row is not None})


def may_hear(topic: str, grants: Grants) -> bool:
    """May the references of a topic be named to somebody with these rights? Those of no list may."""
    lists = _lists_of(topic)
    return not lists or any(perm is None or perm in grants for perm in lists)


@cache
def _lists_of(topic: str) -> tuple[Perm | None, ...]:
    return tuple(one.view for one in registered() if topic in one.live.split())
