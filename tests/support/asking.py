"""A request to an ASGI application, without a socket: what is sent and what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """``body`` is None where the application never began to answer."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def ask(
    application: Any,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: Iterable[bytes] = (),
    breaks_off: bool = False,
) -> Answer:
    """Ask. ``breaks_off``: the other side is gone after the last block, before it said that it was the last."""
    blocks = list(body)
    messages = [{"type": "http.request", "body": block, "more_body": True} for block in blocks]
    if not breaks_off:
        messages.append({"type": "http.request", "body": b"", "more_body": False})
    answer = Answer()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        if not breaks_off:
            await asyncio.Event().wait()  # it waits for its answer
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message["body"]

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("192.0.2.1", 1234),
    }
    await application(scope, receive, send)
    return answer
