"""The WebSocket frame that nearly every message is: a text in one piece, whole in one read (RFC 6455 §5.2).

Only such a frame is read and written here. Everything else (fragments, pings, closes, what is cut by the
network, what is wrong) goes through the library.
"""

from __future__ import annotations

from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without the compiled one
    from websockets.utils import apply_mask

_TEXT: Final = 0x81  # FIN, no reserved bit, opcode 1
_MASKED: Final = 0x80
_SHORT: Final = 125
_TWO_BYTES: Final = 126
_LONGEST: Final = 0xFFFF


def whole_text(data: bytes) -> bytes | None:
    """The payload, if these bytes are exactly one masked text frame of at most 64 KiB; else None."""
    size = len(data)
    if size < 6 or data[0] != _TEXT:
        return None
    length, begin = data[1] - _MASKED, 2
    if length == _TWO_BYTES and size >= 8:
        length, begin = (data[2] << 8) | data[3], 4
    elif not 0 <= length <= _SHORT:
        return None
    if size != begin + 4 + length:
        return None
    return apply_mask(data[begin + 4 :], data[begin : begin + 4])


def text_frame(payload: bytes) -> bytes | None:
    """An unmasked text frame, as a server sends it; None for a payload of more than 64 KiB."""
    size = len(payload)
    if size <= _SHORT:
        return bytes((_TEXT, size)) + payload
    if size <= _LONGEST:
        return bytes((_TEXT, _TWO_BYTES, size >> 8, size & 0xFF)) + payload
    return None
