"""The menu: groups in the order of the house, and in each what the reader may open. Empty groups are not shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit import menu
from backoffice.kit.counting import capped_counts
from backoffice.kit.frame import MenuItem, Words
from backoffice.kit.lists import registered
from backoffice.kit.menu import Entry
from backoffice.kit.staff import Reader


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the menu; a ``flat`` one puts its pages into the menu itself."""

    key: str
    label: Words
    icon: str
    flat: bool = False


GROUPS = (
    Group("overview", _("Overview"), "home", flat=True),
    Group("map", _("Live map"), "map", flat=True),
    Group("orders", _("Orders"), "order"),
    Group("finance", _("Finance"), "money"),
    Group("payment", _("Payment settings"), "card", flat=True),
    Group("stations", _("Stations & piles"), "pile"),
    Group("reports", _("Statistical centre"), "chart", flat=True),
    Group("alarms", _("Alarm centre"), "alarm"),
    Group("tenants", _("Tenants"), "tenants", flat=True),
    Group("users", _("Users"), "users"),
    Group("service", pgettext_lazy("menu", "Service"), "wrench"),
    Group("store", _("Store"), "store"),
    Group("personal", _("Personal centre"), "person", flat=True),
    Group("system", _("System settings"), "sliders"),
)


def entries() -> list[Entry]:
    """Every page that has a place in the menu."""
    lists = [
        Entry(one.menu, one.menu.label or one.title, one.name, one.view) for one in registered() if one.menu
    ]
    return [*lists, *menu.added()]


def menu_for(request: HttpRequest) -> tuple[MenuItem, ...]:
    """What this reader sees; the page that is shown, or the list it belongs to, is current."""
    reader = Reader.of(request)
    seen = sorted(
        (entry for entry in entries() if reader.may(entry.perm)), key=lambda entry: entry.place.order
    )
    current, counts = _current(request, seen), _counts(seen)
    items: list[MenuItem] = []
    for group in GROUPS:
        pages = tuple(
            _item(
                entry,
                counts.get(entry.url_name),
                icon=entry.place.icon or group.icon if group.flat else "",
                current=entry is current,
            )
            for entry in seen
            if entry.place.group == group.key
        )
        if group.flat:
            items += pages
        elif pages:
            items.append(MenuItem(group.label, icon=group.icon, children=pages))
    return tuple(items)


def _counts(seen: list[Entry]) -> dict[str, int]:
    """What waits behind the entries, by the names of their pages; where nothing does, no number is shown."""
    asked = {entry.url_name: entry.place.waiting() for entry in seen if entry.place.waiting}
    counts = capped_counts([*asked.values()])
    return {name: count for name, count in zip(asked, counts, strict=True) if count}


def _item(entry: Entry, count: int | None, *, icon: str, current: bool) -> MenuItem:
    return MenuItem(
        entry.label,
        reverse(entry.url_name),
        icon=icon,
        count=count,
        count_kind=entry.place.count_kind,
        current=current,
    )


def _current(request: HttpRequest, seen: list[Entry]) -> Entry | None:
    """The entry whose page this is, else the one whose address the page lies below.

    A page that belongs to one of several lists says which: ``request.shown_under``.
    """
    name = request.resolver_match.view_name if request.resolver_match else ""
    name = getattr(request, "shown_under", name)
    details = {one.detail: one.name for one in registered() if one.detail}
    by_name = next((entry for entry in seen if entry.url_name in {name, details.get(name)}), None)
    if by_name is not None:
        return by_name
    around = [
        entry
        for entry in seen
        if request.path.startswith(reverse(entry.url_name)) and reverse(entry.url_name) != "/"
    ]
    return max(around, key=lambda entry: len(reverse(entry.url_name)), default=None)
