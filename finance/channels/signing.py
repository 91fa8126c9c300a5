"""Signatures in the manner of the large payment channels: SHA256 with RSA over lines of text.

What is signed ends every part with a newline; the body goes in as the raw bytes that travel.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class KeyPair:
    """PEM texts: PKCS8 and SubjectPublicKeyInfo."""

    private: str
    public: str


def new_key_pair() -> KeyPair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return KeyPair(private.decode(), public.decode())


def sign(private: str, *parts: str | bytes) -> str:
    """The signature of the parts, base64."""
    return base64.b64encode(_private(private).sign(_message(parts), padding.PKCS1v15(), SHA256())).decode()


def is_signed(public: str, signature: str, *parts: str | bytes) -> bool:
    """Whether the signature is the key owner's, over exactly these parts."""
    try:
        raw = base64.b64decode(signature, validate=True)
        _public(public).verify(raw, _message(parts), padding.PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _message(parts: tuple[str | bytes, ...]) -> bytes:
    return b"".join((part.encode() if isinstance(part, str) else part) + b"\n" for part in parts)


@lru_cache(maxsize=256)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


@lru_cache(maxsize=256)
def _public(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA key")
    return key
