"""A pile leaves a file: the body as it is, or one or several in a form (RFC 7578)."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from stations.landing import Landing, TooMuch
from stations.services import uploads
from stations.services.uploads import Arrived
from stations.transfer.database import ask
from stations.transfer.exchange import Exchange, Gone, Refusal

log = logging.getLogger(__name__)

FORM_OVERHEAD = 64 * 1024
"""Bytes that a form may need beside its files."""


async def upload(exchange: Exchange, job_id: int, name: str) -> None:
    """Answer PUT and POST; raises Refusal. Nothing is kept of what was not sent whole."""
    if exchange.method not in {"PUT", "POST"}:
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, allow="PUT, POST")
    room = await ask(uploads.room_left, job_id)
    if room is None:
        raise Refusal(HTTPStatus.GONE, "Nothing is taken here any more")
    form = exchange.header("content-type").lower().startswith("multipart/form-data")
    most = room + FORM_OVERHEAD if form else room
    if not room or (exchange.announced or 0) > most:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "There is no room for so much")
    with await asyncio.to_thread(Landing, most) as landing:
        await _receive(exchange, landing)
        if not landing.size:
            raise Refusal(HTTPStatus.BAD_REQUEST, "The file is empty")
        if form:
            await _keep_form(exchange, job_id, landing.path, room)
        else:
            await _keep(exchange, job_id, landing, name)
    status = HTTPStatus.CREATED if exchange.method == "PUT" else HTTPStatus.OK
    await exchange.answer(status, "Kept", {})


async def _receive(exchange: Exchange, landing: Landing) -> None:
    try:
        async for block in exchange.body():
            await asyncio.to_thread(landing.write, block)
    except TooMuch:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "There is no room for so much") from None
    except OSError as failure:
        log.error("a file of a pile could not be written: %s", failure)
        raise Refusal(HTTPStatus.INSUFFICIENT_STORAGE) from None
    announced = exchange.announced
    if announced is not None and announced != landing.size:
        raise Gone
    await asyncio.to_thread(landing.finish)


async def _keep(exchange: Exchange, job_id: int, landing: Landing, name: str) -> None:
    arrived = Arrived(
        path=landing.path, name=name, size=landing.size, sha256=landing.sha256, remote=exchange.remote
    )
    if await ask(uploads.keep_file, job_id, arrived) is None:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "There is no room for so much")


async def _keep_form(exchange: Exchange, job_id: int, path: Path, room: int) -> None:
    handler = _IntoLanding(room)
    try:
        try:
            await asyncio.to_thread(_parse, exchange, path, handler)
        except (MultiPartParserError, TooMuch) as wrong:
            too_much = isinstance(wrong, TooMuch)
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_much else HTTPStatus.BAD_REQUEST
            raise Refusal(status, "This form cannot be taken") from None
        if not handler.landed:
            raise Refusal(HTTPStatus.BAD_REQUEST, "There is no file in the form")
        for name, landing in handler.landed:
            await _keep(exchange, job_id, landing, name)
    finally:
        for landing in handler.all:
            await asyncio.to_thread(landing.discard)


def _parse(exchange: Exchange, path: Path, handler: FileUploadHandler) -> None:
    meta = {
        "CONTENT_TYPE": exchange.header("content-type"),
        "CONTENT_LENGTH": path.stat().st_size,
    }
    with path.open("rb") as content:
        MultiPartParser(meta, content, [handler]).parse()


class _IntoLanding(FileUploadHandler):
    """Each file of a form into a landing of its own."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.landed: list[tuple[str, Landing]] = []
        self.all: list[Landing] = []
        self._room = room

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if len(self.all) >= uploads.MOST_FILES:
            raise StopUpload(connection_reset=True)
        self.all.append(Landing(self._room))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.all[-1].write(raw_data)

    def file_complete(self, file_size: int) -> None:
        landing = self.all[-1]
        landing.finish()
        if landing.size:
            self.landed.append((str(self.file_name), landing))
