"""The two addresses: who has a ticket for one of them is served, everybody else learns nothing."""

from __future__ import annotations

import logging
from contextlib import suppress
from http import HTTPStatus

from django.db import DatabaseError, InterfaceError

from backoffice.kit.file_names import NAMELESS
from stations import tickets
from stations.tickets import Errand
from stations.transfer.downloads import download
from stations.transfer.exchange import Exchange, Gone, Receive, Refusal, Scope, Send
from stations.transfer.limits import Limits
from stations.transfer.uploads import upload

log = logging.getLogger(__name__)

PREFIX = "/files/"
_ERRANDS = {"firmware": Errand.FIRMWARE, "uploads": Errand.UPLOAD}
limits = Limits()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application below ``/files/``."""
    exchange = Exchange(scope, receive, send)
    try:
        await _serve(exchange)
    except Gone:
        with suppress(OSError):
            await exchange.answer(HTTPStatus.BAD_REQUEST, "Broken off", {"connection": "close"})
    except Refusal as refusal:
        await exchange.answer(refusal.status, str(refusal), refusal.headers)
    except (DatabaseError, InterfaceError):
        log.exception("the database is away")
        await exchange.answer(HTTPStatus.SERVICE_UNAVAILABLE, "Try again", {"retry-after": "30"})


async def _serve(exchange: Exchange) -> None:
    errand_word, _, rest = str(exchange.scope["path"]).removeprefix(PREFIX).partition("/")
    text, _, name = rest.partition("/")
    errand = _ERRANDS.get(errand_word)
    if errand is None:
        raise Refusal(HTTPStatus.NOT_FOUND)
    try:
        ticket = tickets.read(errand, text)
    except tickets.NoTicket:
        raise Refusal(HTTPStatus.NOT_FOUND) from None
    except tickets.Expired:
        raise Refusal(HTTPStatus.GONE, "This address has expired") from None
    with limits.one_more(f"{errand}:{ticket.job_id}"):
        if errand is Errand.FIRMWARE:
            await download(exchange, ticket.job_id)
        else:
            await upload(exchange, ticket.job_id, name or NAMELESS)
