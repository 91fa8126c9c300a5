"""Roots that many terminals are to trust, or to trust no more: each in its own words, to its own end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.perms import Role
from ocpp_gateway.wire import CommandState
from stations import intake, pki
from stations.models import Campaign, CampaignPile, Command, Pile, Station
from stations.services import campaigns
from tests.factories.stations import ACTOR, make_online_pile, make_station, outcome
from tests.stations.browsing import browser, errors, operator_of
from tests.support import certificates as made

pytestmark = pytest.mark.usefixtures("everything")

USE = "CentralSystemRootCertificate"
NAMES = ("issuerNameHash", "issuerKeyHash", "serialNumber")
OTHER = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "0c"}


def begin(kind: str, piles: list[Pile], **params: Any) -> Campaign:
    rows = Pile.objects.filter(pk__in=[pile.pk for pile in piles])
    campaign = campaigns.create_campaign(
        kind,
        rows,
        tenant_id=piles[0].tenant_id,
        actor=ACTOR,
        params={"use": USE, "certificate": made.root().certificate} | params,
        reason="new root",
    )
    campaigns.advance(campaign)
    return campaign


def results(campaign: Campaign) -> dict[int, tuple[str, str]]:
    campaigns.advance(campaign)
    return {row.pile_id: (row.state, row.result) for row in CampaignPile.objects.filter(campaign=campaign)}


def asked(pile: Pile) -> Command:
    return Command.objects.filter(pile=pile).latest("pk")


def says(pile: Pile, state: CommandState, **answer: Any) -> None:
    command = asked(pile)
    intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, state, answer=answer)])


def named(algorithm: str) -> dict[str, str]:
    """The root as a pile names it that hashes so, in capitals and with a zero in front."""
    identifier = pki.id_of(made.root().certificate, algorithm)
    assert identifier is not None
    name, key, number = identifier
    return {"hashAlgorithm": algorithm, **dict(zip(NAMES, (name.upper(), key, "0" + number), strict=True))}


@pytest.fixture
def station(everything: None) -> Station:
    return make_station()


def test_many_are_told_to_trust_a_root_and_what_each_said_is_its_result(station: Station) -> None:
    agrees, refuses, fails, knows_not = (make_online_pile(station) for _ in range(4))
    campaign = begin("root.install", [agrees, refuses, fails, knows_not])
    commands = list(Command.objects.all())
    assert {(row.action, row.payload["certificate"]) for row in commands} == {
        ("InstallCertificate", made.root().certificate)
    }
    assert {row.pile_id for row in commands} == {agrees.pk, refuses.pk, fails.pk, knows_not.pk}
    says(agrees, CommandState.ACCEPTED, status="Accepted")
    says(refuses, CommandState.REJECTED, status="Rejected")
    says(fails, CommandState.REJECTED, status="Failed")
    says(knows_not, CommandState.ERROR, status="NotImplemented")

    assert results(campaign) == {
        agrees.pk: ("done", "It trusts it now."),
        refuses.pk: ("failed", "The terminal refused"),
        fails.pk: ("failed", "The terminal could not"),
        knows_not.pk: ("failed", "The terminal cannot do this"),
    }


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_each_forgets_a_root_by_the_hashes_of_its_own_choice(station: Station, algorithm: str) -> None:
    pile = make_online_pile(station)
    campaign = begin("root.delete", [pile])
    assert (asked(pile).action, asked(pile).payload) == (
        "GetInstalledCertificateIds",
        {"certificateType": USE},
    )
    assert results(campaign) == {pile.pk: ("running", "")}
    said = ["nonsense", OTHER, named(algorithm)]
    says(pile, CommandState.ACCEPTED, status="Accepted", certificateHashData=said)

    assert results(campaign) == {pile.pk: ("running", "")}
    assert (asked(pile).action, asked(pile).payload) == (
        "DeleteCertificate",
        {"certificateHashData": named(algorithm)},
    )
    says(pile, CommandState.ACCEPTED, status="Accepted")
    assert results(campaign) == {pile.pk: ("done", "It trusts it no more.")}


def test_it_is_asked_to_delete_once_however_often_is_looked(station: Station) -> None:
    pile = make_online_pile(station)
    campaign = begin("root.delete", [pile])
    says(pile, CommandState.ACCEPTED, status="Accepted", certificateHashData=[named("SHA256")])
    for _ in range(3):
        assert results(campaign) == {pile.pk: ("running", "")}
    assert Command.objects.filter(action="DeleteCertificate").count() == 1


def test_one_that_does_not_have_it_is_done_and_is_told_nothing(station: Station) -> None:
    none, others, gone = (make_online_pile(station) for _ in range(3))
    campaign = begin("root.delete", [none, others, gone])
    says(none, CommandState.REJECTED, status="NotFound")
    says(others, CommandState.ACCEPTED, status="Accepted", certificateHashData=[OTHER])
    says(gone, CommandState.ACCEPTED, status="Accepted", certificateHashData=[named("SHA256")])
    results(campaign)
    says(gone, CommandState.REJECTED, status="NotFound")

    ended = ("done", "It does not have it.")
    assert results(campaign) == {pile.pk: ended for pile in (none, others, gone)}
    assert [row.pile_id for row in Command.objects.filter(action="DeleteCertificate")] == [gone.pk]


def test_one_that_needs_it_keeps_it_and_one_that_cannot_tell_fails(station: Station) -> None:
    keeps, mute = (make_online_pile(station) for _ in range(2))
    campaign = begin("root.delete", [keeps, mute])
    says(mute, CommandState.ERROR, status="NotImplemented")
    says(keeps, CommandState.ACCEPTED, status="Accepted", certificateHashData=[named("SHA256")])
    results(campaign)
    says(keeps, CommandState.REJECTED, status="Failed")

    assert results(campaign) == {
        keeps.pk: ("failed", "The terminal could not"),
        mute.pk: ("failed", "The terminal cannot do this"),
    }


@pytest.mark.parametrize("kind", ["root.install", "root.delete"])
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"use": "Else"}, "use"),
        ({"certificate": "nonsense"}, "certificate"),
        ({"certificate": made.root().certificate * 2}, "certificate"),
        ({"certificate": None}, "certificate"),
    ],
)
def test_what_is_no_root_is_not_begun_with(
    station: Station, kind: str, params: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        begin(kind, [make_online_pile(station)], **params)
    assert refused.value.code == code
    assert not Campaign.objects.exists() and not Command.objects.exists()


def test_the_root_that_our_gateways_are_known_by_is_offered_and_is_not_deleted(
    station: Station, settings: LazySettings, tmp_path: Path
) -> None:
    (tmp_path / "roots.pem").write_text(made.root().certificate)
    settings.OCPP_TLS_ROOTS = str(tmp_path / "roots.pem")
    pile = make_online_pile(station)
    client = browser(operator_of(station), Role.ENGINEER)
    page = client.post(reverse("stations:bulk_root_install"), {"pk": [pile.pk]})
    assert page.context["form"]["certificate"].value() == made.root().certificate

    typed = {"use": USE, "certificate": made.root().certificate, "reason": "old one", "once": "abc"}
    terms = {"wave_size": "50", "failure_share": "0", "at_once": "20", "patience_s": "0"}
    answer = client.post(reverse("stations:bulk_root_delete"), typed | terms | {"pk": [pile.pk]})
    assert list(errors(answer)) == ["certificate"] and "BEGIN CERTIFICATE" in answer.content.decode()
    assert not Campaign.objects.exists()
    old = pki.make_authority(
        "old", organization="Tests", kind=pki.KeyKind.EC, at=clock.now() - timedelta(days=1)
    )
    answer = client.post(
        reverse("stations:bulk_root_delete"),
        typed | terms | {"pk": [pile.pk], "certificate": old.certificate},
    )
    assert answer.status_code == 302 and Campaign.objects.get().kind == "root.delete"
