"""Looking after the local lists of many piles: a kind of campaign. It ends where a pile has what it shall have."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _, gettext_lazy, ngettext

from backoffice.kit.actor import Actor
from backoffice.kit.errors import Refused
from stations.campaigns import Kind, Outcome, Params
from stations.models import CampaignPile, ListState, LocalListPile
from stations.permissions import StationPerm
from stations.services import list_sync
from stations.wording import list_note

WAYS: Final = ("differences", "full", "version", "clear")
_GOOD: Final = frozenset({ListState.IN_STEP, ListState.UNKNOWN})


def _start(item: CampaignPile, actor: Actor) -> None:
    row = list_sync.look_after(
        item.pile, how=item.campaign.params["how"], actor=actor, reason=item.campaign.reason
    )
    item.command, item.data = row.command, {"list": row.pk}


def _outcome(item: CampaignPile) -> Outcome | None:
    row = LocalListPile.objects.filter(pk=item.data.get("list")).first()
    if row is None or row.command_id is not None or row.due_at is not None:
        return None
    if row.state not in _GOOD:
        return Outcome(False, list_note(row) or row.get_state_display())
    if row.kept_empty:
        return Outcome(True, _("It knows no card now."))
    cards = ngettext("%(count)d card", "%(count)d cards", row.wanted_count) % {"count": row.wanted_count}
    return Outcome(True, f"{row.get_state_display()} · {cards}")


def _check(params: Params) -> None:
    if params.get("how") not in WAYS:
        raise Refused(_("This is not asked of many terminals at once."), code="malformed", field="how")


LISTS: Final = Kind(
    name="local_list",
    label=gettext_lazy("Look after local lists"),
    action="SendLocalList",
    start=_start,
    outcome=_outcome,
    check=_check,
    perm=lambda _params: StationPerm.LIST_MANAGE,
    within_s=3600,
)
