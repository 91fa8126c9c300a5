"""References to things of other rooms, in words: ``order:QL-1122-04817`` is an order, and has a page.

A room that keeps a reference as text does not know what it points at. The room that has such things says
how they are called and where they are shown, when it is wired up; what nobody knows stays as it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from backoffice.kit.frame import Words
from backoffice.kit.perms import Perm
from backoffice.kit.staff import Reader


@dataclass(frozen=True, slots=True)
class Kind:
    """Things of one kind: their word, and the URL name of their page by the key in the reference."""

    label: Words
    to: str = ""
    perm: Perm | None = None


_kinds: dict[str, Kind] = {}
_names: dict[str, tuple[Callable[[], QuerySet[Any]], Perm | None]] = {}


def add(kind: str, label: Words, *, to: str = "", perm: Perm | None = None) -> None:
    """Make a kind known. The page may be opened by those who have ``perm``."""
    _kinds[kind] = Kind(label, to, perm)


def add_names(model: str, rows: Callable[[], QuerySet[Any]], *, perm: Perm | None) -> None:
    """Rows of this model (``driver``) may be called by their names before those who have ``perm``.

    ``rows`` are those of the scope, so that what lies outside of it has no name.
    """
    _names[model] = rows, perm


def name_of(model: str, pk: object, reader: Reader) -> str:
    """How a row is called before this reader; nothing where he may not know. One question to the database."""
    rows, perm = _names.get(model, (None, None))
    if rows is None or not reader.may(perm):
        return ""
    row = rows().filter(pk=pk).first()
    return "" if row is None else str(row)


def in_words(reference: str) -> str:
    """``Order QL-1122-04817``; nothing for no reference."""
    name, _colon, key = reference.partition(":")
    kind = _kinds.get(name)
    return f"{kind.label} {key}" if kind and key else reference


def cell(reference: str, reader: Reader) -> Words:
    """The same, as a link for those who may follow it."""
    name, _colon, key = reference.partition(":")
    kind = _kinds.get(name)
    words = in_words(reference)
    if not (kind and key and kind.to and reader.may(kind.perm)):
        return words
    return format_html('<a href="{}">{}</a>', reverse(kind.to, args=[key]), words)
