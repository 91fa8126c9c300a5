"""The tabs of a page that has several: of a station, of a pile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Model
from django.urls import reverse

from backoffice.kit.frame import Tab, Words
from backoffice.kit.perms import Grants, Perm


@dataclass(frozen=True, slots=True)
class Page:
    """One tab: the name of its URL, which takes the key of the row, and who may open it."""

    name: str
    label: Words
    perms: frozenset[Perm]


def tabs_of(pages: Iterable[Page], row: Model, *, current: str, grants: Grants) -> Sequence[Tab]:
    """Those that this reader may open; ``current`` is the name of the one that is shown."""
    return [
        Tab(page.label, reverse(f"stations:{page.name}", args=[row.pk]), current=page.name == current)
        for page in pages
        if page.perms & grants
    ]
