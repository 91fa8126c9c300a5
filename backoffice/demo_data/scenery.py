"""Pictures of stations, drawn here pixel row by pixel row: sky, ground, a roof and a row of piles. PNG, some kilobytes."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import compress, crc32

WIDTH, HEIGHT = 640, 400
HORIZON, ROOF = 250, (90, 112)
SKIES = ((0x9FC4DE, 0xE8F1F5), (0xF2C48D, 0xFBEBD3), (0x5B7A99, 0xC5D3DE))
GROUND, LINE, PILLAR, PILE, SCREEN = 0x6D7880, 0xE6E9EB, 0x4B5B67, 0xF7F9FA, 0x0B6672
Segment = tuple[int, int, int]


def scene(piles: int, *, hue: int, view: int) -> bytes:
    """A station with so many piles; ``view`` 1 stands closer to them. The bytes of a PNG (W3C PNG 3rd ed.)."""
    rows = b"".join(b"\0" + _row(y, piles, hue % len(SKIES), view) for y in range(HEIGHT))
    head = WIDTH.to_bytes(4) + HEIGHT.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + crc32(name + body).to_bytes(4)


def _row(y: int, piles: int, hue: int, view: int) -> bytes:
    line = bytearray(_ground(y, hue) * WIDTH)
    for left, right, colour in _things(y, piles, view):
        line[left * 3 : right * 3] = colour.to_bytes(3) * (right - left)
    return bytes(line)


def _ground(y: int, hue: int) -> bytes:
    if y >= HORIZON:
        return GROUND.to_bytes(3)
    above, below = (colour.to_bytes(3) for colour in SKIES[hue])
    return bytes((high * (HORIZON - y) + low * y) // HORIZON for high, low in zip(above, below, strict=True))


def _things(y: int, piles: int, view: int) -> Iterator[Segment]:
    """From left to right: the roof and its pillars, the marks on the ground, the piles with their screens."""
    tall, wide = (120, 46) if view else (84, 30)
    foot = HORIZON + (58 if view else 34)
    step = (WIDTH - 120) // piles
    if ROOF[0] <= y < ROOF[1]:
        yield 30, WIDTH - 30, PILLAR
    elif ROOF[1] <= y < HORIZON + 20:
        yield 60, 70, PILLAR
        yield WIDTH - 70, WIDTH - 60, PILLAR
    for number in range(piles):
        middle = 60 + step * number + step // 2
        if foot + 20 <= y < HEIGHT - 10:
            yield middle - step // 2, middle - step // 2 + 4, LINE
        if foot - tall <= y < foot:
            yield middle - wide // 2, middle + wide // 2, PILE
        if foot - tall + 14 <= y < foot - tall + 40:
            yield middle - wide // 2 + 8, middle + wide // 2 - 8, SCREEN
