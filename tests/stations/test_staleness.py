"""Asking a pile for what is old, wherever it is shown."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.perms import Role
from stations import intake
from stations.models import Command, Pile
from stations.staleness import HEARD_OLD_AFTER, METER_OLD_AFTER, is_old
from tests.factories.stations import Talk, make_online_pile, make_pile
from tests.stations.browsing import browser, operator_of

pytestmark = pytest.mark.usefixtures("everything")


def ask_for(pile: Pile, what: str, number: int) -> str:
    return reverse("stations:ask_for", args=[pile.pk, what, number])


def test_old_is_what_was_never_or_long_ago_reported() -> None:
    now = clock.now()

    assert is_old(None, now, METER_OLD_AFTER)
    assert is_old(now - METER_OLD_AFTER - timedelta(seconds=1), now, METER_OLD_AFTER)
    assert not is_old(now - METER_OLD_AFTER, now, METER_OLD_AFTER)
    assert not is_old(now + timedelta(days=1), now, METER_OLD_AFTER)


def test_a_connector_that_was_not_heard_of_can_be_asked_for() -> None:
    pile = make_online_pile()
    intake.report_status([Talk(pile).status(1, "Available")])
    page = browser(operator_of(pile)).get(reverse("stations:pile", args=[pile.pk])).content.decode()

    assert ask_for(pile, "status", 2) in page
    assert ask_for(pile, "status", 1) not in page, "it has just reported"


def test_asking_sends_one_command_however_often_it_is_pressed() -> None:
    pile = make_online_pile()
    client = browser(operator_of(pile), Role.SUPPORT)
    for _time in range(3):
        client.post(ask_for(pile, "meter", 2))

    command = Command.objects.get()
    assert command.payload == {"requestedMessage": "MeterValues", "connectorId": 2}
    client.post(ask_for(pile, "status", 0))
    assert Command.objects.latest("pk").payload == {"requestedMessage": "StatusNotification"}


def test_asking_leads_back_and_says_when_it_cannot_be() -> None:
    pile = make_pile()
    client = browser(operator_of(pile))
    answer = client.post(f"{ask_for(pile, 'status', 1)}?next=/piles/", follow=True)

    assert "offline" in answer.content.decode() and answer.redirect_chain[0][0] == "/piles/"
    assert not Command.objects.exists()


@pytest.mark.parametrize("what", ["boot", "Heartbeat", "x"])
def test_only_what_can_be_stale_is_asked_for(what: str) -> None:
    pile = make_online_pile()
    client = browser(operator_of(pile))

    assert client.post(ask_for(pile, what, 1)).status_code == 404
    assert client.get(ask_for(pile, "status", 1)).status_code == 404
    assert client.post(ask_for(make_online_pile(), "status", 1)).status_code == 404
    assert browser(operator_of(pile), Role.FINANCE).post(ask_for(pile, "status", 1)).status_code == 403
    assert not Command.objects.exists()


def test_what_a_terminal_reports_of_itself_can_be_asked_for_too() -> None:
    pile = make_online_pile()
    client = browser(operator_of(pile))
    url = reverse("stations:pile", args=[pile.pk])
    assert ask_for(pile, "status", 0) in client.get(url).content.decode(), "it never said how it is"

    intake.report_status([Talk(pile).status(0, "Available")])
    page = client.get(url).content.decode()
    assert ask_for(pile, "status", 0) not in page and ask_for(pile, "life", 0) not in page
    Pile.objects.filter(pk=pile.pk).update(last_seen_at=clock.now() - HEARD_OLD_AFTER - timedelta(seconds=1))
    assert ask_for(pile, "life", 0) in client.get(url).content.decode()
    client.post(ask_for(pile, "life", 0))
    assert Command.objects.get().payload == {"requestedMessage": "Heartbeat"}


def test_a_station_offers_to_ask_each_terminal_of_which_something_is_old() -> None:
    stale = make_online_pile()
    fresh = make_online_pile(stale.station)
    intake.report_status([Talk(fresh).status(number, "Available") for number in range(3)])
    away = make_pile(stale.station)
    url = reverse("stations:station", args=[stale.station_id])
    page = browser(operator_of(stale)).get(url).content.decode()

    assert f"{ask_for(stale, 'status', 0)}?next={quote(url, safe='')}" in page
    assert ask_for(fresh, "status", 0) not in page
    assert "The terminal is offline" in page and away.name in page
    assert (
        ask_for(stale, "status", 0) not in browser(operator_of(stale), Role.FINANCE).get(url).content.decode()
    )
