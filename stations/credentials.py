"""The key by which a pile proves who it is.

A key is 16 to 20 bytes that travel as 32 to 40 hexadecimal digits; it is made here, shown once, and
kept as a salted HMAC-SHA256. Because it is random, a fast hash protects it, and ten thousand piles may
sign in at once. Piles put either the decoded bytes or the digits into the header; neither need be
UTF-8, so everything here is bytes (OCPP 1.6 security white paper A00.FR.204-205, 304).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

KEY_BYTES = 20
_SALT_BYTES = 16
_HEX_KEY = re.compile(rb"[0-9A-Fa-f]{32,40}")


class KeyForm(StrEnum):
    """How a pile writes its key into the header."""

    RAW = "raw"
    HEX = "hex"


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key as it is stored: hexadecimal salt and digest. Empty where there is no key."""

    salt: str
    digest: str

    def __bool__(self) -> bool:
        return bool(self.digest)


NO_KEY = SealedKey("", "")


class BadKey(ValueError):
    """Not 32 to 40 hexadecimal digits of whole bytes."""


def new_key() -> str:
    """A random key as 40 hexadecimal digits."""
    return secrets.token_hex(KEY_BYTES)


def seal(key: str) -> SealedKey:
    """Hash a key for storing. Raises BadKey when it is not 32 to 40 hexadecimal digits."""
    decoded = _decoded(key.strip().encode(errors="replace"))
    if decoded is None:
        raise BadKey
    salt = secrets.token_bytes(_SALT_BYTES)
    return SealedKey(salt.hex(), _digest(salt, decoded))


def match(offered: bytes, sealed: SealedKey) -> KeyForm | None:
    """How ``offered`` says the sealed key, or None when it does not. Takes the same time either way."""
    salt = bytes.fromhex(sealed.salt)
    decoded = _decoded(offered)
    as_bytes = hmac.compare_digest(_digest(salt, offered), sealed.digest)
    as_digits = hmac.compare_digest(_digest(salt, decoded or b""), sealed.digest) and decoded is not None
    if not sealed:
        return None
    if as_bytes:
        return KeyForm.RAW
    return KeyForm.HEX if as_digits else None


def _decoded(text: bytes) -> bytes | None:
    if _HEX_KEY.fullmatch(text) is None or len(text) % 2:
        return None
    return bytes.fromhex(text.decode("ascii"))


def _digest(salt: bytes, key: bytes) -> str:
    return hmac.new(salt, key, hashlib.sha256).hexdigest()
