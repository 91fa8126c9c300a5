"""What templates want is pushed to many piles, one setting after the other, with a result for each."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_gateway.wire import CommandState
from stations import intake
from stations.models import (
    CampaignPile,
    Command,
    Pile,
    PileModel,
    Station,
)
from stations.selectors import template_keys, template_list
from stations.services import campaigns
from tenants.models import Tenant
from tenants.selectors import path_of
from tests.factories.stations import (
    ACTOR,
    Talk,
    make_model,
    make_online_pile,
    make_station,
)
from tests.stations.telling import answer, entry, latest, read, template

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def station() -> Station:
    return make_station()


@pytest.fixture
def model(station: Station) -> PileModel:
    return make_model(Tenant.objects.get(pk=path_of(station.tenant_id).manufacturer_id))


@pytest.fixture
def pile(station: Station, model: PileModel) -> Pile:
    return make_online_pile(station, model=model)


def push(pile: Pile, **terms: Any) -> CampaignPile:
    campaign = campaigns.create_campaign(
        "configuration.push",
        Pile.objects.filter(pk=pile.pk),
        tenant_id=pile.tenant_id,
        actor=ACTOR,
        **terms,
    )
    campaigns.advance_campaigns()
    return CampaignPile.objects.get(campaign=campaign)


def test_a_push_reads_changes_what_differs_one_by_one_and_says_what_came_of_each(
    pile: Pile, model: PileModel
) -> None:
    template(model, A="1", B="2", C="3", D="4", Same="s")
    item = push(pile)
    first = latest("GetConfiguration")
    assert (first.payload, first.about) == ({"key": ["A", "B", "C", "D", "Same"]}, item.about)
    told = [entry(key, "0") for key in "ABC"] + [entry("D", "0", readonly=True), entry("Same", "s")]
    answer(first, answer={"configurationKey": told})
    for key, value, state, status in [
        ("A", "1", CommandState.ACCEPTED, "Accepted"),
        ("B", "2", CommandState.ACCEPTED, "RebootRequired"),
        ("C", "3", CommandState.REJECTED, "NotSupported"),
    ]:
        campaigns.advance_campaigns()
        command = latest("ChangeConfiguration")
        assert command.payload == {"key": key, "value": value}
        campaigns.advance_campaigns()
        assert latest("ChangeConfiguration").pk == command.pk
        answer(command, state, answer={"status": status})
    campaigns.advance_campaigns()
    campaigns.advance_campaigns()

    item.refresh_from_db()
    assert item.state == "failed"
    assert item.result == "2 changed · NotSupported: C · RebootRequired: B"
    assert Command.objects.filter(action="ChangeConfiguration").count() == 3


def test_a_push_of_what_is_right_already_changes_nothing(pile: Pile, model: PileModel) -> None:
    template(model, A="1")
    item = push(pile)
    answer(latest("GetConfiguration"), answer={"configurationKey": [entry("A", "1")]})
    campaigns.advance_campaigns()
    campaigns.advance_campaigns()
    item.refresh_from_db()
    assert (item.state, item.result) == ("done", "All as wanted")
    assert not Command.objects.filter(action="ChangeConfiguration").exists()


def test_a_pile_that_leaves_in_the_middle_of_a_push_has_failed(pile: Pile, model: PileModel) -> None:
    template(model, A="1", B="2")
    item = push(pile)
    answer(latest("GetConfiguration"), answer={"configurationKey": [entry("A", "0"), entry("B", "0")]})
    campaigns.advance_campaigns()
    answer(latest("ChangeConfiguration"), answer={"status": "Accepted"})
    intake.disconnect([Talk(pile).disconnected()])
    campaigns.advance_campaigns()
    item.refresh_from_db()
    assert item.state == "failed"
    assert "offline" in item.result


def test_many_are_read_and_what_they_do_not_know_is_told(pile: Pile) -> None:
    campaign = campaigns.create_campaign(
        "configuration.read",
        Pile.objects.filter(pk=pile.pk),
        tenant_id=pile.tenant_id,
        actor=ACTOR,
        params={"keys": ["A", "B"]},
    )
    campaigns.advance_campaigns()
    answer(latest("GetConfiguration"), answer={"configurationKey": [entry("A", "1")], "unknownKey": ["B"]})
    campaigns.advance_campaigns()
    item = CampaignPile.objects.get(campaign=campaign)
    assert (item.state, item.result) == ("done", "1 setting; not known: B")


def test_templates_count_what_they_want_and_who_differs(pile: Pile, model: PileModel) -> None:
    row = template(model, A="1", B="2")
    read(pile, entry("A", "0"), entry("B", "2"))
    listed = template_list().filter(pk=row.pk).values_list("key_count", "pile_count", "drift_count")
    assert list(listed) == [(2, 1, 1)]
    assert list(template_keys(row).values_list("key", "same", "off", "unread")) == [
        ("A", 0, 1, 0),
        ("B", 1, 0, 0),
    ]


def test_a_template_counts_only_what_it_wants_itself(pile: Pile, model: PileModel) -> None:
    operator = Tenant.objects.get(pk=path_of(pile.tenant_id).operator_id)
    upper, lower = template(model, A="1", B="2"), template(model, operator, C="3", B="9")
    read(pile, entry("A", "0"), entry("B", "0"), entry("C", "3"))

    assert dict(template_list().values_list("pk", "drift_count")) == {upper.pk: 1, lower.pk: 1}
