"""What a WebSocket handshake says, before anybody is asked about it. Pure.

The identity is the last segment of the path, percent-decoded (OCPP-J 1.6 §3.1.1); leading double
and trailing slashes are forgiven.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_to_bytes

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from ocpp_gateway.wire import RefusalReason

SUBPROTOCOL: Final = "ocpp1.6"

_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_ENDPOINT: Final = "ocpp"
_LONGEST_IDENTITY: Final = 255
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_FORBIDDEN = re.compile(r"[/?#\x00-\x1f\x7f]")

STATUSES: Final[Mapping[RefusalReason, HTTPStatus]] = {
    RefusalReason.UNKNOWN_IDENTITY: HTTPStatus.NOT_FOUND,
    RefusalReason.BAD_IDENTITY: HTTPStatus.NOT_FOUND,
    RefusalReason.RETIRED: HTTPStatus.NOT_FOUND,
    RefusalReason.WRONG_CREDENTIALS: HTTPStatus.UNAUTHORIZED,
    RefusalReason.WRONG_PROFILE: HTTPStatus.UNAUTHORIZED,
    RefusalReason.WRONG_CERTIFICATE: HTTPStatus.FORBIDDEN,
    RefusalReason.EXPIRED_CERTIFICATE: HTTPStatus.FORBIDDEN,
    RefusalReason.REVOKED_CERTIFICATE: HTTPStatus.FORBIDDEN,
    RefusalReason.TLS_FAILED: HTTPStatus.BAD_REQUEST,
    RefusalReason.THROTTLED: HTTPStatus.TOO_MANY_REQUESTS,
    RefusalReason.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


def route(path: str) -> str:
    """The path without its query and without slashes at the end."""
    return path.partition("?")[0].rstrip("/") or "/"


def identity_in(path: str) -> str | None:
    """The identity of ``/ocpp/<identity>``; None where the path holds none that could be one."""
    segment = route(path).rpartition("/")[2]
    if not segment or segment == _ENDPOINT or _BROKEN_ESCAPE.search(segment):
        return None
    try:
        identity = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return None
    if len(identity) > _LONGEST_IDENTITY or _FORBIDDEN.search(identity):
        return None
    return identity


def wants_websocket(request: Request) -> bool:
    """Whether this could become a WebSocket at all; the library words the refusal of what cannot."""
    headers = request.headers
    upgrades = ",".join(headers.get_all("Upgrade")).lower()
    return request.method == "GET" and "websocket" in upgrades and "Sec-WebSocket-Key" in headers


def lacks_connection_upgrade(request: Request) -> bool:
    """The one broken handshake that piles on the market really send."""
    return "upgrade" not in ",".join(request.headers.get_all("Connection")).lower()


def offered_subprotocols(request: Request) -> tuple[str, ...]:
    offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol"))
    return tuple(name.strip() for name in offered.split(",") if name.strip())


def authorization_in(request: Request) -> str | None:
    """The first ``Authorization`` header, whatever its case."""
    values = request.headers.get_all("Authorization")
    return values[0] if values else None


def parse_basic(header: str | None, identity: str) -> tuple[str | None, bytes | None]:
    """User name and password bytes of an ``Authorization`` header; (None, None) without a usable one.

    The password stays bytes: some piles send the bytes of their key, which are no UTF-8 (OCPP 1.6
    security white paper A00.FR.205). The user name is the identity, so a header that begins with it
    is cut there; else at the first colon. Bytes of the user name that are no UTF-8 become surrogate
    escapes and match no identity.
    """
    if header is None:
        return None, None
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        decoded = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None, None
    expected = identity.encode() + b":"
    if decoded.startswith(expected):
        return identity, decoded[len(expected) :]
    user, colon, password = decoded.partition(b":")
    if not colon:
        return None, None
    return user.decode(errors="surrogateescape"), password


def respond(status: HTTPStatus, body: bytes, content_type: str = "text/plain; charset=utf-8") -> Response:
    """A plain HTTP answer after which the connection closes."""
    headers = Headers({"Connection": "close", "Content-Length": str(len(body)), "Content-Type": content_type})
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="ocpp", charset="UTF-8"'
    if status in _LATER:
        headers["Retry-After"] = "30"
    return Response(status.value, status.phrase, headers, body)


def respond_json(status: HTTPStatus, content: Mapping[str, object]) -> Response:
    return respond(status, json.dumps(content).encode(), "application/json")
