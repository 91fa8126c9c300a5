"""Texts that rest encrypted: under a key that is derived from SECRET_KEY and from what the box is for.

A former SECRET_KEY in SECRET_KEY_FALLBACKS still opens what it sealed.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class SealBroken(RuntimeError):
    """The text was sealed with a key that is not known any more, or is no sealed text."""


class Box:
    """Seals texts for one purpose; a box of another purpose does not open them."""

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose.encode()

    def seal(self, text: str) -> str:
        return self._keys().encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """The text again. Raises SealBroken."""
        try:
            return self._keys().decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBroken("SECRET_KEY has changed") from error

    def _keys(self) -> MultiFernet:
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet([Fernet(self._key(secret)) for secret in secrets])

    def _key(self, secret: str | bytes) -> bytes:
        derived = HKDF(SHA256(), 32, salt=None, info=self._purpose).derive(force_bytes(secret))
        return base64.urlsafe_b64encode(derived)
