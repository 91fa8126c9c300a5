"""Handshakes that fail, and plain HTTP on a port of the gateway."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.pile import Pile


async def refusal(pile: Pile) -> HTTPStatus:
    """Connect and return the status by which the pile was turned away."""
    with pytest.raises(InvalidStatus) as caught:
        await pile.connect()
    return HTTPStatus(caught.value.response.status_code)


async def http(url: str, request: str) -> tuple[int, bytes]:
    """Send a request as it is; status and body of the answer."""
    host, port = url.removeprefix("ws://").partition("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    response = await reader.read()
    writer.close()
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split()[1]), body
