"""New proofs and local lists for many terminals: each to its own end, and who may begin them."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import reverse

from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import (
    Campaign,
    CampaignPile,
    Command,
    ListState,
    LocalListPile,
    Pile,
    SecurityUpgrade,
    Station,
)
from stations.services import campaigns, signing, upgrades
from tests.factories.access import Keeper
from tests.factories.stations import ACTOR, make_online_pile, make_station, outcome
from tests.stations.browsing import browser, errors, operator_of
from tests.stations.signing_steps import SERIAL, answered, ask, pile_with_serial
from tests.support import certificates as made

pytestmark = pytest.mark.usefixtures("everything")

ROOT = {"use": "CentralSystemRootCertificate", "certificate": made.root().certificate}
TERMS = {"once": "abc", "wave_size": "50", "failure_share": "0", "at_once": "20", "patience_s": "0"}


def begin(kind: str, params: dict[str, Any], piles: list[Pile]) -> Campaign:
    rows = Pile.objects.filter(pk__in=[pile.pk for pile in piles])
    campaign = campaigns.create_campaign(
        kind, rows, tenant_id=piles[0].tenant_id, actor=ACTOR, params=params, reason="yearly"
    )
    campaigns.advance(campaign)
    return campaign


def results(campaign: Campaign) -> dict[int, tuple[str, str]]:
    campaigns.advance(campaign)
    return {row.pile_id: (row.state, row.result) for row in CampaignPile.objects.filter(campaign=campaign)}


def says(pile: Pile, state: CommandState, status: str) -> None:
    command = Command.objects.filter(pile=pile).latest("pk")
    intake.keep_outcomes(
        [outcome(command, CommandState.SENT), outcome(command, state, answer={"status": status})]
    )


@pytest.fixture
def station(everything: None) -> Station:
    return make_station()


@pytest.mark.statement(111)
def test_many_get_a_new_password_and_what_each_said_is_its_result(station: Station) -> None:
    piles = [make_online_pile(station) for _ in range(2)]
    salts = {pile.pk: pile.key_salt for pile in piles}
    campaign = begin("security.upgrade", {"target": 0, "new_key": True}, piles)
    upgrades.follow_upgrades()
    assert results(campaign) == {pile.pk: ("running", "") for pile in piles}
    says(piles[0], CommandState.ACCEPTED, "Accepted")
    says(piles[1], CommandState.REJECTED, "Rejected")
    upgrades.follow_upgrades()

    assert results(campaign) == {
        piles[0].pk: ("done", "Security profile 1"),
        piles[1].pk: ("failed", "The terminal refused"),
    }
    changed = {row.pk for row in Pile.objects.all() if row.key_salt != salts.get(row.pk)}
    assert changed & salts.keys() == {piles[0].pk}


def test_one_that_is_on_its_way_already_is_passed_over(station: Station) -> None:
    pile = make_online_pile(station)
    upgrades.start_upgrade(pile, actor=ACTOR, target=1)
    campaign = begin("security.upgrade", {"target": 0, "new_key": True}, [pile])

    assert results(campaign) == {pile.pk: ("skipped", "This terminal is on its way already.")}
    assert SecurityUpgrade.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "params", "code"),
    [
        ("security.upgrade", {}, "not_served"),
        ("security.upgrade", {"target": 2, "new_key": True}, "not_served"),
        ("security.upgrade", {"target": "1", "new_key": True}, "not_served"),
        ("security.upgrade", {"target": 0}, "nothing"),
        ("local_list", {"how": "burn"}, "malformed"),
        ("local_list", {}, "malformed"),
    ],
)
def test_what_makes_no_sense_is_not_begun(
    station: Station, kind: str, params: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        begin(kind, params, [make_online_pile(station)])
    assert refused.value.code == code
    assert not Campaign.objects.exists()


@pytest.mark.statement(115)
def test_many_renew_their_certificates_and_end_when_they_have_taken_them() -> None:
    pile = pile_with_serial()
    mute = make_online_pile(pile.station)
    campaign = begin("certificate.renew", {}, [pile, mute])
    commands = {row.pile_id: row for row in Command.objects.filter(action="ExtendedTriggerMessage")}
    for one, state, status in (
        (pile, CommandState.ACCEPTED, "Accepted"),
        (mute, CommandState.REJECTED, "NotImplemented"),
    ):
        intake.keep_outcomes(
            [
                outcome(commands[one.pk], CommandState.SENT),
                outcome(commands[one.pk], state, answer={"status": status}),
            ]
        )
    assert results(campaign) == {
        pile.pk: ("running", ""),
        mute.pk: ("failed", "The terminal cannot do this"),
    }
    assert ask(pile, made.csr(SERIAL)) == "Accepted"
    signing.follow_requests()
    assert results(campaign)[pile.pk] == ("running", "")
    answered(CommandState.ACCEPTED, "Accepted")
    signing.follow_requests()

    assert results(campaign)[pile.pk] == ("done", "Taken by the terminal")


def test_many_are_sent_their_lists_until_they_are_in_step() -> None:
    keeper = Keeper.with_cards(3)
    campaign = begin("local_list", {"how": "full"}, [keeper.pile])
    assert results(campaign)[keeper.pile.pk][0] == "running"
    keeper.live()

    assert keeper.row.state == ListState.IN_STEP
    assert results(campaign) == {keeper.pile.pk: ("done", "In step · 3 cards")}
    cleared = begin("local_list", {"how": "clear"}, [keeper.pile])
    keeper.live()
    assert results(cleared) == {keeper.pile.pk: ("done", "It knows no card now.")}
    assert keeper.has == set()


def test_one_that_has_no_local_list_says_so() -> None:
    keeper = Keeper.with_cards(1)
    keeper.answers["SendLocalList"] = (CommandState.REJECTED, {"status": "NotSupported"})
    campaign = begin("local_list", {"how": "full"}, [keeper.pile])
    keeper.live()

    assert LocalListPile.objects.get().state == ListState.UNSUPPORTED
    assert results(campaign) == {keeper.pile.pk: ("failed", "The terminal has no local list.")}


@pytest.mark.parametrize(
    ("name", "typed", "kind", "denied"),
    [
        ("bulk_upgrade", {"target": "0", "new_key": "on"}, "security.upgrade", Role.MANAGER),
        ("bulk_renew", {}, "certificate.renew", Role.MANAGER),
        ("bulk_root_install", ROOT, "root.install", Role.MANAGER),
        ("bulk_root_delete", ROOT, "root.delete", Role.MANAGER),
        ("bulk_lists", {"how": "version"}, "local_list", Role.SUPPORT),
    ],
)
def test_they_are_begun_from_the_list_by_those_who_may(
    station: Station, name: str, typed: dict[str, str], kind: str, denied: Role
) -> None:
    pile, foreign = make_online_pile(station), make_online_pile()
    address, keys = reverse(f"stations:{name}"), {"pk": [pile.pk, foreign.pk]}
    engineer, other = browser(operator_of(station), Role.ENGINEER), browser(operator_of(station), denied)
    assert other.post(address, TERMS | typed | keys | {"reason": "yearly"}).status_code == 403
    assert address not in other.post(reverse("stations:bulk"), keys).content.decode()
    assert not Campaign.objects.exists()

    assert address in engineer.post(reverse("stations:bulk"), keys).content.decode()
    assert engineer.post(address, keys).status_code == 200
    assert "reason" in errors(engineer.post(address, TERMS | typed | keys))
    engineer.post(address, TERMS | typed | keys | {"reason": "yearly"})
    assert Campaign.objects.get().kind == kind
    assert [item.pile_id for item in CampaignPile.objects.all()] == [pile.pk]


def test_only_profiles_that_are_served_are_offered(station: Station, settings: LazySettings) -> None:
    settings.OCPP_TLS_PORT, settings.OCPP_MTLS_PORT = 9443, 0
    pile = make_online_pile(station)
    client = browser(operator_of(station), Role.ENGINEER)
    form = client.post(reverse("stations:bulk_upgrade"), {"pk": [pile.pk]}).context["form"]
    assert [value for value, _label in form.fields["target"].choices] == [0, 1, 2]
