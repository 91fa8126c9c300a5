"""Hand-overs between a tenant and the level below or above it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, PageAction, Place, Resource, Tab, columns, filters
from stations import selectors, tones
from stations.models import Handover
from stations.permissions import StationPerm


class HandoverTable(ListTable):
    offered_at = columns.Link(
        to="stations:handover",
        sort=True,
        second=columns.Text("what"),
    )
    giver = columns.Text("giver__name", head=_("From"))
    receiver = columns.Text("tenant__name", head=_("To"))
    count = columns.Number(head=_("Count"), second=columns.Number("terminals", head=_("Terminals")))
    state = columns.Badge(tones=tones.HANDOVER)
    expires_at = columns.When(sort=True)
    offered_by = columns.Text(second=columns.Text("note"))
    decided_by = columns.Text(second=columns.Text("answer"))
    decided_at = columns.When(sort=True, shown=False)


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
    label="offered_at",
    order=("-offered_at", "-id"),
    detail="stations:handover",
    menu=Place("stations", 25, count=lambda reader: selectors.waiting_offers() or None, count_kind="warn"),
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
