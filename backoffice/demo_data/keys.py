"""Passwords and pile keys of the demonstration: derived from the installation's secret, so known to nobody else.

The seed, its second run and the simulator come to the same ones without storing them twice.
"""

from __future__ import annotations

import hashlib
import hmac

from backoffice.kit import base32

PASSWORD_LENGTH = 12


def password(secret: str) -> str:
    """The password of every login: ``xxxx-xxxx-xxxx``."""
    code = base32.encode(
        int.from_bytes(_derived(secret, "password")[:8]) % 32**PASSWORD_LENGTH, PASSWORD_LENGTH
    )
    return "-".join(code[start : start + 4] for start in range(0, PASSWORD_LENGTH, 4)).lower()


def pile_key(secret: str, identity: str) -> str:
    """The Basic password of a pile, 40 hexadecimal digits."""
    return _derived(secret, f"pile:{identity}")[:20].hex()


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"demonstration:{purpose}".encode(), hashlib.sha256).digest()
