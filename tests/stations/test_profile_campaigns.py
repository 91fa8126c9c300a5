"""Charging profiles for many terminals: who gets one, what becomes of it at each, and what cannot be asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import Campaign, CampaignPile, ChargingProfile, Command, Pile, Station
from stations.services import campaigns
from tests.factories.stations import ACTOR, make_online_pile, make_station, outcome
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")

TYPED: dict[str, Any] = {
    "once": "abc",
    "wave_size": "50",
    "failure_share": "0",
    "at_once": "20",
    "patience_s": "0",
    "purpose": "ChargePointMaxProfile",
    "connector": "0",
    "transaction": "",
    "stack_level": "1",
    "kind": "Absolute",
    "start": "2026-11-21T22:00",
    "unit": "W",
    "reason": "the grid is weak",
    "rows": "2",
    "from_0": "0",
    "limit_0": "50",
}
WANTED = {
    "chargingProfileId": 0,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
    },
}


@pytest.fixture
def station(everything: None) -> Station:
    return make_station()


@pytest.fixture
def client(station: Station) -> Client:
    return browser(operator_of(station), Role.ENGINEER)


def press(client: Client, piles: list[Pile], name: str = "bulk_profile", **typed: Any) -> Any:
    return client.post(reverse(f"stations:{name}"), TYPED | {"pk": [pile.pk for pile in piles]} | typed)


def answered(pile: Pile, state: CommandState, **over: Any) -> None:
    command = Command.objects.filter(pile=pile).latest("pk")
    intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, state, **over)])


def results(campaign: Campaign) -> dict[int, tuple[str, str]]:
    campaigns.advance(campaign)
    rows = CampaignPile.objects.filter(campaign=campaign)
    return {row.pile_id: (row.state, row.result) for row in rows}


def begin(kind: str, params: dict[str, Any], piles: list[Pile]) -> Campaign:
    rows = Pile.objects.filter(pk__in=[pile.pk for pile in piles])
    return campaigns.create_campaign(
        kind, rows, tenant_id=piles[0].tenant_id, actor=ACTOR, params=params, reason="tests"
    )


def test_ticked_terminals_get_a_profile_each_to_its_own_end(station: Station, client: Client) -> None:
    piles = [make_online_pile(station) for _ in range(4)]
    Pile.objects.filter(pk=piles[0].pk).update(feature_profiles=["Core"])
    chooser = client.post(reverse("stations:bulk"), {"pk": [pile.pk for pile in piles]}).content.decode()
    assert reverse("stations:bulk_profile") in chooser
    form = client.post(reverse("stations:bulk_profile"), {"pk": [pile.pk for pile in piles]})
    assert form.context["preview"] == {"piles": 4, "offline": 0, "lacking": 1}
    assert not ChargingProfile.objects.exists()

    address = press(client, piles).headers["Location"]
    assert press(client, piles).headers["Location"] == address, "sent twice"
    campaign = Campaign.objects.get()
    campaigns.advance(campaign)
    profiles = {row.pile_id: row for row in ChargingProfile.objects.all()}
    assert profiles.keys() == {pile.pk for pile in piles[1:]}
    row = profiles[piles[1].pk]
    assert Command.objects.get(pile=piles[1]).payload == {"connectorId": 0, "csChargingProfiles": row.content}
    assert row.content["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 50_000}]
    assert row.content["chargingProfileId"] == row.pk
    answered(piles[1], CommandState.ACCEPTED, answer={"status": "Accepted"})
    answered(piles[2], CommandState.REJECTED, answer={"status": "Rejected"})
    answered(piles[3], CommandState.ERROR, error="NotSupported")

    assert results(campaign) == {
        piles[0].pk: ("skipped", "The terminal does not list the feature profile SmartCharging."),
        piles[1].pk: ("done", "Accepted"),
        piles[2].pk: ("failed", "The terminal refused it."),
        piles[3].pk: ("failed", "This terminal has no smart charging."),
    }
    page = client.get(address).content.decode()
    assert "the grid is weak" in page and "The terminal refused it." in page


def test_an_engineer_may_ask_those_that_do_not_list_it_anyway(station: Station, client: Client) -> None:
    pile = make_online_pile(station)
    Pile.objects.filter(pk=pile.pk).update(feature_profiles=["Core"])
    press(client, [pile], send_anyway="on")
    campaigns.advance(Campaign.objects.get())
    assert ChargingProfile.objects.get().pile == pile


def test_more_rows_keep_what_was_typed_and_whom_it_is_about(station: Station, client: Client) -> None:
    pile = make_online_pile(station)
    page = press(client, [pile], limit_0="77.5", more="1").content.decode()

    assert 'value="77.5"' in page and 'name="limit_4"' in page and f'name="pk" value="{pile.pk}"' in page
    assert not Campaign.objects.exists()


def test_many_forget_what_matches_and_what_was_not_there_is_no_failure(
    station: Station, client: Client
) -> None:
    piles = [make_online_pile(station) for _ in range(3)]
    typed = {"purpose": "TxDefaultProfile", "stack_level": ""}
    press(client, piles, "bulk_profile_clear", **typed)
    campaign = Campaign.objects.get()
    campaigns.advance(campaign)
    assert [command.payload for command in Command.objects.all()] == [
        {"chargingProfilePurpose": "TxDefaultProfile"}
    ] * 3
    answered(piles[0], CommandState.ACCEPTED, answer={"status": "Accepted"})
    answered(piles[1], CommandState.REJECTED, answer={"status": "Unknown"})
    answered(piles[2], CommandState.ERROR, error="NotSupported")

    assert results(campaign) == {
        piles[0].pk: ("done", "Accepted"),
        piles[1].pk: ("done", "The terminal had no such profile."),
        piles[2].pk: ("failed", "This terminal has no smart charging."),
    }


@pytest.mark.statement(102)
@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"purpose": "TxProfile"}, "purpose"),
        ({"kind": "Relative", "start": ""}, "kind"),
        ({"limit_0": "-1"}, "limit_0"),
        ({"limit_0": ""}, "limit_0"),
        ({"reason": ""}, "reason"),
        ({"wave_size": "0"}, "wave_size"),
        ({"stack_level": "x"}, "stack_level"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_begins(
    station: Station, client: Client, over: dict[str, str], field: str
) -> None:
    page = press(client, [make_online_pile(station)], **over)

    assert page.status_code == 200 and field in errors(page)
    assert not Campaign.objects.exists() and not ChargingProfile.objects.exists()


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("profile.set", {}),
        ("profile.set", {"profile": "x"}),
        ("profile.set", {"profile": WANTED | {"chargingProfilePurpose": "TxProfile"}}),
        ("profile.set", {"profile": WANTED | {"stackLevel": -1}}),
        ("profile.clear", {}),
        ("profile.clear", {"what": {"id": 7}}),
        ("profile.clear", {"what": {"connectorId": 1}}),
    ],
)
def test_what_many_have_not_in_common_is_not_asked_of_them(
    station: Station, kind: str, params: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refused:
        begin(kind, params, [make_online_pile(station)])
    assert refused.value.code == "malformed"
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("name", ["bulk_profile", "bulk_profile_clear"])
def test_only_engineers_and_only_of_their_own_terminals(station: Station, client: Client, name: str) -> None:
    pile, foreign = make_online_pile(station), make_online_pile()
    support = browser(operator_of(station), Role.SUPPORT)
    assert press(support, [pile], name).status_code == 403
    assert (
        reverse(f"stations:{name}")
        not in support.post(reverse("stations:bulk"), {"pk": [pile.pk]}).content.decode()
    )
    press(client, [foreign], name)
    assert client.get(reverse(f"stations:{name}")).status_code == 404
    assert not CampaignPile.objects.exists() and not Command.objects.exists()
