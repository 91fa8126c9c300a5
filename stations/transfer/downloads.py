"""A pile fetches firmware: whole or in parts, as often as it must, streamed from the disk."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from stations.services import updates
from stations.transfer.database import ask
from stations.transfer.exchange import Exchange, Refusal
from stations.transfer.ranges import Unsatisfiable, read_range

log = logging.getLogger(__name__)

BLOCK = 256 * 1024


async def download(exchange: Exchange, job_id: int) -> None:
    """Answer GET and HEAD; raises Refusal."""
    if exchange.method not in {"GET", "HEAD"}:
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, allow="GET, HEAD")
    firmware = await ask(updates.open_download, job_id)
    if firmware is None:
        raise Refusal(HTTPStatus.GONE, "This firmware is not offered any more")
    path, size, tag = Path(firmware.file.path), firmware.size, f'"{firmware.sha256[:32]}"'
    part = _part(exchange, size, tag)
    first, last = part or (0, size - 1)
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": "attachment",
        "content-length": str(last - first + 1),
        "accept-ranges": "bytes",
        "etag": tag,
    }
    if part is not None:
        headers["content-range"] = f"bytes {first}-{last}/{size}"
    if exchange.method == "HEAD":
        await exchange.begin(HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT, headers)
        await exchange.give(b"")
        return
    try:
        file = await asyncio.to_thread(path.open, "rb")
    except FileNotFoundError:
        log.error("firmware %s has no file", firmware.pk)
        raise Refusal(HTTPStatus.NOT_FOUND) from None
    try:
        await ask(updates.count_download, job_id)
        await exchange.begin(HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT, headers)
        await _stream(exchange, file, first, last - first + 1)
    finally:
        await asyncio.to_thread(file.close)


def _part(exchange: Exchange, size: int, tag: str) -> tuple[int, int] | None:
    """The part that is asked for, if the pile means the file that it began with (RFC 9110 §13.1.5)."""
    condition = exchange.header("if-range")
    if condition and condition != tag:
        return None
    try:
        return read_range(exchange.header("range"), size)
    except Unsatisfiable:
        raise Refusal(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, **{"content-range": f"bytes */{size}"}
        ) from None


async def _stream(exchange: Exchange, file: BinaryIO, first: int, length: int) -> None:
    """Send, until it is done or nobody listens any more."""
    gone = asyncio.ensure_future(_until_gone(exchange))
    try:
        await asyncio.to_thread(file.seek, first)
        while length and not gone.done():
            block = await asyncio.to_thread(file.read, min(BLOCK, length))
            if not block:
                log.error("a file of firmware is shorter than it was")
                return
            length -= len(block)
            await exchange.give(block, more=bool(length))
    finally:
        gone.cancel()


async def _until_gone(exchange: Exchange) -> None:
    while (await exchange.receive())["type"] != "http.disconnect":
        pass
