"""The pages of one pile: a tab for each group of functions, all under the same head."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.frame import Tab, Words
from backoffice.kit.pages import detail_page
from backoffice.kit.perms import Perm
from stations import tones
from stations.permissions import StationPerm
from stations.resources import PILES


@dataclass(frozen=True, slots=True)
class PilePage:
    """One tab: the name of its URL, which takes the key of the pile, and who may open it."""

    name: str
    label: Words
    perms: frozenset[Perm]


PAGES = (
    PilePage("pile", pgettext_lazy("pile", "Overview"), frozenset({StationPerm.VIEW})),
    PilePage("pile_configuration", _("Configuration"), frozenset({StationPerm.VIEW})),
    PilePage("pile_charging", pgettext_lazy("limits", "Charging"), frozenset({StationPerm.VIEW})),
    PilePage("pile_access", pgettext_lazy("who may charge", "Access"), frozenset({StationPerm.VIEW})),
    PilePage(
        "pile_files",
        _("Firmware & files"),
        frozenset({StationPerm.COMMAND_ENGINEER, StationPerm.FRAMES_VIEW}),
    ),
    PilePage("pile_messages", _("Messages"), frozenset({StationPerm.FRAMES_VIEW})),
    PilePage("pile_security", _("Security"), frozenset({StationPerm.CREDENTIALS})),
    PilePage("pile_history", _("Custody & changes"), frozenset({StationPerm.VIEW})),
)


def pile_page(request, row, template, *, current, **context):
    """Render a page about a pile; ``current`` is the name of its URL, the context that of ``kit/detail.html``."""
    tabs = [
        Tab(page.label, reverse(f"stations:{page.name}", args=[row.pk]), current=page.name == current)
        for page in PAGES
        if page.perms & request.grants
    ]
    return detail_page(
        request,
        template,
        title=row.name,
        back=PILES.back(),
        badges=[(row.get_life_display(), tones.LIFE[row.life])],
        subtitle=f"{row.identity} · {row.station.name}",
        tabs=tabs if len(tabs) > 1 else (),
        pile=row,
        **context,
    )
