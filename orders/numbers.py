"""Numbers that an order is known by: one for people, one for the pile.

The order number is readable and checks itself, and is no secret: it opens nothing. The one-time
idTag is a secret for as long as it is accepted: 60 of its bits are random. Randomness comes in as an
argument, so that these functions have none of their own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date

from backoffice.kit import base32

RandomBits = Callable[[int], int]

ORDER_NUMBER_LENGTH = 27
"""The longest that partners take (T/CEC 102)."""

ID_TAG_LENGTH = 20
"""``CiString20Type``, OCPP 1.6 §7.28; compared without case, so written in upper case."""

_PREFIX = re.compile(r"[A-Z0-9]{1,9}")
_SERIAL_WIDTH = 8
_TAG_PREFIX = "Q"
_TAG_ORDER_WIDTH = 7
_TAG_SECRET_WIDTH = ID_TAG_LENGTH - len(_TAG_PREFIX) - _TAG_ORDER_WIDTH


def order_number(prefix: str, day: date, serial: int) -> str:
    """``SUN-260722-003NQK8N1``: the operator's prefix, the local day, a serial number with its check.

    ``prefix``: 1 to 9 letters and digits, upper case. ``serial``: unique over the system, below 2⁴⁰.
    ValueError when one does not fit.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("bad_prefix")
    code = base32.encode(serial, _SERIAL_WIDTH)
    return f"{prefix}-{day:%y%m%d}-{code}{base32.check_character(code)}"


def read_order_number(text: str) -> str | None:
    """The number that somebody typed or read out, as it was written; None when it cannot be one."""
    parts = text.strip().upper().split("-")
    if len(parts) != 3:
        return None
    prefix, day, code = parts[0].strip(), parts[1].strip(), base32.normalise(parts[2])
    if not _PREFIX.fullmatch(prefix) or not re.fullmatch(r"\d{6}", day, re.ASCII):
        return None
    if len(code) != _SERIAL_WIDTH + 1 or not base32.is_checked(code):
        return None
    return f"{prefix}-{day}-{code}"


def virtual_id_tag(order_id: int, random_bits: RandomBits = secrets.randbits) -> str:
    """The one-time token a pile charges an order under: ``Q``, the order, 60 random bits; 20 characters."""
    secret = base32.encode(random_bits(5 * _TAG_SECRET_WIDTH), _TAG_SECRET_WIDTH)
    return _TAG_PREFIX + base32.encode(order_id, _TAG_ORDER_WIDTH) + secret


def order_of_id_tag(id_tag: str) -> int | None:
    """Which order a token claims to belong to, whatever its case; None when it is no token of ours.

    A claim is not a proof: compare the whole token with the one the order has.
    """
    folded = id_tag.upper()
    if len(folded) != ID_TAG_LENGTH or not folded.startswith(_TAG_PREFIX):
        return None
    try:
        base32.decode(folded[1:])
        return base32.decode(folded[1 : 1 + _TAG_ORDER_WIDTH])
    except ValueError:
        return None
