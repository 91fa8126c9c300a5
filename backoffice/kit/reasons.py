"""The reasons that our own timers give, in words. Rooms add theirs in ``wiring``; what people typed stands for itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise

from backoffice.kit.frame import Words

_known: dict[str, Promise] = {}


def add(words: Mapping[str, Promise]) -> None:
    """Make the reasons of a room known. Raises ValueError where a code has other words already."""
    for code, text in words.items():
        if _known.setdefault(code, text) is not text:
            raise ValueError(f"{code} has words already")


def reason_words(reason: str) -> Words:
    """Why: in words for our own codes, as typed for people's."""
    return _known.get(reason, reason)
