"""Many piles asked for the same: in waves, once each, to an end at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import CommandState
from stations import campaigns, intake
from stations.campaigns import Kind, Outcome
from stations.models import Campaign, CampaignPile, Command, Pile, Station
from stations.services import campaigns as services, devices
from tests.factories.stations import ACTOR, Talk, make_online_pile, make_pile, make_station, outcome

pytestmark = pytest.mark.usefixtures("everything")

RESET = {"action": "Reset", "payload": {"type": "Soft"}}
CLEAR = {"action": "ClearCache", "payload": {}}


@pytest.fixture
def station(everything: None) -> Station:
    return make_station()


def begin(station: Station, params: dict[str, Any] = CLEAR, **terms: Any) -> Campaign:
    return services.create_campaign(
        "command",
        Pile.objects.filter(station__tenant=station.tenant_id),
        tenant_id=station.tenant_id,
        actor=ACTOR,
        params=params,
        **terms,
    )


def states(campaign: Campaign) -> list[str]:
    return list(CampaignPile.objects.filter(campaign=campaign).order_by("pk").values_list("state", flat=True))


def results(campaign: Campaign) -> list[str]:
    return list(
        CampaignPile.objects.filter(campaign=campaign).order_by("pk").values_list("result", flat=True)
    )


def answer(campaign: Campaign, *states: CommandState, **over: Any) -> None:
    """The next piles that were asked answer one by one, in the order in which they were asked."""
    asked = Command.objects.filter(about__startswith="campaign:", state="queued").order_by("pk")
    for command, state in zip(asked, states, strict=False):
        intake.keep_outcomes([outcome(command, CommandState.SENT), outcome(command, state, **over)])


def now(campaign: Campaign) -> Campaign:
    campaign.refresh_from_db()
    return campaign


def test_every_pile_is_asked_once_and_its_answer_is_its_result(station: Station) -> None:
    piles = [make_online_pile(station) for _ in range(2)]
    campaign = begin(station, reason="old cards")
    services.advance_campaigns()
    services.advance_campaigns()

    commands = Command.objects.order_by("pk")
    assert [(one.pile_id, one.action, one.reason, one.actor_ref) for one in commands] == [
        (pile.pk, "ClearCache", "old cards", ACTOR.ref) for pile in piles
    ]
    items = CampaignPile.objects.order_by("pk")
    assert [one.about for one in commands] == [f"campaign:{item.pk}" for item in items]
    assert states(campaign) == ["running", "running"]

    answer(campaign, CommandState.ACCEPTED, answer={"status": "Accepted"})
    answer(campaign, CommandState.REJECTED, answer={"status": "Rejected"})
    services.advance_campaigns()

    assert states(campaign) == ["done", "failed"]
    assert results(campaign) == ["Accepted", "Rejected"]
    assert (now(campaign).state, campaign.ended_at is not None) == ("done", True)
    assert Command.objects.count() == 2


def test_what_must_be_seen_to_happen_is_waited_for(station: Station) -> None:
    pile = make_online_pile(station)
    campaign = begin(station, RESET)
    services.advance_campaigns()
    answer(campaign, CommandState.CONNECTION_LOST)
    services.advance_campaigns()
    assert states(campaign) == ["running"]

    intake.boot([Talk(pile).booted(received_at=clock.now() + timedelta(seconds=1))])
    services.advance_campaigns()
    assert states(campaign) == ["done"]


def test_no_pile_is_under_way_for_ever(station: Station) -> None:
    make_online_pile(station)
    campaign = begin(station, RESET)
    services.advance_campaigns()
    answer(campaign, CommandState.CONNECTION_LOST)

    with clock.frozen(clock.now() + timedelta(seconds=901)):
        services.advance_campaigns()
        services.advance_campaigns()
    assert states(campaign) == ["failed"]
    assert now(campaign).state == "done"


def test_a_wave_waits_for_the_end_of_the_last(station: Station) -> None:
    for _ in range(5):
        make_online_pile(station)
    campaign = begin(station, wave_size=2, at_once=5)
    services.advance_campaigns()
    assert states(campaign) == ["running"] * 2 + ["waiting"] * 3

    answer(campaign, CommandState.ACCEPTED)
    services.advance_campaigns()
    assert states(campaign) == ["done", "running", "waiting", "waiting", "waiting"]
    answer(campaign, CommandState.ACCEPTED)
    services.advance_campaigns()
    assert states(campaign) == ["done", "done", "running", "running", "waiting"]


def test_no_more_run_at_once_than_it_says(station: Station) -> None:
    for _ in range(3):
        make_online_pile(station)
    campaign = begin(station, at_once=2)
    services.advance_campaigns()
    assert states(campaign) == ["running", "running", "waiting"]
    answer(campaign, CommandState.ACCEPTED)
    services.advance_campaigns()
    assert states(campaign) == ["done", "running", "running"]


@pytest.mark.parametrize(("share", "state"), [(50, "paused"), (51, "running"), (0, "running")])
def test_too_many_failures_in_a_wave_pause_it_before_the_next(
    station: Station, share: int, state: str
) -> None:
    for _ in range(4):
        make_online_pile(station)
    campaign = begin(station, wave_size=2, failure_share=share)
    services.advance_campaigns()
    answer(campaign, CommandState.ACCEPTED, CommandState.REJECTED)
    services.advance_campaigns()

    assert now(campaign).state == state
    begun = ["done", "failed"] + (["running"] * 2 if state == "running" else ["waiting"] * 2)
    assert states(campaign) == begun
    if state == "paused":
        assert campaign.paused_because == "1 of the 2 terminals of the last wave failed."
        assert AuditEntry.objects.filter(action="campaign.paused", actor_ref="timer:campaigns").count() == 1
        services.resume_campaign(campaign, actor=ACTOR)
        services.advance_campaigns()
        assert states(campaign) == ["done", "failed", "running", "running"]


def test_a_pile_that_cannot_be_heard_is_passed_over_or_waited_for(station: Station) -> None:
    away = make_pile(station)
    make_online_pile(station)
    campaign = begin(station)
    patient = begin(station, RESET, patience_s=600)
    services.advance_campaigns()

    assert states(campaign) == ["skipped", "running"]
    assert results(campaign)[0] == "The terminal could not be heard."
    assert states(patient) == ["waiting", "running"]
    assert not Command.objects.filter(pile=away).exists()

    talk = Talk(away)
    intake.connect([talk.connected()])
    services.advance_campaigns()
    assert states(patient) == ["waiting", "running"]
    intake.boot([talk.booted()])
    services.advance_campaigns()
    assert states(patient) == ["running", "running"]


def test_patience_ends(station: Station) -> None:
    make_pile(station)
    campaign = begin(station, patience_s=600)
    with clock.frozen(clock.now() + timedelta(seconds=601)):
        services.advance_campaigns()
        services.advance_campaigns()
    assert states(campaign) == ["skipped"]
    assert now(campaign).state == "done"


def test_a_pile_that_was_moved_away_is_not_asked(station: Station) -> None:
    elsewhere = make_station()
    pile = make_online_pile(station)
    campaign = begin(station)
    devices.move_pile(pile, to=elsewhere, actor=ACTOR, reason="sold")
    services.advance_campaigns()

    assert states(campaign) == ["skipped"]
    assert results(campaign) == ["The terminal stands elsewhere now."]
    assert not Command.objects.exists()


def test_what_a_pile_is_refused_is_its_result(station: Station) -> None:
    pile = make_online_pile(station)
    Pile.objects.filter(pk=pile.pk).update(feature_profiles=["Core"])
    trigger = {"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}}
    campaign = begin(station, trigger)
    services.advance_campaigns()
    assert states(campaign) == ["skipped"]
    assert "RemoteTrigger" in results(campaign)[0]

    anyway = begin(station, trigger, send_anyway=True)
    services.advance_campaigns()
    assert states(anyway) == ["running"]


def test_a_campaign_that_is_paused_asks_nobody_and_ends_who_was_asked(station: Station) -> None:
    for _ in range(2):
        make_online_pile(station)
    campaign = begin(station, at_once=1)
    services.advance_campaigns()
    services.pause_campaign(campaign, actor=ACTOR)
    services.pause_campaign(campaign, actor=ACTOR)
    answer(campaign, CommandState.ACCEPTED)
    services.advance_campaigns()
    assert states(campaign) == ["done", "waiting"]

    services.resume_campaign(campaign, actor=ACTOR)
    services.advance_campaigns()
    assert states(campaign) == ["done", "running"]
    assert AuditEntry.objects.filter(action="campaign.paused").count() == 1


def test_a_campaign_that_is_stopped_ends_with_those_that_were_asked(station: Station) -> None:
    for _ in range(2):
        make_online_pile(station)
    campaign = begin(station, at_once=1)
    services.advance_campaigns()
    services.stop_campaign(campaign, actor=ACTOR, reason="wrong one")
    services.advance_campaigns()
    assert states(campaign) == ["running", "skipped"]
    assert now(campaign).ended_at is None

    answer(campaign, CommandState.ACCEPTED)
    services.advance_campaigns()
    services.advance_campaigns()
    assert states(campaign) == ["done", "skipped"]
    assert (now(campaign).state, campaign.ended_at is not None) == ("stopped", True)
    with pytest.raises(Refused):
        services.resume_campaign(campaign, actor=ACTOR)
    assert now(campaign).state == "stopped"


def test_the_rest_is_asked_again_by_a_campaign_of_its_own(station: Station) -> None:
    good, bad, away = make_online_pile(station), make_online_pile(station), make_pile(station)
    campaign = begin(station)
    with pytest.raises(Refused):
        services.retry_failed(campaign, actor=ACTOR, tenant_id=station.tenant_id)
    services.advance_campaigns()
    answer(campaign, CommandState.ACCEPTED, CommandState.ERROR)
    services.advance_campaigns()
    again = services.retry_failed(now(campaign), actor=ACTOR, tenant_id=station.tenant_id)
    twice = services.retry_failed(campaign, actor=ACTOR, tenant_id=station.tenant_id)

    assert again.pk == twice.pk != campaign.pk
    assert set(CampaignPile.objects.filter(campaign=again).values_list("pile", flat=True)) == {
        bad.pk,
        away.pk,
    }
    assert CampaignPile.objects.filter(campaign=campaign, pile=good).count() == 1


def test_the_same_form_sent_twice_makes_one(station: Station) -> None:
    make_pile(station)
    first, second = begin(station, token="f1"), begin(station, token="f1")

    assert first.pk == second.pk
    assert begin(station, token="f2").pk != first.pk
    assert CampaignPile.objects.count() == 2
    assert AuditEntry.objects.filter(action="campaign.created").count() == 2


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"action": "RemoteStartTransaction", "payload": {"connectorId": 1, "idTag": "A"}},
        {"action": "Reset", "payload": "Soft"},
        {"action": "ChangeConfiguration", "payload": {"key": "ApnPassword", "value": "x"}},
        {"action": "ChangeConfiguration", "payload": {"key": "Url", "value": "ftp://a:b@c"}},
        {"action": "ChangeConfiguration", "payload": {"key": "HeartbeatInterval", "value": "soon"}},
        {"action": "ChangeAvailability", "payload": {"connectorId": 1, "type": "Operative"}},
    ],
)
def test_what_makes_no_sense_for_many_is_refused(station: Station, params: dict[str, Any]) -> None:
    make_pile(station)
    with pytest.raises(Refused):
        begin(station, params)
    assert not Campaign.objects.exists()


def test_nobody_to_ask_and_too_many_are_refused(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused) as nobody:
        begin(station)
    make_pile(station)
    make_pile(station)
    monkeypatch.setattr(services, "MOST_PILES", 1)
    with pytest.raises(Refused) as many:
        begin(station)
    assert (nobody.value.code, many.value.code) == ("nothing", "too_many")
    assert not Campaign.objects.exists()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kind]:
    """A kind of two steps, whose second pile breaks."""

    def start(item: CampaignPile, actor: Any) -> None:
        item.data = {"step": 1}
        if CampaignPile.objects.filter(campaign=item.campaign_id, state="running").exists():
            raise ZeroDivisionError

    def step(item: CampaignPile, actor: Any) -> None:
        item.data = {"step": item.data["step"] + 1}

    def ended(item: CampaignPile) -> Outcome | None:
        return Outcome(True, "all steps") if item.data["step"] == 3 else None

    monkeypatch.setattr(campaigns, "_kinds", dict(campaigns.known()))
    yield campaigns.register(Kind(name="steps", label="Steps", start=start, step=step, outcome=ended))


def test_a_kind_of_several_steps_is_led_to_its_end_and_a_broken_pile_holds_up_no_other(
    station: Station, steps: Kind
) -> None:
    for _ in range(2):
        make_online_pile(station)
    campaign = services.create_campaign("steps", Pile.objects.all(), tenant_id=station.tenant_id, actor=ACTOR)
    for _ in range(4):
        services.advance_campaigns()

    assert states(campaign) == ["done", "failed"]
    assert results(campaign)[0] == "all steps"
    assert now(campaign).state == "done"
