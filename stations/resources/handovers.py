"""Hand-overs between a tenant and the level below or above it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy

from backoffice.kit import figures
from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, PageAction, Place, Resource, Tab, columns, filters
from stations import selectors, tones
from stations.models import Handed, Handover
from stations.permissions import StationPerm


def what_words(what, count):
    """``12 terminals``."""
    if what == Handed.STATIONS:
        words = ngettext("%(count)s station", "%(count)s stations", count)
    else:
        words = ngettext("%(count)s terminal", "%(count)s terminals", count)
    return words % {"count": figures.number_text(count)}


class HandoverTable(ListTable):
    what = columns.Link(
        "what",
        "count",
        to="stations:handover",
        show=what_words,
        head=_("What is handed over"),
        second=columns.Text("note"),
    )
    giver = columns.Text("giver__name", head=pgettext_lazy("custody", "From"))
    receiver = columns.Text("tenant__name", head=pgettext_lazy("custody", "To"))
    terminals = columns.Number(head=_("Terminals"))
    state = columns.Badge(tones=tones.HANDOVER)
    offered_at = columns.When(sort=True, second=columns.Text("offered_by"))
    expires_at = columns.When(sort=True)
    decided_at = columns.When(sort=True, second=columns.Text("decided_by"))
    answer = columns.Text(shown=False)


class HandoverFilters(ListFilters):
    state = filters.Choice()
    what = filters.Choice()
    receiver = filters.Subtree(label=_("Receiver"))
    offered_at = filters.Period()


HANDOVERS = Resource(
    name="stations.handovers",
    path="handovers/",
    title=_("Hand-overs"),
    model=Handover,
    rows=selectors.handovers,
    table=HandoverTable,
    filters=HandoverFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="what",
    order=("-offered_at", "-id"),
    detail="stations:handover",
    menu=Place("stations", 25, waiting=selectors.waiting_offers, count_kind="warn"),
    tabs=(
        Tab(name="to_us", label=_("To us"), rows=selectors.offers_to_us),
        Tab(name="by_us", label=_("By us"), rows=selectors.offers_by_us),
    ),
    page_actions=(
        PageAction(
            label=_("Hand over terminals"),
            to="stations:offer_piles",
            perm=StationPerm.HANDOVER,
            icon="switch",
        ),
    ),
    empty=Empty(
        _("No hand-over is like this"),
        _("Offer terminals or stations to the level below; what you are offered is listed here too."),
    ),
    live="handovers",
)
