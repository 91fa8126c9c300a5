"""Asking many terminals from their list, and what their page says of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override

from backoffice.kit import clock
from backoffice.kit.perms import Role
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.forms.commands import ASKS
from stations.models import Campaign, CampaignPile, Command, Pile, Station
from stations.result_words import result_words, title_words
from stations.services import campaigns as services
from tests.factories.stations import ACTOR, make_agency, make_online_pile, make_pile, make_station, outcome
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")

TERMS = {"wave_size": "50", "failure_share": "20", "at_once": "20", "patience_s": "0"}


def ask(client: Client, action: str, query: str = "", **typed: Any) -> Any:
    return client.post(reverse("stations:bulk_ask", args=[action]) + query, {"once": "abc"} | TERMS | typed)


@pytest.fixture
def station() -> Station:
    return make_station(make_agency())


def test_ticked_terminals_are_asked(station: Station) -> None:
    asked, left = make_online_pile(station), make_online_pile(station)
    client = browser(operator_of(station))
    page = client.get(reverse("stations.piles")).content.decode()
    assert reverse("stations:bulk") in page

    chooser = client.post(reverse("stations:bulk"), {"pk": [asked.pk]})
    assert reverse("stations:bulk_ask", args=["Reset"]) in chooser.content.decode()
    form = client.post(reverse("stations:bulk_ask", args=["Reset"]), {"pk": [asked.pk]})
    assert f'name="pk" value="{asked.pk}"' in form.content.decode()
    answer = ask(client, "Reset", pk=[asked.pk], type="Hard", reason="new prices")
    again = ask(client, "Reset", pk=[asked.pk], type="Hard", reason="new prices")

    campaign = Campaign.objects.get()
    assert answer.headers["Location"] == reverse("stations:campaign", args=[campaign.pk])
    assert again.headers["Location"] == answer.headers["Location"]
    assert campaign.params == {"action": "Reset", "payload": {"type": "Hard"}}
    assert (campaign.reason, campaign.title, campaign.wave_size) == ("new prices", "Restart", 50)
    assert [item.pile_id for item in CampaignPile.objects.all()] == [asked.pk]
    assert left.pk != asked.pk


def test_all_that_match_the_filter_are_asked(station: Station) -> None:
    piles = [make_pile(station, name=f"North {number}") for number in range(3)]
    make_pile(station, name="South")
    make_pile(make_station(), name="North of somebody else")
    client = browser(operator_of(station))
    query = "?every=1&words=North"
    preview = client.get(reverse("stations:bulk_ask", args=["ClearCache"]) + query).context["preview"]
    ask(client, "ClearCache", query)

    assert preview == {"piles": 3, "offline": 3, "lacking": 0}
    assert {item.pile_id for item in CampaignPile.objects.all()} == {pile.pk for pile in piles}


def test_the_preview_says_who_does_not_list_the_profile(station: Station) -> None:
    makes = [make_online_pile(station) for _ in range(3)]
    Pile.objects.filter(pk=makes[0].pk).update(feature_profiles=["Core"])
    Pile.objects.filter(pk=makes[1].pk).update(feature_profiles=["Core", "RemoteTrigger"])
    client = browser(operator_of(station))
    url = reverse("stations:bulk_ask", args=["TriggerMessage"]) + "?every=1"

    assert client.get(url).context["preview"] == {"piles": 3, "offline": 0, "lacking": 1}


@pytest.mark.parametrize(
    ("action", "role", "status"),
    [
        ("Reset", Role.SUPPORT, 200),
        ("Reset", Role.FINANCE, 403),
        ("ChangeConfiguration", Role.SUPPORT, 403),
        ("ChangeConfiguration", Role.ENGINEER, 200),
        ("RemoteStartTransaction", Role.OWNER, 403),
        ("Format", Role.OWNER, 404),
    ],
)
def test_who_may_ask_many(station: Station, action: str, role: Role, status: int) -> None:
    pile = make_online_pile(station)
    client = browser(operator_of(station), role)
    assert client.post(reverse("stations:bulk_ask", args=[action]), {"pk": [pile.pk]}).status_code == status
    if status != 200:
        ask(client, action, pk=[pile.pk], type="Soft", key="A", value="1", reason="why")
        assert not Campaign.objects.exists()


def test_only_engineers_may_ask_anyway(station: Station) -> None:
    pile = make_online_pile(station)
    typed: dict[str, Any] = {"pk": [pile.pk], "type": "Soft", "reason": "why", "send_anyway": "on"}
    ask(browser(operator_of(station), Role.SUPPORT), "Reset", **typed)
    assert Campaign.objects.get().send_anyway is False
    ask(browser(operator_of(station), Role.ENGINEER), "Reset", **typed)
    assert Campaign.objects.filter(send_anyway=True).count() == 1


def test_terminals_of_others_are_not_asked(station: Station) -> None:
    foreign = make_online_pile()
    client = browser(operator_of(station))

    assert client.post(reverse("stations:bulk"), {"pk": [foreign.pk]}).status_code == 404
    assert ask(client, "Reset", pk=[foreign.pk], type="Soft", reason="why").status_code == 404
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"wave_size": "0"}, "wave_size"),
        ({"wave_size": "lots"}, "wave_size"),
        ({"failure_share": "101"}, "failure_share"),
        ({"at_once": "9999"}, "at_once"),
        ({"patience_s": "5"}, "patience_s"),
        ({"type": "Odd"}, "type"),
        ({"reason": ""}, "reason"),
    ],
)
def test_nonsense_stands_at_its_field_and_nothing_is_lost(
    station: Station, typed: dict[str, str], field: str
) -> None:
    pile = make_online_pile(station)
    given: dict[str, Any] = {"pk": [pile.pk], "type": "Hard", "reason": "why"} | typed
    answer = ask(browser(operator_of(station)), "Reset", **given)

    assert field in errors(answer)
    assert f'name="pk" value="{pile.pk}"' in answer.content.decode()
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("keys", [[], ["x"], ["-1"], ["9" * 30], ["１"]])
def test_no_terminal_is_no_page(station: Station, keys: list[str]) -> None:
    assert browser(operator_of(station)).post(reverse("stations:bulk"), {"pk": keys}).status_code == 404


def test_its_page_tells_how_far_it_is_and_is_steered(station: Station) -> None:
    pile = make_online_pile(station)
    make_pile(station)
    client = browser(operator_of(station))
    ask(client, "Reset", "?every=1", type="Soft", reason="why")
    campaign = Campaign.objects.get()
    services.advance_campaigns()
    command = Command.objects.get(pile=pile)
    intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, CommandState.REJECTED)])

    def post(name: str, **typed: str) -> str:
        answer = client.post(reverse(f"stations:campaign_{name}", args=[campaign.pk]), typed)
        assert answer.status_code == 302
        campaign.refresh_from_db()
        return campaign.state

    assert post("pause") == "paused"
    page = client.get(reverse("stations:campaign", args=[campaign.pk])).content.decode()
    assert "Paused: nobody more is asked." in page
    assert post("again") == "paused"
    assert Campaign.objects.count() == 1
    assert post("resume") == "running"
    services.advance_campaigns()
    services.advance_campaigns()
    page = client.get(reverse("stations:campaign", args=[campaign.pk])).content.decode()
    assert "2 of 2 terminals have ended." in page and pile.name in page
    results = client.get(reverse("stations.campaign_piles"), {"campaign": campaign.token})
    assert results.context["page"].total == 2
    post("again")
    assert Campaign.objects.count() == 2


def test_whoever_could_not_begin_it_cannot_stop_it(station: Station) -> None:
    make_online_pile(station)
    operator = operator_of(station)
    ask(browser(operator), "ClearCache", "?every=1")
    campaign = Campaign.objects.get()
    support = browser(operator, Role.SUPPORT)

    for name in ("pause", "resume", "stop", "again"):
        url = reverse(f"stations:campaign_{name}", args=[campaign.pk])
        assert support.post(url, {"reason": "because"}).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == "running"


def test_title_and_results_are_said_in_the_language_of_whoever_reads(station: Station) -> None:
    pile = make_online_pile(station)
    with override("zh-hans"):
        campaign = services.create_campaign(
            "command",
            Pile.objects.filter(pk=pile.pk),
            tenant_id=operator_of(station).pk,
            actor=ACTOR,
            title=str(ASKS["Reset"].label).rstrip("…"),
            params={"action": "Reset", "payload": {"type": "Soft"}},
        )
        result = gettext("The terminal could not be heard.")
    assert campaign.title != "Restart"
    CampaignPile.objects.filter(campaign=campaign).update(state="failed", result=result, ended_at=clock.now())
    client = browser(operator_of(station))
    pages = [reverse("stations:campaign", args=[campaign.pk]), reverse("stations.campaigns")]
    answers = [client.get(page) for page in pages]
    found = [answer.content.decode() for answer in answers]

    assert all("Restart" in page and campaign.title not in page for page in found)
    assert "The terminal could not be heard." in found[0]
    assert "Not at all" in found[0]
    [row] = [row.record for row in answers[1].context["table"].rows]
    assert (row.done_count, row.failed_count) == (0, 1), "the bar shows what succeeded"


def test_what_somebody_typed_and_what_a_terminal_said_stand_as_they_are() -> None:
    assert result_words("Rejected by vendor 7") == "Rejected by vendor 7"
    assert title_words("Roll out 4.3.0") == "Roll out 4.3.0"
    with override("zh-hans"):
        told = str(title_words("Read settings · VLT 60"))
    assert told.endswith(" · VLT 60")
    assert told != "Read settings · VLT 60"
