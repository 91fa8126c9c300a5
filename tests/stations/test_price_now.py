"""What a kWh costs now stands on the map, on the page of a station and on that of a pile."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from backoffice.kit import clock
from stations.services import tariffs
from tests.factories.stations import ACTOR, make_pile, make_station, make_tariff
from tests.stations.browsing import browser, operator_of

pytestmark = pytest.mark.usefixtures("everything")


@pytest.mark.parametrize("name", ["map_card", "station", "pile"])
def test_the_price_of_now_is_told_by_the_clock_of_the_station_with_its_next_change(name: str) -> None:
    station = make_station(timezone="Asia/Shanghai", latitude=31, longitude=121)
    pile, client = make_pile(station), browser(operator_of(station))
    address = reverse(f"stations:{name}", args=[(pile if name == "pile" else station).pk])
    assert "/kWh" not in client.get(address).content.decode()

    tariffs.assign_tariff(station, tariff=make_tariff(station.tenant), actor=ACTOR)
    with clock.frozen(datetime(2099, 3, 10, 2, 30, tzinfo=UTC)):
        words = client.get(address).content.decode()
    assert "Peak, 1.6000 CNY/kWh" in words and "from 14:00: Flat, 1.2000 CNY/kWh" in words
