"""Handing over in a browser: picked in the list, pasted or sent, and decided by the other side. Sheets of labels."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.kit.perms import Role
from stations.models import Handover, Pile, Station
from stations.services import devices, sites
from stations.views import labels
from tests.factories.stations import ACTOR, make_pile, make_station
from tests.factories.tenants import Forest, make_forest
from tests.stations.browsing import browser, errors
from tests.support.sending import upload, workbook

pytestmark = pytest.mark.usefixtures("everything")

PILES, STATIONS = "stations:offer_piles", "stations:offer_stations"


@pytest.fixture
def forest() -> Forest:
    return make_forest()


@pytest.fixture
def giver(forest: Forest) -> Client:
    return browser(forest.operator)


def offer(client: Client, name: str, to: Any, keys: str, **over: str) -> Any:
    sent = {"once": "abc", "to": str(to.pk), "days": "14", "note": "one truck", "keys": keys} | over
    return client.post(reverse(name), sent)


def test_terminals_are_picked_offered_and_accepted(forest: Forest, giver: Client) -> None:
    store = sites.store_of(forest.operator, actor=ACTOR)
    piles = [make_pile(store, name=f"A-{number}") for number in range(3)]
    below = make_pile(make_station(forest.agency), name="B-1")
    assert reverse(PILES) in giver.get(reverse("stations.piles")).content.decode()

    page = giver.post(reverse(PILES), {"pk": [row.pk for row in [*piles, below]]}).content.decode()
    assert "A-2" in page and "It belongs to somebody else." in page and "Offer 3 terminals" in page
    keys = ",".join(str(row.pk) for row in piles)
    answer = offer(giver, PILES, forest.agency, keys)
    again = offer(giver, PILES, forest.agency, keys)
    row = Handover.objects.get()
    address = reverse("stations:handover", args=[row.pk])
    assert answer.headers["Location"] == again.headers["Location"] == address
    assert "Take back…" in giver.get(address).content.decode()

    receiver = browser(forest.agency, Role.MANAGER)
    page = receiver.get(address).content.decode()
    assert "This is offered to you." in page and "one truck" in page and "A-2" in page
    assert (
        reverse("stations:handover", args=[row.pk])
        in receiver.get(reverse("stations.handovers")).content.decode()
    )
    question = reverse("stations:handover_accept", args=[row.pk])
    wrong = receiver.post(question, {"count": "2", "station": ""})
    assert "You counted 2" in errors(wrong)["count"][0] and not Pile.objects.filter(
        tenant=forest.agency, name="A-0"
    )
    receiver.post(question, {"count": "3", "station": ""})

    assert Pile.objects.filter(tenant=forest.agency, name__startswith="A-").count() == 3
    assert "Accepted" in giver.get(address).content.decode()


def test_stations_are_handed_over_with_their_terminals(forest: Forest, giver: Client) -> None:
    stations = [make_station(forest.operator, code=f"HZ-{number}") for number in range(2)]
    make_pile(stations[0])
    page = giver.post(reverse(STATIONS), {"pk": [row.pk for row in stations]}).content.decode()
    assert "Offer 2 stations" in page and "with 1 terminal" in page
    offer(giver, STATIONS, forest.agency, ",".join(str(row.pk) for row in stations))
    row = Handover.objects.get()
    receiver = browser(forest.agency)
    receiver.post(reverse("stations:handover_accept", args=[row.pk]), {"count": "2"})

    assert set(Station.objects.values_list("tenant", flat=True)) == {forest.agency.pk}


def test_a_list_is_pasted_or_sent(forest: Forest, giver: Client) -> None:
    store = sites.store_of(forest.operator, actor=ACTOR)
    first, second = make_pile(store, identity="CP-1"), make_pile(store, identity="CP-2", serial="S2")
    for typed in (
        {"listed": "CP-1, S2\nCP-1"},
        {"file": upload(workbook([["Serial", "Identity"], ["", "CP-1"], ["S2", "CP-2"]]))},
    ):
        page = giver.post(reverse(PILES), typed).content.decode()
        assert "Offer 2 terminals" in page
        assert f"{first.pk},{second.pk}" in page or f"{second.pk},{first.pk}" in page


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"listed": ""}, "listed", "Name at least one."),
        ({"listed": "CP-1 NOBODY THEIRS"}, "listed", "NOBODY, THEIRS"),
        ({"listed": "S1"}, "listed", "More than one terminal has this serial"),
        ({"file": b"Identity\nCP-1\n"}, "file", "text file"),
        ({"file": workbook([["Colour"], ["red"]])}, "file", "Identity"),
    ],
)
def test_a_list_that_is_wrong_is_refused_and_kept(
    typed: dict[str, Any], field: str, words: str, forest: Forest, giver: Client
) -> None:
    store = sites.store_of(forest.operator, actor=ACTOR)
    make_pile(store, identity="CP-1", serial="S1")
    make_pile(store, identity="CP-2", serial="S1")
    make_pile(identity="THEIRS")
    sent = {name: upload(value) if name == "file" else value for name, value in typed.items()}
    answer = giver.post(reverse(PILES), sent)

    assert words in errors(answer)[field][0]
    assert str(typed.get("listed", "")) in answer.content.decode()
    assert not Handover.objects.exists()


def test_what_was_retired_between_two_pages_is_told_and_nothing_offered(
    forest: Forest, giver: Client
) -> None:
    pile = make_pile(sites.store_of(forest.operator, actor=ACTOR))
    giver.post(reverse(PILES), {"pk": [pile.pk]})
    devices.retire_pile(pile, actor=ACTOR, reason="dropped")
    answer = offer(giver, PILES, forest.agency, str(pile.pk))

    assert "It is retired." in str(errors(answer)["__all__"])
    assert not Handover.objects.exists()


def test_a_receiver_outside_is_no_choice(forest: Forest, giver: Client) -> None:
    pile = make_pile(sites.store_of(forest.operator, actor=ACTOR))
    for to in (forest.cousin_agency, forest.dealer, forest.operator):
        assert errors(offer(giver, PILES, to, str(pile.pk)))["to"]
    assert not Handover.objects.exists()


def test_keys_of_somebody_else_and_nonsense_are_not_there(forest: Forest, giver: Client) -> None:
    theirs = make_pile()
    for keys in (str(theirs.pk), "x,-1," + "9" * 30, ""):
        assert offer(giver, PILES, forest.agency, keys).status_code in {200, 404}
    assert not Handover.objects.exists()


def test_too_many_are_not_picked_at_all(
    forest: Forest, giver: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stations.services.handovers.MOST_ROWS", 2)
    store = sites.store_of(forest.operator, actor=ACTOR)
    keys = [make_pile(store).pk for _ in range(3)]
    for answer in (
        giver.post(reverse(PILES), {"pk": [*keys, *range(10**9, 10**9 + 10_000)]}, follow=True),
        giver.get(reverse(PILES) + "?every=1", follow=True),
        giver.post(reverse(PILES), {"keys": ",".join(map(str, keys))}, follow=True),
    ):
        assert "At most 2 are handed over at once." in answer.content.decode()


def test_the_other_side_declines_or_this_one_takes_it_back(forest: Forest, giver: Client) -> None:
    store = sites.store_of(forest.operator, actor=ACTOR)
    receiver = browser(forest.agency)
    for client, action, state in ((receiver, "decline", "Declined"), (giver, "withdraw", "Withdrawn")):
        offer(giver, PILES, forest.agency, str(make_pile(store).pk), once=action)
        row = Handover.objects.order_by("-pk")[0]
        client.post(reverse(f"stations:handover_{action}", args=[row.pk]), {"reason": "one box is missing"})
        page = giver.get(reverse("stations:handover", args=[row.pk])).content.decode()
        assert state in page and "one box is missing" in page


def test_the_sibling_finds_nothing(forest: Forest, giver: Client) -> None:
    offer(giver, PILES, forest.agency, str(make_pile(sites.store_of(forest.operator, actor=ACTOR)).pk))
    row = Handover.objects.get()
    sibling = browser(forest.sibling_agency)

    assert sibling.get(reverse("stations:handover", args=[row.pk])).status_code == 404
    question = reverse("stations:handover_accept", args=[row.pk])
    assert sibling.post(question, {"count": "1"}).status_code == 404
    row.refresh_from_db()
    assert row.state == "offered"


@pytest.mark.parametrize("layout", ["2x4", "2x5", "2x7", "3x7", "3x8", "9x9"])
def test_labels_lie_on_sheets_of_the_chosen_size(layout: str, forest: Forest, giver: Client) -> None:
    station = make_station(forest.operator, hotline="400 800 1234")
    for _ in range(5):
        make_pile(station, connectors=2)
    address = reverse("stations:station_labels", args=[station.pk])
    page = giver.get(address, {"layout": layout, "paper": "letter"}).content.decode()
    usual = layout == "9x9"

    assert page.count('class="label"') == 10 and page.count('class="qr"') == 10
    assert f'class="sheet {"a4" if usual else "letter"} n{"2x4" if usual else layout}' in page
    assert page.count('class="sheet ') == (1 if layout in {"2x5", "2x7", "3x7", "3x8"} else 2)
    assert "Help: 400 800 1234." in page


def test_labels_of_many_terminals_come_in_pages(
    forest: Forest, giver: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "MOST_LABELS", 3)
    station = make_station(forest.operator)
    piles = [make_pile(station, connectors=2) for _ in range(2)]
    foreign = make_pile()
    picked = giver.post(reverse("stations:labels"), {"pk": [row.pk for row in [*piles, foreign]]})
    keys = picked.context["picked"]
    rest = giver.post(
        reverse("stations:labels"), {"keys": keys, "layout": "2x4", "paper": "a4", "start": "3"}
    )
    stolen = giver.post(reverse("stations:labels"), {"keys": str(foreign.pk)})

    assert picked.content.decode().count('class="label"') == 3
    assert rest.content.decode().count('class="label"') == 1
    assert 'class="label"' not in stolen.content.decode()
    assert giver.get(reverse("stations:labels")).status_code == 404


def test_a_sheet_asks_the_same_for_two_labels_and_for_twenty(forest: Forest, giver: Client) -> None:
    few, many = make_station(forest.operator), make_station(forest.operator)
    make_pile(few, connectors=2)
    for _ in range(5):
        make_pile(many, connectors=4)

    _queries(giver, few)  # what is asked once per minute
    assert _queries(giver, few) == _queries(giver, many)


def _queries(client: Client, station: Station) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("stations:station_labels", args=[station.pk]))
    return len(queries)
