"""What travels between us and a channel: a call and its answer, as bytes."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TIMEOUT_S = 10
LARGEST_ANSWER = 256 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """``path`` with its query; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Transport = Callable[[Call], Answer]
"""Carries a call to a channel. Raises OSError when it does not get there."""


def post_over_http(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """POST to an address of ``http`` or ``https``; the status. Raises OSError when nobody answers."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise OSError(f"not an address: {url}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        line.request("POST", path, body=body, headers=dict(headers))
        answer = line.getresponse()
        answer.read(LARGEST_ANSWER)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        line.close()
    return answer.status
