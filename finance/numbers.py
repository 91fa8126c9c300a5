"""Numbers under which a payment channel and a person know a top-up or a refund."""

from __future__ import annotations

from datetime import datetime

from backoffice.kit import base32

RANDOM_BITS = 40


def payment_number(prefix: str, at: datetime, random: int) -> str:
    """``T260131081500`` and nine characters: unique for each attempt, not to be guessed, safe to read aloud."""
    code = base32.encode(random, RANDOM_BITS // 5)
    return f"{prefix}{at:%y%m%d%H%M%S}{code}{base32.check_character(code)}"
