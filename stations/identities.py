"""What a pile may be called: the last segment of the address it connects to, and its Basic user name.

Compared exactly, case and all (OCPP-J 1.6 §3.1.1). A colon cannot be in a user name, the others would
end the segment, and control characters or half characters cannot be printed on a label.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

LONGEST = 48
FORBIDDEN = frozenset(":/?#")


class Objection(StrEnum):
    """Why a text is no identity."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    FORBIDDEN_CHARACTER = "forbidden_character"


def objection_to(identity: str) -> Objection | None:
    """Why a pile may not be called so; None when it may."""
    if not identity.strip():
        return Objection.EMPTY
    if len(identity) > LONGEST:
        return Objection.TOO_LONG
    if identity != identity.strip() or any(map(_is_forbidden, identity)):
        return Objection.FORBIDDEN_CHARACTER
    return None


def printable(text: str, longest: int) -> str:
    """Any text a stranger sent, fit to be stored and shown."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_control(char) else char for char in text)[:longest]


def _is_forbidden(char: str) -> bool:
    return char in FORBIDDEN or _is_control(char)


def _is_control(char: str) -> bool:
    # Cc control, Cf formatting (may hide what is read), Cs half of a character, Zl and Zp line ends.
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
