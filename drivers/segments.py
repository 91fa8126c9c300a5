"""How many SMS a text takes, which is what a provider charges for (3GPP TS 23.038, 23.040). Pure."""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape before each

GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67


def is_gsm(text: str) -> bool:
    """Does the text fit the 7-bit alphabet?"""
    return all(letter in _BASIC or letter in _EXTENDED for letter in text)


def parts_of(text: str) -> int:
    """Number of messages, at least 1. A letter of two units is never cut in half."""
    if is_gsm(text):
        return _count([2 if letter in _EXTENDED else 1 for letter in text], GSM_SINGLE, GSM_PART)
    return _count([2 if ord(letter) > 0xFFFF else 1 for letter in text], UCS_SINGLE, UCS_PART)


def _count(units: list[int], single: int, part: int) -> int:
    if sum(units) <= single:
        return 1
    parts, room = 1, part
    for unit in units:
        if unit > room:
            parts, room = parts + 1, part
        room -= unit
    return parts
