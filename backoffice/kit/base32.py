"""Crockford's base 32 with a check character, for what people read aloud, print and type.

The check character belongs to the same alphabet, so a code stays letters and digits. It is a
weighted sum over GF(32) with the weights 1, a, a², … of a primitive element: up to 31 characters
long, every code with one wrong character and every code with two characters swapped is refused.
"""

from __future__ import annotations

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LONGEST_INPUT = 64


def encode(number: int, width: int) -> str:
    """Write ``number`` in exactly ``width`` characters; ValueError when it does not fit."""
    if number < 0 or number >> (5 * width):
        raise ValueError(f"{number} does not fit into {width} characters")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (width - 1), -1, -5))


def decode(code: str) -> int:
    """Read a normalised code; ValueError on a character outside the alphabet."""
    number = 0
    for character in code:
        if character not in _VALUES:
            raise ValueError(f"{character!r} is no base 32 character")
        number = number << 5 | _VALUES[character]
    return number


def normalise(text: str) -> str:
    """What somebody typed, as it was printed: full width, case, O for 0, I and L for 1, hyphens, blanks.

    Input beyond any code of ours comes back empty, which is never a valid code.
    """
    if len(text) > _LONGEST_INPUT:
        return ""
    return unicodedata.normalize("NFKC", text).strip().upper().translate(_LOOK_ALIKES)


def check_character(code: str) -> str:
    """The character to append to ``code``."""
    total = 0
    for character in code:
        total = _times_a(total ^ _VALUES[character])
    return ALPHABET[total]


def is_checked(code: str) -> bool:
    """Whether a normalised code ends with its own check character."""
    return len(code) > 1 and all(c in _VALUES for c in code) and check_character(code[:-1]) == code[-1]


def _times_a(value: int) -> int:
    """Multiply by the primitive element of GF(32) = GF(2)[x] / (x⁵ + x² + 1)."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled
