"""Campaigns that are moved on by several workers at once, and many piles at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from backoffice.kit.scope import unscoped
from stations.models import Campaign, CampaignPile, Command, Pile
from stations.services import campaigns
from tests.factories.stations import ACTOR, make_online_pile, make_station

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 4


def test_a_pile_is_asked_once_however_many_workers_there_are() -> None:
    with unscoped(reason="tests"):
        station = make_station()
        for _ in range(6):
            make_online_pile(station)
    ready = Barrier(WORKERS)

    def work(_number: int) -> int:
        try:
            with unscoped(reason="tests"):
                ready.wait(10)
                campaign = campaigns.create_campaign(
                    "command",
                    Pile.objects.all(),
                    tenant_id=station.tenant_id,
                    actor=ACTOR,
                    params={"action": "ClearCache", "payload": {}},
                    token="the same form",
                    at_once=4,
                )
                ready.wait(10)
                campaigns.advance_campaigns()
                return campaign.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        keys = set(pool.map(work, range(WORKERS)))

    with unscoped(reason="tests"):
        assert keys == {Campaign.objects.get().pk}
        assert CampaignPile.objects.count() == 6
        assert CampaignPile.objects.filter(state="running").count() == 4
        assert Command.objects.count() == 4
