"""The pages of one pile: a tab for each group of functions, all under the same head."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _, pgettext_lazy

from backoffice.kit.pages import detail_page
from stations import tones
from stations.permissions import StationPerm
from stations.resources import PILES
from stations.views.tabs import Page, tabs_of

PAGES = (
    Page("pile", pgettext_lazy("pile", "Overview"), frozenset({StationPerm.VIEW})),
    Page("pile_configuration", _("Configuration"), frozenset({StationPerm.VIEW})),
    Page("pile_charging", pgettext_lazy("limits", "Charging"), frozenset({StationPerm.VIEW})),
    Page("pile_access", pgettext_lazy("who may charge", "Access"), frozenset({StationPerm.VIEW})),
    Page("pile_files", _("Firmware & files"), frozenset({StationPerm.VIEW})),
    Page("pile_messages", _("Messages"), frozenset({StationPerm.FRAMES_VIEW})),
    Page("pile_security", _("Security"), frozenset({StationPerm.CREDENTIALS})),
    Page("pile_history", _("Custody & changes"), frozenset({StationPerm.VIEW})),
)


def pile_page(request, row, template, *, current, **context):
    """Render a page about a pile; ``current`` is the name of its URL, the context that of ``kit/detail.html``."""
    tabs = tabs_of(PAGES, row, current=current, grants=request.grants)
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
