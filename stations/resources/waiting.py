"""The list of identities that wait to be claimed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit.frame import Empty, Words
from backoffice.kit.lists import ListFilters, ListTable, Place, Resource, RowAction, columns, filters
from stations import selectors
from stations.models import UnclaimedPile
from stations.permissions import StationPerm
from stations.services.devices import dismiss_unclaimed

REFUSALS: dict[str, Words] = {
    "unknown_identity": _("Nobody registered it"),
    "bad_identity": _("No identity that a pile may have"),
}


def refusal_words(reason: str) -> Words:
    """Why an identity was not let in."""
    return REFUSALS.get(reason, reason)


class UnclaimedTable(ListTable):
    identity = columns.Link(to="stations:claim", sort=True)
    reason = columns.Text(show=refusal_words)
    remote = columns.Text()
    attempts = columns.Number(sort=True)
    first_seen_at = columns.When(sort=True)
    last_seen_at = columns.Ago(sort=True)


class UnclaimedFilters(ListFilters):
    words = filters.Search("identity", "remote", label=_("Identity or address"))
    last_seen_at = filters.Period()
    often = filters.Between("attempts", label=_("Attempts"))


DISMISS = RowAction(
    name="dismiss",
    label=_("Take off the list…"),
    run=dismiss_unclaimed,
    perm=StationPerm.CLAIM,
    icon="trash",
    reason=True,
    bulk=True,
    text=_("It comes back when it knocks again."),
    done=_("Taken off the list."),
)

UNCLAIMED = Resource(
    name="stations.unclaimed",
    path="piles/waiting/",
    title=_("Waiting to be claimed"),
    model=UnclaimedPile,
    rows=selectors.unclaimed,
    table=UnclaimedTable,
    filters=UnclaimedFilters,
    view=StationPerm.CLAIM,
    label="identity",
    order=("-last_seen_at", "-id"),
    detail="stations:claim",
    menu=Place("stations", 40, label=_("Unclaimed"), waiting=selectors.unclaimed),
    actions=(DISMISS,),
    note=_("choose an identity to register its terminal"),
    empty=Empty(_("Nobody waits"), _("Terminals that knock and that nobody registered will stand here.")),
)
