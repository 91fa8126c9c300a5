"""The smallest pictures of each kind, made by hand: right in every byte that is looked at."""

from __future__ import annotations

from zlib import compress, crc32

from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + crc32(name + body).to_bytes(4)


def png(width: int = 64, height: int = 64, *, extra: bytes = b"") -> bytes:
    """Grey, one byte a pixel; ``extra`` chunks stand before the pixels."""
    head = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    rows = compress((b"\0" + b"\x80" * width) * height) if width * height < 10**7 else b"none"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 64, height: int = 64) -> bytes:
    """A frame, a scan with a stuffed byte and a restart in it, and the end; nothing that could be decoded."""
    frame = b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\x00"
    return (
        b"\xff\xd8"
        + b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
        + b"\xff\xc0"
        + (len(frame) + 2).to_bytes(2)
        + frame
        + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
        + b"\x12\xff\x00\x34\xff\xd0\x56"
        + b"\xff\xd9"
    )


def webp(width: int = 64, height: int = 64, *, lossless: bool = False, flags: int | None = None) -> bytes:
    """Simple, or where ``flags`` are given with the extended head."""
    if lossless:
        body = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + b"\0\0"
        chunks = _riff(b"VP8L", body)
    else:
        body = b"\0\0\0\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\0"
        chunks = _riff(b"VP8 ", body)
    if flags is not None:
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks = _riff(b"VP8X", bytes([flags, 0, 0, 0]) + size) + chunks
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WEBP" + chunks


def _riff(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def upload(data: bytes, name: str = "picture.png") -> SimpleUploadedFile:
    """As a browser would send it, with a media type that nobody should believe."""
    return SimpleUploadedFile(name, data, content_type="image/png")
