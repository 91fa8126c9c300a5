"""Lists of bulk actions, and of what became of them at each pile."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from backoffice.kit.deeds import doer_words
from backoffice.kit.frame import Empty
from backoffice.kit.lists import ListFilters, ListTable, Place, Resource, columns, filters
from stations import selectors, tones
from stations.models import Campaign, CampaignPile, CampaignStatus, ItemStatus
from stations.permissions import StationPerm
from stations.result_words import result_words, title_words


class CampaignTable(ListTable):
    title = columns.Link(
        to="stations:campaign", show=title_words, sort=("title", "pk"), second=columns.Text("reason")
    )
    created_at = columns.When(sort=True)
    actor_label = columns.Text("actor_label", "actor_ref", show=doer_words, sort=("actor_label", "pk"))
    progress = columns.Bar("done_count", "total", digits=0, head=_("Done"))
    failed = columns.Number("failed_count", head=_("Failed"))
    state = columns.Badge(choices=CampaignStatus, tones=tones.CAMPAIGN, second=columns.Text("paused_because"))
    ended_at = columns.When(sort=True)
    wave_size = columns.Number(shown=False)
    failure_share = columns.Number(shown=False)
    patience_s = columns.Number(shown=False)


class CampaignFilters(ListFilters):
    words = filters.Search("title", "reason", label=_("Words"))
    created_at = filters.Period()
    state = filters.Choice(choices=CampaignStatus)
    actor = filters.Text("actor_label", label=_("By"))


CAMPAIGNS = Resource(
    name="stations.campaigns",
    path="campaigns/",
    title=_("Bulk actions"),
    model=Campaign,
    rows=selectors.campaign_list,
    table=CampaignTable,
    filters=CampaignFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="title",
    order=("-created_at", "-id"),
    detail="stations:campaign",
    menu=Place("stations", 75),
    empty=Empty(
        _("Nothing was asked of many terminals yet"), _("Tick terminals in their list, and press “Ask…”.")
    ),
    live="campaigns",
)


class CampaignPileTable(ListTable):
    pile = columns.Link(
        "pile__name",
        to="stations:pile",
        key="pile__pk",
        head=_("Terminal"),
        sort=("pile__name", "pk"),
        second=columns.Text("pile__identity", head=_("Identity")),
    )
    station = columns.Text("pile__station__name", head=_("Station"), sort=("pile__station__name", "pk"))
    model = columns.Text(
        "pile__model__name", head=_("Model"), second=columns.Text("pile__firmware", head=_("Firmware"))
    )
    state = columns.Badge(choices=ItemStatus, tones=tones.CAMPAIGN_PILE)
    result = columns.Text(show=result_words, css="c-wide")
    wave = columns.Number(sort=("wave", "pk"), show=lambda wave: str(wave + 1))
    started_at = columns.When(sort=True)
    ended_at = columns.When(sort=True)
    campaign = columns.Link("campaign__title", show=title_words, to="stations:campaign", key="campaign__pk")


class CampaignPileFilters(ListFilters):
    campaign = filters.Related(
        "campaign", options=selectors.campaigns, by="token", search=("token", "title"), label=_("Bulk action")
    )
    words = filters.Search("pile__name", "pile__identity", label=_("Terminal"))
    state = filters.Choice(choices=ItemStatus)
    result = filters.Text()
    model = filters.Text("pile__model__name", label=_("Model"))


CAMPAIGN_PILES = Resource(
    name="stations.campaign_piles",
    path="campaigns/piles/",
    title=_("Results of bulk actions"),
    model=CampaignPile,
    rows=selectors.campaign_pile_list,
    table=CampaignPileTable,
    filters=CampaignPileFilters,
    view=StationPerm.VIEW,
    export=StationPerm.EXPORT,
    label="pile__name",
    order=("-id",),
    empty=Empty(
        _("No terminal here"), _("Choose a bulk action; its terminals are listed with what became of each.")
    ),
    live="campaigns",
)
