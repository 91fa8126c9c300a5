"""Finding a thing by what somebody types: the search of every page (Ctrl K), and its page without scripts.

A room says in its ``wiring`` what can be found in it. A provider is asked once for each search, under the
scope of the request and for whoever has its permission; it asks the database at most once, by an index,
for ``SHOWN`` rows. What may not be seen is not found, not counted and not hinted at.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import models

from backoffice.kit.frame import Words
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader

SHOWN = 6
SHORTEST, LONGEST = 2, 60


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, with what tells it from others of its name."""

    label: Words
    url: str
    context: Words = ""
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One kind of thing: who may find it, and how. ``model`` and ``by``: a row is found by this value of its own."""

    name: str
    label: Words
    find: Callable[[str, Reader], Iterable[Hit]]
    perm: Perm | None
    order: int = 50
    model: type[models.Model] | None = None
    by: str = ""


_providers: dict[str, Provider] = {}


def register(provider: Provider) -> Provider:
    """Add a kind of thing; called from a room's ``wiring``. Raises ValueError when the name is taken."""
    if provider.name in _providers:
        raise ValueError(f"{provider.name}: something else is found under this name")
    _providers[provider.name] = provider
    return provider


def providers() -> list[Provider]:
    """Everything that can be found, in the order in which it is shown."""
    return sorted(_providers.values(), key=lambda one: (one.order, one.name))


def tidy(typed: str) -> str:
    """What was typed as it is looked for: full-width letters as plain ones, single spaces, of bounded length."""
    plain = unicodedata.normalize("NFKC", typed).replace("\0", "")
    return " ".join(plain.split())[:LONGEST]


def search(typed: str, reader: Reader) -> list[tuple[Words, list[Hit]]]:
    """(kind, what was found of it), the kinds in their order, without those of which nothing was."""
    words = tidy(typed)
    if len(words) < SHORTEST:
        return []
    found = (
        (one.label, list(one.find(words, reader))[:SHOWN]) for one in providers() if reader.may(one.perm)
    )
    return [(label, hits) for label, hits in found if hits]
