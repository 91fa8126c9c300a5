"""One request and its answer in terms of ASGI, as little as files need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

Scope = Mapping[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SILENT_S = 60.0
"""A pile that sends nothing for so long has gone, whatever TCP says."""


class Gone(Exception):
    """The other side closed, or fell silent."""


class Refusal(Exception):
    """The answer is this status, with a sentence for whoever reads the pile's log."""

    def __init__(self, status: HTTPStatus, text: str = "", **headers: str) -> None:
        super().__init__(text or status.phrase)
        self.status, self.headers = status, headers


@dataclass(frozen=True, slots=True)
class Exchange:
    """``path`` is decoded. Header names are in lower case."""

    scope: Scope
    receive: Receive
    send: Send

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def remote(self) -> str:
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    def header(self, name: str) -> str:
        """The value of a header, "" where there is none."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted), "")

    @property
    def announced(self) -> int | None:
        """How many bytes are to come, where that is said."""
        text = self.header("content-length").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    async def body(self) -> AsyncIterator[bytes]:
        """What is sent, block by block. Raises Gone when it breaks off."""
        more = True
        while more:
            try:
                async with asyncio.timeout(SILENT_S):
                    message = await self.receive()
            except TimeoutError:
                raise Gone from None
            if message["type"] == "http.disconnect":
                raise Gone
            more = message.get("more_body", False)
            if block := message.get("body", b""):
                yield block

    async def begin(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        pairs = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await self.send(
            {
                "type": "http.response.start",
                "status": int(status),
                "headers": [*pairs, (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")],
            }
        )

    async def give(self, block: bytes, *, more: bool = False) -> None:
        await self.send({"type": "http.response.body", "body": block, "more_body": more})

    async def answer(self, status: HTTPStatus, text: str, headers: Mapping[str, str]) -> None:
        """A whole answer of one line."""
        body = f"{text}\n".encode()
        plain = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
        await self.begin(status, {**plain, **headers})
        await self.give(b"" if self.method == "HEAD" else body)
