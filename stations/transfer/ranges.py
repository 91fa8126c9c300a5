"""Which part of a file is asked for (RFC 9110 §14). Pure."""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """The part lies outside the file."""


def read_range(header: str, size: int) -> tuple[int, int] | None:
    """``(first, last)`` byte; None for the whole file, also where the header makes no sense or wants several parts.

    Raises Unsatisfiable.
    """
    match = _ONE.fullmatch(header.strip().replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first_text, last_text = match.groups()
    if not first_text:
        length = min(int(last_text), size)
        if not length:
            raise Unsatisfiable
        return size - length, size - 1
    first = int(first_text)
    last = min(int(last_text), size - 1) if last_text else size - 1
    if first >= size:
        raise Unsatisfiable
    return (first, last) if first <= last else None
