"""Frames, handshakes and bytes as no pile sends them; each from its own seed, so that it can be made again."""

from __future__ import annotations

import json
import random
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress

from tests.support.garbage import GARBAGE, NONSENSE

GOOD = [
    [2, "a", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}],
    [2, "b", "Heartbeat", {}],
    [2, "c", "StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}],
    [2, "d", "Authorize", {"idTag": "04A1"}],
    [
        2,
        "e",
        "StartTransaction",
        {"connectorId": 1, "idTag": "04A1", "meterStart": 1, "timestamp": "2026-11-22T08:00:00Z"},
    ],
    [
        2,
        "f",
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": 5,
            "meterValue": [
                {"timestamp": "2026-11-22T08:00:00Z", "sampledValue": [{"value": "1.5", "unit": "kWh"}]}
            ],
        },
    ],
    [2, "g", "StopTransaction", {"transactionId": 5, "meterStop": 9, "timestamp": "2026-11-22T08:00:00Z"}],
    [2, "h", "DataTransfer", {"vendorId": "v", "messageId": "m", "data": "x"}],
    [
        2,
        "i",
        "SecurityEventNotification",
        {"type": "StartupOfTheDevice", "timestamp": "2026-11-22T08:00:00Z"},
    ],
    [3, "j", {"status": "Accepted"}],
    [4, "k", "InternalError", "", {}],
]

HANDSHAKE = (
    "GET /ocpp/{identity} HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: Basic {credentials}\r\n\r\n"
)

VALUES: list[object] = [
    None, True, -1, 0, 2**31, 2**63, 10**30, 1.5, "", "x" * 600, "\u0000", "\ud800", "2026-13-45T99:99:99Z",
    "1e999", "NaN", [], {}, [[]], {"a": {"b": []}}, "'; DROP TABLE stations_pile; --", "\u200b", "１２",
]  # fmt: skip


def frame(seed: int) -> bytes:
    """A message: one of no sense, a good one with odd values in it, or one with its bytes disturbed."""
    chance = random.Random(seed)
    kind = chance.randrange(10)
    if kind == 0:
        found = chance.choice(GARBAGE)
        return found.encode() if isinstance(found, str) else found
    message = json.loads(json.dumps(chance.choice(GOOD)))
    message[1] = f"{message[1]}{chance.randrange(1000)}"
    if kind == 1:
        message[-1] = chance.choice(NONSENSE)
    elif kind < 6:
        _disturb(message, chance)
    text = json.dumps(message).encode(errors="surrogatepass")
    return _flip(text, chance) if kind > 6 else text


def handshake(seed: int, identity: str, credentials: str) -> bytes:
    """The bytes of a handshake that is almost one."""
    chance = random.Random(seed)
    text = HANDSHAKE.format(identity=identity, credentials=credentials).encode()
    return chance.choice(_HANDSHAKES)(text, chance)


def raw(seed: int) -> bytes:
    """Bytes on an open WebSocket that are no proper frames: lengths, masks, opcodes and reserved bits by chance."""
    chance = random.Random(seed)
    payload = chance.randbytes(chance.choice((0, 1, 125, 126, 2000)))
    first = chance.randrange(256)
    length = chance.choice((len(payload), 126, 127, chance.randrange(128)))
    head = struct.pack("!BB", first, (0x80 if chance.random() < 0.7 else 0) | min(length, 127))
    if length >= 126:
        head += struct.pack("!H", len(payload)) if length == 126 else chance.randbytes(8)
    return head + chance.randbytes(4) + payload


def _disturb(message: list[object], chance: random.Random) -> None:
    where: object = message[-1] if isinstance(message[-1], dict) else message
    while isinstance(where, dict | list) and where:
        key = chance.choice(list(where)) if isinstance(where, dict) else chance.randrange(len(where))
        inner = where[key]  # type: ignore[index]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.6:
            where = inner
            continue
        if isinstance(where, dict) and chance.random() < 0.3:
            del where[key]
        else:
            where[key] = chance.choice(VALUES)  # type: ignore[index]
        return


def hello(seed: int, context: ssl.SSLContext) -> bytes:
    """What may come first on a port with TLS: a true ClientHello with its bytes disturbed, a piece of one, or none."""
    chance = random.Random(seed)
    outgoing = ssl.MemoryBIO()
    wrapped = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        wrapped.do_handshake()
    return chance.choice((*_HANDSHAKES, _twice))(outgoing.read(), chance)


def _twice(text: bytes, chance: random.Random) -> bytes:
    return text + chance.randbytes(chance.randrange(50)) + text


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(4):
            case 0:
                changed[at : at + 1] = chance.randbytes(1)
            case 1:
                del changed[at : at + chance.randint(1, 5)]
            case 2:
                changed[at:at] = chance.choice(
                    (b"[", b"]", b"{", b"}", b'"', b",", b":", b"\\", b"\x00", b"\xff")
                )
            case _:
                changed[at:at] = changed[:at][-50:]
    return bytes(changed)


def _cut_short(text: bytes, chance: random.Random) -> bytes:
    return text[: chance.randrange(len(text))]


def _with_odd_lines(text: bytes, chance: random.Random) -> bytes:
    lines = text.split(b"\r\n")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        lines[at : at + chance.randrange(2)] = [
            chance.choice(
                (
                    b"X: " + b"y" * 9000,
                    b":",
                    b"Host",
                    b"\xff\xfe: \x00",
                    lines[at],
                    b"Transfer-Encoding: chunked",
                )
            )
        ]
    return b"\r\n".join(lines)


def _many_headers(text: bytes, chance: random.Random) -> bytes:
    return (
        text[:-2] + b"".join(b"X-%d: 1\r\n" % number for number in range(chance.randint(50, 400))) + b"\r\n"
    )


def _hello_of_tls(text: bytes, chance: random.Random) -> bytes:
    return (
        b"\x16\x03\x01"
        + struct.pack("!H", chance.randrange(2**14))
        + chance.randbytes(chance.randint(0, 600))
    )


_HANDSHAKES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _flip,
    _cut_short,
    _with_odd_lines,
    _many_headers,
    _hello_of_tls,
)
