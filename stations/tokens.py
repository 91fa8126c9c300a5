"""The token in a QR code: ten random characters and a check, printed below the code for typing.

It says nothing about the connector and cannot be counted through. A token is looked up only when its
check is right, so a mistyped one never opens another connector's page.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from backoffice.kit import base32

RANDOM_WIDTH = 10
LENGTH = RANDOM_WIDTH + 1


def new_token(random_bits: Callable[[int], int] = secrets.randbits) -> str:
    """Eleven characters, 50 bits of them random."""
    code = base32.encode(random_bits(5 * RANDOM_WIDTH), RANDOM_WIDTH)
    return code + base32.check_character(code)


def read_token(text: str) -> str | None:
    """A token as scanned or typed, in its one spelling; None when it cannot be one."""
    token = base32.normalise(text)
    return token if len(token) == LENGTH and base32.is_checked(token) else None


def print_token(token: str) -> str:
    """In groups, as on the label: ``7K2M-9QXA-4HT``."""
    return "-".join(token[start : start + 4] for start in range(0, len(token), 4))
