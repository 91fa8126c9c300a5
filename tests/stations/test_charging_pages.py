"""The pages of charging profiles and load groups: what they say, who may press, and that nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.perms import Role
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.forms.charging import preset
from stations.models import ChargingProfile, Command, LoadGroup, Pile, ProfileState
from stations.services import loads
from tests.factories.stations import ACTOR, make_online_pile, make_pile, outcome
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")

TYPED: dict[str, Any] = {
    "purpose": "TxDefaultProfile",
    "connector": "1",
    "transaction": "",
    "stack_level": "1",
    "kind": "Recurring",
    "recurrency": "Daily",
    "start": "2026-11-21T22:00",
    "duration": "480",
    "valid_from": "",
    "valid_to": "",
    "unit": "W",
    "reason": "the neighbours sleep",
    "rows": "2",
    "from_0": "0",
    "limit_0": "11.5",
    "phases_0": "",
    "from_1": "60",
    "limit_1": "7",
    "phases_1": "",
}


@pytest.fixture
def pile(everything: None) -> Pile:
    return make_online_pile()


@pytest.fixture
def client(pile: Pile) -> Client:
    return browser(operator_of(pile))


def url(name: str, row: Any, query: str = "") -> str:
    return reverse(f"stations:{name}", args=[row.pk]) + query


def test_what_is_typed_leaves_as_a_profile(pile: Pile, client: Client) -> None:
    answer = client.post(url("profile_new", pile), TYPED)

    assert answer.headers["Location"] == url("pile_charging", pile)
    row, command = ChargingProfile.objects.get(), Command.objects.get()
    assert command.payload == {"connectorId": 1, "csChargingProfiles": row.content}
    assert row.content["chargingProfileId"] == row.pk and row.state == ProfileState.WANTED
    assert row.content["chargingSchedule"]["duration"] == 480 * 60
    assert row.content["chargingSchedule"]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 11_500},
        {"startPeriod": 3600, "limit": 7000},
    ]
    assert datetime.fromisoformat(row.content["chargingSchedule"]["startSchedule"]).utcoffset() is not None


def test_the_same_form_sent_twice_is_one_profile(pile: Pile, client: Client) -> None:
    once = client.get(url("profile_new", pile)).context["once"]
    for _press in range(2):
        assert client.post(url("profile_new", pile), TYPED | {"once": once}).status_code == 302

    assert (ChargingProfile.objects.count(), Command.objects.count()) == (1, 1)


def test_more_rows_keep_what_was_typed_and_send_nothing(pile: Pile, client: Client) -> None:
    page = client.post(url("profile_new", pile), TYPED | {"limit_0": "77.5", "more": "1"})

    assert 'value="77.5"' in page.content.decode() and 'name="limit_4"' in page.content.decode()
    assert 'value="the neighbours sleep"' in page.content.decode()
    assert not ChargingProfile.objects.exists()


@pytest.mark.statement(102)
@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"purpose": "ChargePointMaxProfile"}, "connector"),
        ({"purpose": "TxProfile"}, "transaction"),
        ({"recurrency": ""}, "recurrency"),
        ({"start": ""}, "start"),
        ({"kind": "Relative", "recurrency": ""}, "start"),
        ({"from_0": "5"}, "limit_0"),
        ({"from_1": "0"}, "limit_0"),
        ({"limit_0": "", "from_0": ""}, "limit_0"),
        ({"limit_1": ""}, "limit_1"),
        ({"from_1": ""}, "from_1"),
        ({"limit_0": "-1"}, "limit_0"),
        ({"unit": "A", "limit_0": "16.25"}, "limit_0"),
        ({"limit_0": "NaN"}, "limit_0"),
        ({"stack_level": "-1"}, "stack_level"),
        ({"valid_from": "2026-11-22T10:00", "valid_to": "2026-11-22T09:00"}, "valid_to"),
        ({"valid_from": "yesterday"}, "valid_from"),
        ({"connector": "9"}, "connector"),
        ({"reason": ""}, "reason"),
        ({"rows": "99999999999"}, "limit_0"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_leaves(
    pile: Pile, client: Client, over: dict[str, str], field: str
) -> None:
    if "rows" in over:
        over = over | {"from_0": "9"}
    page = client.post(url("profile_new", pile), TYPED | over)

    assert page.status_code == 200 and field in errors(page)
    assert 'value="7"' in page.content.decode() or over.get("limit_1") == ""
    assert not ChargingProfile.objects.exists() and not Command.objects.exists()


@pytest.mark.parametrize("preset", ["now", "night", "", "junk"])
def test_a_preset_fills_the_form(pile: Pile, client: Client, preset: str) -> None:
    page = client.get(url("profile_new", pile, f"?preset={preset}"))

    assert page.status_code == 200
    assert ("Recurring" in str(page.context["form"]["kind"].value())) is (preset == "night")


def test_an_offline_pile_is_sent_nothing_and_the_page_says_so(everything: None) -> None:
    pile = make_pile()
    page = browser(operator_of(pile)).post(url("profile_new", pile), TYPED)

    assert "offline" in page.content.decode() and 'value="11.5"' in page.content.decode()
    assert not ChargingProfile.objects.exists()


@pytest.mark.parametrize("name", ["profile_new", "profile_clear", "profile_ask"])
def test_managers_look_and_engineers_act(pile: Pile, client: Client, name: str) -> None:
    manager = browser(operator_of(pile), Role.MANAGER)

    assert manager.get(url("pile_charging", pile)).status_code == 200
    assert manager.post(url(name, pile), TYPED | {"hours": "1"}).status_code == 403
    assert not Command.objects.exists()


def test_the_schedule_is_drawn_by_both_accounts(pile: Pile, client: Client) -> None:
    client.post(url("profile_new", pile), TYPED | {"kind": "Absolute", "recurrency": "", "duration": ""})
    row = ChargingProfile.objects.get()
    assert row.set_command is not None
    intake.keep_outcomes([outcome(row.set_command, CommandState.ACCEPTED, answer={"status": "Accepted"})])
    asked = client.post(url("profile_ask", pile), {"connector": "1", "hours": "1", "unit": "W"})
    command = Command.objects.get(action="GetCompositeSchedule")
    assert command.payload == {"connectorId": 1, "duration": 3600, "chargingRateUnit": "W"}
    schedule = {
        "duration": 3600,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": "10"}, {"startPeriod": 600, "limit": 8}],
    }
    told = {"status": "Accepted", "chargingSchedule": schedule}
    intake.keep_outcomes([outcome(command, CommandState.ACCEPTED, answer=told)])
    page = client.get(asked.headers["Location"])

    curves = page.context["curves"]
    assert [words for _at, words in curves.ours] == ["7.0\N{NO-BREAK SPACE}kW"]
    assert [words for _at, words in curves.theirs] == ["6.9\N{NO-BREAK SPACE}kW", "5.5\N{NO-BREAK SPACE}kW"]
    assert len(curves.chart.series) == 2 and "6.9" in page.content.decode()


@pytest.mark.parametrize("query", ["", "?connector=9&hours=x&unit=V", "?connector=2&hours=24&unit=A"])
def test_the_page_stands_whatever_is_asked_of_it(pile: Pile, client: Client, query: str) -> None:
    assert client.get(url("pile_charging", pile, query)).status_code == 200


@pytest.mark.statement(103)
def test_a_pile_without_smart_charging_is_told_apart_from_one_that_refuses(
    pile: Pile, client: Client
) -> None:
    for state, answer, error in (
        (CommandState.REJECTED, {"status": "Rejected"}, ""),
        (CommandState.REJECTED, {"status": "NotSupported"}, ""),
        (CommandState.ERROR, {"code": "NotSupported"}, "NotSupported"),
    ):
        client.post(url("profile_new", pile), TYPED)
        command = Command.objects.order_by("-pk")[0]
        intake.keep_outcomes([outcome(command, state, answer=answer, error=error)])
        page = client.get(url("pile_charging", pile)).content.decode()
        assert ("said lately that it has no smart charging" in page) is (state is CommandState.ERROR)

    for words in ("has no smart charging.", "refused it.", "does not support such a profile."):
        assert words in page


def test_one_profile_or_all_that_match_are_cleared(pile: Pile, client: Client) -> None:
    client.post(url("profile_new", pile), TYPED)
    row = ChargingProfile.objects.get()
    client.post(url("profile_forget", row), {"reason": "done"})
    client.post(
        url("profile_clear", pile), {"purpose": "TxDefaultProfile", "stack_level": "1", "reason": "x"}
    )

    sent = Command.objects.filter(action="ClearChargingProfile").order_by("pk")
    assert [command.payload for command in sent] == [
        {"id": row.pk},
        {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1},
    ]


GROUP = {
    "name": "Yard",
    "on": "on",
    "unit": "kW",
    "limit": "60",
    "phases": "3",
    "least": "4.1",
    "safety": "20",
    "whole": "on",
}


def test_a_load_group_is_made_looked_at_and_switched_off(pile: Pile, client: Client) -> None:
    answer = client.post(reverse("stations:load_group_new", args=[pile.station_id]), GROUP)
    group = LoadGroup.objects.get()
    assert answer.headers["Location"] == url("load_group", group)
    assert group.tenant_id == pile.tenant_id

    assert "60.0" in client.get(url("load_group", group)).content.decode()
    assert "Yard" in client.get(reverse("stations:station", args=[pile.station_id])).content.decode()
    assert "Yard" in client.get(url("pile_charging", pile)).content.decode()
    client.post(url("load_group_edit", group), {**GROUP, "on": ""})
    group.refresh_from_db()
    assert not group.on


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"safety": "31"}, "safety"),
        ({"limit": "0"}, "limit"),
        ({"least": "61"}, "least"),
        ({"limit": "1.25"}, "limit"),
        ({"name": " "}, "name"),
        ({"whole": ""}, "piles"),
        ({"phases": "4"}, "phases"),
        ({"unit": "hp"}, "unit"),
    ],
)
def test_a_group_that_makes_no_sense_is_told_at_its_field(
    pile: Pile, client: Client, over: dict[str, str], field: str
) -> None:
    page = client.post(reverse("stations:load_group_new", args=[pile.station_id]), GROUP | over)

    assert page.status_code == 200 and field in errors(page)
    assert not LoadGroup.objects.exists()


def test_a_station_has_one_group_of_everything_or_several_of_some(pile: Pile, client: Client) -> None:
    new = reverse("stations:load_group_new", args=[pile.station_id])
    client.post(new, GROUP | {"whole": "", "piles": [str(pile.pk)]})
    assert LoadGroup.objects.get().piles.get() == pile

    assert "whole" in errors(client.post(new, GROUP | {"name": "All"}))
    assert "name" in errors(client.post(new, GROUP | {"whole": "", "piles": [str(pile.pk)]}))
    assert "piles" in errors(client.post(new, GROUP | {"name": "B", "whole": "", "piles": [str(pile.pk)]}))
    assert LoadGroup.objects.count() == 1


def test_a_pile_of_another_station_is_not_chosen(pile: Pile, client: Client) -> None:
    other = make_pile()
    new = reverse("stations:load_group_new", args=[pile.station_id])

    assert "piles" in errors(client.post(new, GROUP | {"whole": "", "piles": [str(other.pk)]}))
    assert not LoadGroup.objects.exists()


def test_support_looks_at_a_group_and_does_not_change_it(pile: Pile) -> None:
    group = loads.create_group(
        pile.station, actor=ACTOR, name="Yard", limit=Decimal(60), least=Decimal(4), safety=Decimal(5)
    )
    support = browser(operator_of(pile), Role.SUPPORT)

    assert support.get(url("load_group", group)).status_code == 200
    assert support.post(url("load_group_edit", group), GROUP).status_code == 403
    group.refresh_from_db()
    assert group.safety == 5


def test_a_limit_for_now_begins_now_and_ends_after_two_hours() -> None:
    at = datetime(2026, 11, 27, 8, 30, 17, tzinfo=UTC)
    with clock.frozen(at):
        given = preset("now")

    assert given["duration"] == 120
    assert timedelta(0) <= at - given["start"] < timedelta(minutes=1)
