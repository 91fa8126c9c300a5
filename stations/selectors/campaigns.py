"""Campaigns of the scope, and how far they are."""

from __future__ import annotations

from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from stations.models import Campaign, CampaignPile, ItemStatus, Life, Pile
from stations.states import ITEM_OPEN


def campaigns() -> QuerySet[Campaign]:
    """Campaigns of the scope, the newest first."""
    return Campaign.objects.order_by("-created_at", "-pk")


def campaign_list() -> QuerySet[Campaign]:
    """Campaigns with ``done_count`` and ``failed_count``, counted for the rows that are shown."""
    piles = CampaignPile.objects.filter(campaign=OuterRef("pk"))
    return Campaign.objects.annotate(
        done_count=_count(piles.filter(state=ItemStatus.DONE)),
        failed_count=_count(piles.filter(state=ItemStatus.FAILED)),
    )


def campaign_pile_list() -> QuerySet[CampaignPile]:
    """What became of campaigns at each pile."""
    return CampaignPile.objects.all()


def results_of(campaign: Campaign) -> QuerySet[CampaignPile]:
    """Those that have ended, where it failed first, then the newest first."""
    ended = CampaignPile.objects.filter(campaign=campaign).exclude(state__in=ITEM_OPEN)
    failed_first = Case(When(state=ItemStatus.FAILED, then=Value(0)), default=Value(1))
    return ended.select_related("pile").order_by(failed_first, "-ended_at", "-pk")


def counts_of(campaign: Campaign) -> dict[str, int]:
    """How many piles are in each state; all states are there."""
    found = CampaignPile.objects.filter(campaign=campaign).values_list("state").annotate(n=Count("pk"))
    return dict.fromkeys(ItemStatus.values, 0) | dict(found.order_by())


def shares_of_wave(campaign: Campaign) -> tuple[int, int]:
    """Of the wave that is asked now: how many failed, of how many that were asked and have ended."""
    rows = CampaignPile.objects.filter(campaign=campaign, wave=campaign.wave)
    failed = Q(state=ItemStatus.FAILED)
    found = rows.aggregate(
        failed=Count("pk", filter=failed), ended=Count("pk", filter=failed | Q(state=ItemStatus.DONE))
    )
    return found["failed"], found["ended"]


def preview_of(rows: QuerySet[Pile], profile: str) -> dict[str, int]:
    """Of the piles that are to be asked: how many there are, cannot be heard, and do not list the profile."""
    chosen = Pile.objects.filter(pk__in=rows.order_by().values("pk")).exclude(life=Life.RETIRED)
    lacking = Q(feature_profiles__isnull=False) & ~Q(feature_profiles__contains=[profile])
    return chosen.aggregate(
        piles=Count("pk"),
        offline=Count("pk", filter=Q(online=False)),
        lacking=Count("pk", filter=lacking if profile else Q(pk__isnull=True)),
    )


def _count(rows: QuerySet[CampaignPile]) -> Coalesce:
    counted = rows.order_by().values(one=Value(1)).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)
