"""Where a page stands in the menu. Lists say it themselves; other pages are added with ``add``.

What the groups are, and in which order, is the frame's business (``backoffice.menu``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from backoffice.kit.frame import Kind, Words
from backoffice.kit.perms import Perm


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the group ``group``, from the top by ``order``. ``waiting``: rows whose number stands beside the word.

    ``label`` replaces the page's title where that would be too long.
    """

    group: str
    order: int = 50
    label: Words = ""
    icon: str = ""
    waiting: Callable[[], QuerySet[Any]] | None = None
    count_kind: Kind = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the menu: shown to whoever has ``perm``."""

    place: Place
    label: Words
    url_name: str
    perm: Perm | None


_added: list[Entry] = []


def add(url_name: str, label: Words, *, perm: Perm | None, place: Place) -> None:
    """Put a page that is no list into the menu; called from an app's ``wiring``."""
    _added.append(Entry(place, label, url_name, perm))


def added() -> list[Entry]:
    """What was added, in the order of adding."""
    return list(_added)
