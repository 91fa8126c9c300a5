"""The live stream of one charge, for whoever may see its page.

It says that something changed, never what: the page is fetched anew. It ends after a few minutes; the
browser comes back by itself and is authorised anew, so a sign-out is felt within that time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponseBase

from backoffice.kit.live import event_stream, hub
from orders import history
from scan.access import Guesser, at_order, too_often

LIFETIME_S = 240.0


async def order_stream(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """``GET /c/<link>/stream``: an event ``order`` each time something happens to it. 404 as the page is."""
    try:
        reference = await sync_to_async(_authorise)(request, public_id)
    except Guesser as guesser:
        return too_often(request, guesser.wait_s)
    return event_stream(_events(reference))


def _authorise(request: HttpRequest, public_id: str) -> str:
    try:
        with at_order(request, public_id) as (_visit, order):
            return history.reference(order)
    finally:
        # This thread would hold its database connection for as long as the stream lasts.
        connections.close_all()


async def _events(reference: str) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    wanted = hub.batches(
        lambda event: event.topic == "orders" and event.ref == reference, lifetime_s=LIFETIME_S
    )
    async for batch in wanted:
        yield b"event: order\ndata: 1\n\n" if batch else b": pulse\n\n"
