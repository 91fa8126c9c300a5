"""Several things in one line: languages part them differently (``a, b`` and ``a、b`` or ``a，b``)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import pgettext


def enumerated(parts: Iterable[object]) -> str:
    """Words or short phrases, one after the other: ``2 stations, 1 open order``."""
    return pgettext("between the parts of an enumeration", ", ").join(map(str, parts))


def clauses(parts: Iterable[object]) -> str:
    """What is said one after the other, without what is empty: ``31 full minutes × 0.50, after 15 min grace``."""
    return pgettext("between the clauses of a line", ", ").join(str(part) for part in parts if part)
