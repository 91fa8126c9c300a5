"""The pages of the menu as something to find: by their word in the reader's language, or in English."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import translation
from django.utils.translation import pgettext_lazy

from backoffice.kit.search import Hit, Provider
from backoffice.kit.staff import Reader
from backoffice.menu import GROUPS, entries


def find_pages(words: str, reader: Reader) -> Iterator[Hit]:
    """Pages that the reader may open and whose word, or that of whose group, has all the words typed."""
    groups = {group.key: group for group in GROUPS}
    for entry in sorted(entries(), key=lambda one: one.place.order):
        group = groups[entry.place.group]
        if not reader.may(entry.perm):
            continue
        known = f"{group.label} {entry.label}"
        with translation.override("en"):
            known = f"{known} {group.label} {entry.label}".casefold()
        if all(word in known for word in words.casefold().split()):
            context = "" if group.flat else str(group.label)
            yield Hit(entry.label, reverse(entry.url_name), context, entry.place.icon or group.icon)


PAGES = Provider(name="pages", label=pgettext_lazy("search", "Pages"), find=find_pages, perm=None, order=10)
