"""HTTP Basic credentials of piles, as bytes from end to end.

An AuthorizationKey is 16 to 20 random bytes that travel as 32 to 40 hexadecimal digits. Some piles
put the decoded bytes into the header, others the digits (OCPP 1.6 security white paper A00.FR.205);
both must be accepted, and neither need be UTF-8. Because such keys are random, a keyed fast hash
protects them, and ten thousand piles may sign in at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from enum import StrEnum

_HEX_KEY = re.compile(rb"[0-9A-Fa-f]{32,40}")
_SCHEME = "hmac-sha256"
_SALT_BYTES = 16


class KeyForm(StrEnum):
    """How a pile writes its key into the header."""

    RAW = "raw"
    HEX = "hex"


def parse_basic(header: str | None, identity: str) -> tuple[str | None, bytes | None]:
    """User name and password bytes of an ``Authorization`` header; (None, None) without a usable one.

    The user name is the identity, so a header that begins with it is cut there; else at the first
    colon. Bytes of the user name that are no UTF-8 become surrogate escapes and match no identity.
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


def canonical(key: bytes) -> bytes:
    """The bytes that are hashed: hexadecimal digits of a 16 to 20 byte key are decoded, else as is."""
    if _HEX_KEY.fullmatch(key) and len(key) % 2 == 0:
        return bytes.fromhex(key.decode("ascii"))
    return key


def seal(key: bytes, *, pepper: bytes, salt: bytes | None = None) -> str:
    """Hash a key for storing. ``pepper`` is a secret of the installation, ``salt`` random per key."""
    salt = os.urandom(_SALT_BYTES) if salt is None else salt
    return f"{_SCHEME}${salt.hex()}${_digest(canonical(key), pepper, salt).hex()}"


def match(offered: bytes, sealed: str, *, pepper: bytes) -> KeyForm | None:
    """Compare what a pile sent with a stored hash, in constant time; tells the form that matched."""
    scheme, _, rest = sealed.partition("$")
    salt_hex, _, digest_hex = rest.partition("$")
    try:
        salt, stored = bytes.fromhex(salt_hex), bytes.fromhex(digest_hex)
    except ValueError:
        return None
    if scheme != _SCHEME or not stored:
        return None
    # Both candidates are always computed, so the time does not tell which form was tried.
    raw = hmac.compare_digest(_digest(offered, pepper, salt), stored)
    decoded = hmac.compare_digest(_digest(canonical(offered), pepper, salt), stored)
    if raw:
        return KeyForm.RAW
    return KeyForm.HEX if decoded else None


def _digest(key: bytes, pepper: bytes, salt: bytes) -> bytes:
    return hmac.new(pepper, salt + key, hashlib.sha256).digest()
