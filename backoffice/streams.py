"""Live streams of the backoffice: which topics changed inside the viewer's scope, as server-sent events.

A stream ends after a few minutes; the browser comes back by itself and is authorised anew, so a
membership that ended or a tenant that was suspended stops seeing within that time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from backoffice.kit.live import event_stream, hub
from backoffice.kit.reach import Scope
from backoffice.kit.scope import current_scope, scope_is_active

LIFETIME_S = 240.0


async def staff_stream(request: HttpRequest) -> HttpResponseBase:
    """``GET /live/stream``: an event named after each topic that changed, its data the references."""
    # The middleware's thread would hold its database connection for as long as the stream lasts.
    await sync_to_async(connections.close_all)()
    if not scope_is_active():
        return HttpResponse(status=401)
    return event_stream(_staff_events(current_scope()))


async def _staff_events(scope: Scope) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    async for batch in hub.batches(lambda event: event.within(scope), lifetime_s=LIFETIME_S):
        if not batch:
            yield b": pulse\n\n"
        for topic in sorted({event.topic for event in batch}):
            refs = ",".join(sorted({event.ref for event in batch if event.topic == topic}))
            yield f"event: {topic}\ndata: {refs}\n\n".encode()
