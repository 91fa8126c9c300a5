"""Is it a picture, of what kind, and how large: read from the bytes alone, whatever its name says.

PNG (W3C PNG 3rd ed.), JPEG (ITU T.81) and WebP (RFC 9649) are walked from the first byte to the last, so a
picture that is cut short is none, and neither is one with a page or a program behind its end. Only of a JPEG the
rest may be left off: cameras hang a second picture or a short film behind it. Pixels are not decoded.
SVG is a document that may run scripts, and is never a picture here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

Kind = Literal["png", "jpeg", "webp"]
Fault = Literal["too_heavy", "unknown_kind", "broken", "moving", "too_many_pixels", "too_small"]

MEDIA_TYPES: dict[Kind, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND"
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers; the three others of the row are tables (T.81 table B.1)."""
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length: TEM and the restarts."""
JPEG_SCAN = 0xDA
WEBP_MOVES = 0x02
VP8_KEY_FRAME = b"\x9d\x01\x2a"
VP8L_SIGNATURE = 0x2F


class PictureError(ValueError):
    """The bytes are no picture that is kept. ``code`` says why."""

    def __init__(self, code: Fault) -> None:
        super().__init__(code)
        self.code: Fault = code


@dataclass(frozen=True, slots=True)
class Picture:
    """What the bytes are. ``width`` and ``height`` in pixels, as stored (Exif may turn a JPEG).

    ``length``: how many of the bytes are the picture; what stands behind them is not to be kept.
    """

    kind: Kind
    width: int
    height: int
    length: int = field(default=0, compare=False)

    @property
    def media_type(self) -> str:
        """For ``Content-Type``."""
        return MEDIA_TYPES[self.kind]

    @property
    def ending(self) -> str:
        """Of a file name of ours, with its dot."""
        return ".jpg" if self.kind == "jpeg" else f".{self.kind}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How heavy (bytes), how large in all (pixels) and along one side, and how small a picture may be."""

    heaviest: int = 8 * 1024 * 1024
    most_pixels: int = 40_000_000
    longest_side: int = 12_000
    shortest_side: int = 1


PHOTO = Limits()
"""What a telephone's camera makes."""


def read_picture(data: bytes, limits: Limits = PHOTO) -> Picture:
    """What these bytes are a picture of. Raises PictureError for whatever is none, or too much of one."""
    if len(data) > limits.heaviest:
        raise PictureError("too_heavy")
    try:
        picture = _read(data)
    except IndexError as short:
        raise PictureError("broken") from short
    long, short_side = max(picture.width, picture.height), min(picture.width, picture.height)
    if short_side < 1:
        raise PictureError("broken")
    if long > limits.longest_side or picture.width * picture.height > limits.most_pixels:
        raise PictureError("too_many_pixels")
    if short_side < limits.shortest_side:
        raise PictureError("too_small")
    return picture


def _read(data: bytes) -> Picture:
    if data.startswith(PNG_SIGNATURE):
        return _png(data)
    if data.startswith(JPEG_START):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    raise PictureError("unknown_kind")


def _png(data: bytes) -> Picture:
    """IHDR first, pixels after it, IEND last, and each chunk as its checksum says."""
    chunks = list(_png_chunks(data))
    names = [name for name, _body in chunks]
    head = chunks[0][1]
    if names[0] != b"IHDR" or len(head) != 13 or names[-1] != PNG_END or b"IDAT" not in names:
        raise PictureError("broken")
    if b"acTL" in names:
        raise PictureError("moving")
    return Picture("png", int.from_bytes(head[:4]), int.from_bytes(head[4:8]), len(data))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG_SIGNATURE)
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if end > len(data) or int.from_bytes(data[end - 4 : end]) != crc32(data[at + 4 : end - 4]):
            raise PictureError("broken")
        name = data[at + 4 : at + 8]
        yield name, data[at + 8 : end - 4]
        at = end
        if name == PNG_END and at != len(data):
            raise PictureError("broken")


def _jpeg(data: bytes) -> Picture:
    """Segments up to the end marker; the first frame among them has the size, and there is a scan."""
    size: tuple[int, int] | None = None
    scanned, at = False, len(JPEG_START)
    while data[at : at + 2] != JPEG_END:
        marker = data[at + 1]
        if data[at] != 0xFF:
            raise PictureError("broken")
        if marker == 0xFF:
            at += 1
            continue
        if marker in JPEG_BARE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if length < 2 or at + 2 + length > len(data):
            raise PictureError("broken")
        if marker in JPEG_FRAMES and size is None:
            size = int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + length
        if marker == JPEG_SCAN:
            scanned, at = True, _end_of_scan(data, at)
    if size is None or not scanned:
        raise PictureError("broken")
    return Picture("jpeg", *size, at + len(JPEG_END))


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker after entropy-coded data stands: 0xFF that neither stuffs nor restarts (T.81 B.1.1.5)."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise PictureError("broken")
        if data[at + 1] != 0 and data[at + 1] not in JPEG_BARE:
            return at
        at += 2


def _webp(data: bytes) -> Picture:
    """One RIFF file with one still picture in it; the container's length is that of the bytes."""
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise PictureError("broken")
    chunks = list(_riff_chunks(data))
    name, body = chunks[0]
    if name == b"VP8X":
        if body[0] & WEBP_MOVES:
            raise PictureError("moving")
        frame = next((one for one in chunks if one[0] in {b"VP8 ", b"VP8L"}), None)
        if frame is None:
            raise PictureError("broken")
        wide, high = (int.from_bytes(body[start : start + 3], "little") + 1 for start in (4, 7))
        if (wide, high) != _webp_size(*frame):
            raise PictureError("broken")
        return Picture("webp", wide, high, len(data))
    return Picture("webp", *_webp_size(name, body), len(data))


def _webp_size(name: bytes, body: bytes) -> tuple[int, int]:
    if name == b"VP8 " and body[3:6] == VP8_KEY_FRAME and len(body) > 10:
        return (
            int.from_bytes(body[6:8], "little") & 0x3FFF,
            int.from_bytes(body[8:10], "little") & 0x3FFF,
        )
    if name == b"VP8L" and body[0] == VP8L_SIGNATURE and len(body) > 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise PictureError("broken")


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > len(data):
            raise PictureError("broken")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
