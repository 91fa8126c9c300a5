"""Secrets of payment channels at rest: encrypted with a key that is derived from SECRET_KEY.

A former SECRET_KEY in SECRET_KEY_FALLBACKS still opens what it sealed.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

PURPOSE = b"pilehouse payment channel secrets"


class SealBroken(RuntimeError):
    """The text was sealed with a key that is not known any more."""


def seal(secrets: dict[str, Any]) -> str:
    """Encrypt a JSON object."""
    return _box().encrypt(json.dumps(secrets).encode()).decode()


def unseal(text: str) -> dict[str, Any]:
    """The object again. Raises SealBroken."""
    if not text:
        return {}
    try:
        opened = json.loads(_box().decrypt(text.encode()))
    except InvalidToken as error:
        raise SealBroken("SECRET_KEY has changed") from error
    return dict(opened)


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(key)) for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]])


def _key(secret: str | bytes) -> bytes:
    derived = HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(force_bytes(secret))
    return base64.urlsafe_b64encode(derived)
