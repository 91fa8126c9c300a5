"""The live map: what a viewport shows, what its list and its table say, what filters keep."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alarms.models import Alarm
from backoffice.kit.perms import Role
from backoffice.settings.tiles import map_tiles
from stations.models import Connector, ConnectorStatus, Intent, Life, Pile, Station, StationStatus
from stations.selectors import map as on_map
from stations.standing import Standing
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.stations import make_agency, make_model, make_pile, make_station
from tests.stations.browsing import browser, operator_of

pytestmark = pytest.mark.usefixtures("everything")

CHINA = "100,15,130,45"


def place(tenant: Tenant, latitude: float | str, longitude: float | str, **over: Any) -> Station:
    """A station there."""
    return make_station(tenant, latitude=Decimal(str(latitude)), longitude=Decimal(str(longitude)), **over)


def stand(station: Station, *statuses: str, online: bool = True) -> Pile:
    """A pile with a connector in each of these states."""
    pile = make_pile(station, connectors=max(len(statuses), 1))
    Pile.objects.filter(pk=pile.pk).update(online=online)
    for number, status in enumerate(statuses, start=1):
        Connector.objects.filter(pile=pile, number=number).update(status=status)
    return pile


def look(client: Client, bbox: str = CHINA, z: int | str = 5, **query: str) -> Any:
    answer = client.get(reverse("stations:map_view"), {"z": z, "bbox": bbox} | query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def names(seen: Any) -> set[str]:
    return {mark[7] for mark in seen["marks"]}


@pytest.fixture
def agency() -> Tenant:
    return make_agency()


@pytest.fixture
def client(agency: Tenant) -> Client:
    return browser(agency)


def test_a_viewport_shows_each_station_in_it_with_its_connectors_by_state(
    agency: Tenant, client: Client
) -> None:
    stand(place(agency, 31.2, 121.4, name="Gate"), "Available", "Charging", "Faulted")
    stand(place(agency, 22.5, 114.0, name="Harbour"), "Available")
    place(agency, 53.5, 10.0, name="Hamburg")

    seen = look(client)

    assert {mark[7]: (mark[4], mark[5]) for mark in seen["marks"]} == {
        "Gate": ("fault", [1, 0, 0, 0, 1, 1]),
        "Harbour": ("idle", [0, 0, 0, 0, 0, 1]),
    }
    assert seen["counts"] == [1, 0, 0, 0, 1, 2]
    assert seen["list"].index("Gate") < seen["list"].index("Harbour")
    assert "Hamburg" not in seen["list"]


def test_stations_near_each_other_are_one_mark_until_one_comes_closer(agency: Tenant, client: Client) -> None:
    stand(place(agency, 31.20, 121.40), "Charging")
    stand(place(agency, 31.21, 121.41), "Faulted")

    (far,) = look(client, z=5)["marks"]
    near = look(client, bbox="121.3,31.1,121.5,31.3", z=15)["marks"]

    assert (far[3], far[4], far[5]) == (2, "fault", [1, 0, 0, 0, 1, 0])
    assert far[8] == [31.2, 121.4, 31.21, 121.41]
    assert [mark[3] for mark in near] == [1, 1]


def test_stations_at_one_place_stay_one_mark_and_are_told_apart_in_the_list(
    agency: Tenant, client: Client
) -> None:
    for name in ("Upper deck", "Lower deck"):
        place(agency, 31.2, 121.4, name=name)

    seen = look(client, bbox="121.39998,31.19998,121.40002,31.20002", z=18)

    assert [mark[3] for mark in seen["marks"]] == [2]
    assert "Upper deck" in seen["list"]
    assert "Lower deck" in seen["list"]


def test_across_the_antimeridian_both_sides_are_seen_beside_each_other(
    agency: Tenant, client: Client
) -> None:
    place(agency, -17.8, 177.9, name="Fiji")
    place(agency, -13.8, -171.8, name="Samoa")
    place(agency, -36.8, 150.0, name="Sydney")

    marks = {mark[7]: mark[1] for mark in look(client, bbox="170,-40,200,0", z=4)["marks"]}
    beyond = {mark[7]: mark[1] for mark in look(client, bbox="-190,-40,-160,0", z=4)["marks"]}

    assert marks == {"Fiji": 177.9, "Samoa": 188.2}
    assert beyond == {"Fiji": -182.1, "Samoa": -171.8}


def test_a_whole_world_shows_every_station_once(agency: Tenant, client: Client) -> None:
    for name, latitude, longitude in (("A", 0, 180), ("B", 60, -180), ("C", -60, 0), ("D", 89.9, 10)):
        place(agency, latitude, longitude, name=name)

    marks = look(client, bbox="-540,-90,540,90", z=2)["marks"]

    assert sum(mark[3] for mark in marks) == 4


@pytest.mark.parametrize("bbox", ["", "1,2,3", "x,y,z,w", "3,2,1,4", "nan,0,1,1", "0,0,1e999,1"])
def test_what_is_no_viewport_is_refused_in_words(client: Client, bbox: str) -> None:
    answer = client.get(reverse("stations:map_view"), {"z": "4", "bbox": bbox})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1"},
        {"page": "999999999999"},
        {"page": "²"},
        {"z": "x", "lat": "1e999", "lng": "\x00"},
        {"station": "'"},
        {"view": "globe"},
        {"bbox": "no"},
    ],
)
def test_an_address_with_nonsense_in_it_is_the_map_all_the_same(
    client: Client, agency: Tenant, query: dict[str, str]
) -> None:
    place(agency, 1, 1)

    assert client.get(reverse("stations:map"), query).status_code == 200


def test_the_sql_of_the_map_and_the_expression_of_lists_agree_on_every_connector(agency: Tenant) -> None:
    """Whatever was reported, heard and wanted."""
    station = place(agency, 1, 1)
    for online, intent, life in product((True, False), Intent, (Life.IN_SERVICE, Life.RETIRED)):
        pile = make_row(Pile, agency, station=station, online=online, intent=intent, life=life)
        for number, (status, wanted) in enumerate(product(["", *ConnectorStatus], Intent)):
            make_row(Connector, agency, pile=pile, number=number, status=status, intent=wanted)

    rows = on_map.connectors_standing().values_list("standing", flat=True)

    expected = tuple(sum(one == standing for one in rows) for standing in Standing)
    assert min(expected) > 0
    assert on_map.listed(on_map.stations_to_map()).counts == expected
    assert tuple(on_map.count_standings()[standing] for standing in Standing) == expected


def test_a_station_closed_for_good_is_not_on_the_map(agency: Tenant, client: Client) -> None:
    station = place(agency, 31.2, 121.4, name="Closed")
    Station.objects.filter(pk=station.pk).update(status=StationStatus.CLOSED)

    assert look(client)["marks"] == []
    assert client.get(reverse("stations:map_card", args=[station.pk])).status_code == 404


def test_filters_keep_what_they_say(agency: Tenant) -> None:
    operator = Tenant.objects.get(pk=agency.parent_id)
    maker = Tenant.objects.get(pk=Tenant.objects.get(pk=operator.parent_id).parent_id)
    model = make_model(maker, name="HL-DC120")
    quiet, loud = place(agency, 31.2, 121.4, name="Quiet"), place(agency, 22.5, 114.0, name="Loud")
    stand(quiet, "Available")
    Pile.objects.filter(pk=stand(loud, "Faulted").pk).update(model=model)
    place(operator, 30.0, 104.0, name="Own")
    make_row(Alarm, agency, station=loud, severity=2)
    client = browser(operator)

    def kept(**query: str) -> set[str]:
        seen = look(client, **query)
        assert {name for name in ("Quiet", "Loud", "Own") if name in seen["list"]} == names(seen)
        return names(seen)

    assert kept() == {"Quiet", "Loud", "Own"}
    assert kept(agency=agency.code) == {"Quiet", "Loud"}
    assert kept(state="fault") == {"Loud"}
    assert kept(model="dc120") == {"Loud"}
    assert kept(alarm="4") == {"Loud"}
    assert kept(alarm="1") == set()
    assert kept(state="no such", model="dc120") == {"Loud"}


def test_a_filter_without_sense_is_told_at_its_field_and_nothing_typed_is_lost(client: Client) -> None:
    page = client.get(reverse("stations:map"), {"agency": "Nowhere Ltd", "model": "DC"})

    assert "Nothing here is called “Nowhere Ltd”." in page.content.decode()
    assert 'value="DC"' in page.content.decode()


def test_who_may_not_see_alarms_cannot_find_out_by_a_filter(agency: Tenant) -> None:
    station = place(agency, 31.2, 121.4, name="Gate")
    place(agency, 22.5, 114.0, name="Harbour")
    make_row(Alarm, agency, station=station, severity=1)
    client = browser(agency, Role.FINANCE)

    assert names(look(client, alarm="1")) == {"Gate", "Harbour"}
    assert 'name="alarm"' not in client.get(reverse("stations:map")).content.decode()


def test_stations_that_are_nowhere_are_counted_listed_and_found(agency: Tenant, client: Client) -> None:
    make_station(agency, name="Lost")
    place(agency, 31.2, 121.4, name="Gate")

    page = client.get(reverse("stations:map")).content.decode()
    elsewhere = client.get(f"{reverse('stations.stations')}?trouble=nowhere").content.decode()

    assert "Not on the map: 1 station" in page
    assert "Lost" in page  # the table lists it, the map cannot
    assert "Lost" not in look(client)["list"]
    assert "Lost" in elsewhere
    assert "Gate" not in elsewhere


def test_the_list_goes_on_page_by_page_the_worst_first(agency: Tenant, client: Client) -> None:
    for number in range(23):
        place(agency, 20 + number / 2, 110, name=f"Quiet {number:02}")
    stand(place(agency, 31.2, 121.4, name="Broken"), "Faulted")

    first = client.get(reverse("stations:map"), {"view": "table", "agency": ""})
    second = client.get(f"{reverse('stations:map')}{first.context['next']}")

    spots = [spot.name for page in (first, second) for spot, *_rest in page.context["spots"]]
    assert spots[0] == "Broken"
    assert len(set(spots)) == len(spots) == 24
    assert (second.context["next"], second.context["first"], second.context["last"]) == ("", 21, 24)
    assert "view=table" in first.context["next"]


def test_the_card_says_what_each_connector_does_and_the_power_that_flows(
    agency: Tenant, client: Client
) -> None:
    station = place(agency, 31.2, 121.4, name="Gate")
    stand(station, "Charging", "Available")
    stand(station, "Available", online=False)

    words = client.get(reverse("stations:map_card", args=[station.pk])).content.decode()

    assert [word in words for word in ("Gate", "Charging", "Available", "Offline")] == [True] * 4
    assert reverse("stations:station", args=[station.pk]) in words


def test_the_page_asks_the_database_as_often_for_many_stations_as_for_one(
    agency: Tenant, client: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(reverse("stations:map")).status_code == 200
        return len(asked)

    stand(place(agency, 31.2, 121.4), "Available")
    queries()  # the first visit keeps more in mind than the others
    before = queries()
    for number in range(12):
        stand(place(agency, 30 + number / 10, 121.4), "Available", "Charging")

    assert queries() == before <= 15


def test_a_table_is_there_for_whoever_wants_no_map(agency: Tenant, client: Client) -> None:
    place(agency, 31.2, 121.4, name="Gate")

    page = client.get(reverse("stations:map"), {"view": "table"}).content.decode()

    assert "Gate" in page
    assert "leaflet" not in page
    assert "view=map" in page


def test_an_operator_and_a_stranger_do_not_see_the_same(agency: Tenant) -> None:
    station = place(agency, 31.2, 121.4, name="Gate")

    assert names(look(browser(operator_of(station)))) == {"Gate"}
    assert names(look(browser(make_agency()))) == set()


def test_tiles_of_another_server_are_let_through_the_content_policy() -> None:
    tiles = map_tiles("https://{s}.tiles.example/{z}/{x}/{y}.png", "", "© them")

    assert tiles["hosts"] == ["https://*.tiles.example"]
    assert tiles["dark"] == tiles["url"]
    assert map_tiles("", "", "")["hosts"] == []
    with pytest.raises(ValueError, match="MAP_TILES_URL"):
        map_tiles("tiles.example", "", "")
