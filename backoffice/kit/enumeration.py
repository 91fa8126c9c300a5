"""Several things in one sentence: languages part them differently (``a, b`` and ``a、b``)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import pgettext


def enumerated(parts: Iterable[object]) -> str:
    """Words or short phrases, one after the other: ``2 stations, 1 open order``."""
    return pgettext("between the parts of an enumeration", ", ").join(map(str, parts))
