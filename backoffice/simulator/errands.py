"""Doing the errands of a simulated pile: real requests, in threads, so that no other pile waits."""

from __future__ import annotations

import asyncio
import logging
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from backoffice.simulator.files import Errand

log = logging.getLogger("simulator")

PATIENCE_S = 30
MOST_BYTES = 64 * 1024 * 1024


async def run(errand: Errand) -> bytes | None:
    """What was fetched, empty where something was left; None where it failed."""
    try:
        return await asyncio.to_thread(_spoken, errand)
    except (OSError, HTTPException, ValueError) as failure:
        log.info("%s: %s", errand.url, failure)
        return None


def _spoken(errand: Errand) -> bytes | None:
    url = urlsplit(errand.url)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError(f"no way to {url.scheme}")
    client = kind(url.hostname, url.port, timeout=PATIENCE_S)
    try:
        client.request("GET" if errand.content is None else "PUT", url.path, body=errand.content)
        answer = client.getresponse()
        content = answer.read(MOST_BYTES)
        if answer.status >= 300:
            return None
        return content if errand.content is None else b""
    finally:
        client.close()
