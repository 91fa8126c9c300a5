"""The one frame that nearly every message is, beside what the library makes of the same bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from ocpp_gateway.connection import _is_between_frames
from ocpp_gateway.framing import text_frame, whole_text

HANDSHAKE = (
    b"GET /ocpp/P1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SIZES = (0, 1, 125, 126, 127, 4000, 65_535)


def masked(payload: bytes, *, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    """A frame as a pile sends it."""
    return Frame(opcode, payload, fin).serialize(mask=True)


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_text_is_read_as_the_library_reads_it(size: int) -> None:
    payload = bytes(index % 251 for index in range(size))
    assert whole_text(masked(payload)) == payload


@pytest.mark.parametrize("size", SIZES)
def test_a_text_is_written_as_the_library_writes_it(size: int) -> None:
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


def test_what_is_longer_than_64_kib_goes_through_the_library() -> None:
    payload = b"x" * 65_536
    assert whole_text(masked(payload)) is None and text_frame(payload) is None


@pytest.mark.parametrize(
    "data",
    [
        masked(b"[2]", fin=False),
        masked(b"[2]", opcode=Opcode.BINARY),
        masked(b"[2]", opcode=Opcode.CONT),
        masked(b"", opcode=Opcode.PING),
        masked(b"\x03\xe8", opcode=Opcode.CLOSE),
        Frame(Opcode.TEXT, b"[2]").serialize(mask=False),
        Frame(Opcode.TEXT, b"x" * 126).serialize(mask=False),
        b"\xc1" + masked(b"[2]")[1:],
        masked(b"[2]") + masked(b"[3]"),
    ],
    ids=["fragment", "binary", "rest", "ping", "close", "bare", "bare and long", "compressed", "two"],
)
def test_everything_else_is_left_to_the_library(data: bytes) -> None:
    assert whole_text(data) is None


@given(st.binary(max_size=300), st.integers(0, 12))
def test_a_frame_that_is_cut_anywhere_is_left_to_the_library(payload: bytes, cut: int) -> None:
    frame = masked(payload)
    assert whole_text(frame[: len(frame) - 1 - cut]) is None
    assert whole_text(frame + b"\x81") is None


@given(st.binary(max_size=64))
def test_no_bytes_raise(data: bytes) -> None:
    found = whole_text(data)
    assert found is None or masked(found)[:2] == data[:2]


def test_the_library_says_when_it_is_between_two_frames() -> None:
    protocol = ServerProtocol()
    protocol.receive_data(HANDSHAKE)
    [request] = protocol.events_received()
    protocol.send_response(protocol.accept(request))
    assert _is_between_frames(protocol)
    frame = masked(b"x" * 200)
    for cut in (1, 3, 5, 100):
        protocol.receive_data(frame[:cut])
        assert not _is_between_frames(protocol)
        protocol.receive_data(frame[cut:])
        assert _is_between_frames(protocol)
