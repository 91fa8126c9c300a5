"""Buttons that send commands, their true outcome, and the conversation with a pile."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.kit import clock
from backoffice.kit.models import AuditEntry
from backoffice.kit.perms import Role
from ocpp_gateway.wire import CommandState
from stations import intake
from stations.forms.commands import ASKS
from stations.models import Command, Connector, LoadGroup
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.stations import (
    Talk,
    make_command,
    make_online_pile,
    make_pile,
    outcome,
)
from tests.stations.browsing import browser, errors, operator_of

pytestmark = pytest.mark.usefixtures("everything")


@pytest.mark.parametrize(
    ("level", "role", "status"),
    [
        ("operator", Role.ENGINEER, 200),
        ("operator", Role.FINANCE, 403),
        ("agency", Role.SUPPORT, 200),
        ("dealer", Role.OWNER, 403),
    ],
)
def test_who_may_restart_a_terminal(level: str, role: Role, status: int) -> None:
    pile = make_online_pile()
    tenant = next(
        t for t in Tenant.objects.get(pk=pile.tenant_id).get_ancestors(include_self=True) if t.level == level
    )
    client, url = browser(tenant, role), reverse("stations:ask", args=[pile.pk, "Reset"])
    assert client.get(url).status_code == status

    client.post(url, {"type": "Soft", "reason": "screen is stuck"})
    assert Command.objects.count() == (status == 200)


@pytest.mark.parametrize("action", ["GetConfiguration", "ChangeConfiguration"])
def test_basic_staff_do_not_look_at_settings_or_change_them(action: str) -> None:
    pile = make_online_pile()
    url = reverse("stations:ask", args=[pile.pk, action])
    answer = browser(operator_of(pile), Role.SUPPORT).post(
        url, {"key": "A", "value": "1", "reason": "because"}
    )

    assert answer.status_code == 403
    assert not Command.objects.exists()


TYPED: dict[str, dict[str, Any]] = {
    "RemoteStartTransaction": {"connector": "1", "id_tag": "CARD1"},
    "RemoteStopTransaction": {"transaction": "17"},
    "UnlockConnector": {"connector": "2"},
    "ChangeAvailability": {"connector": "0", "type": "Inoperative"},
    "Reset": {"type": "Hard"},
    "TriggerMessage": {"message": "MeterValues", "connector": "1"},
    "GetConfiguration": {"keys": "HeartbeatInterval, NumberOfConnectors\nConnectionTimeOut"},
    "ClearCache": {},
    "DataTransfer": {"vendor_id": "acme", "content": "x"},
}
SENT: dict[str, dict[str, Any]] = {
    "RemoteStartTransaction": {"connectorId": 1, "idTag": "CARD1"},
    "RemoteStopTransaction": {"transactionId": 17},
    "UnlockConnector": {"connectorId": 2},
    "ChangeAvailability": {"connectorId": 0, "type": "Inoperative"},
    "Reset": {"type": "Hard"},
    "TriggerMessage": {"requestedMessage": "MeterValues", "connectorId": 1},
    "GetConfiguration": {"key": ["HeartbeatInterval", "NumberOfConnectors", "ConnectionTimeOut"]},
    "ClearCache": {},
    "DataTransfer": {"vendorId": "acme", "data": "x"},
}


@pytest.mark.parametrize("action", [name for name, ask in ASKS.items() if not ask.own_page])
def test_every_command_of_the_core_profile_has_a_button(action: str) -> None:
    pile = make_online_pile()
    client = browser(operator_of(pile))
    url = reverse("stations:ask", args=[pile.pk, action])
    assert client.get(url).status_code == 200
    client.post(url, TYPED[action] | {"reason": "to see"})

    command = Command.objects.get()
    assert (command.action, command.payload, command.reason) == (action, SENT[action], "to see")
    assert command.actor_ref.startswith("staff:")


def test_a_command_that_is_refused_says_why_and_keeps_what_was_typed() -> None:
    pile = make_pile()
    url = reverse("stations:ask", args=[pile.pk, "RemoteStopTransaction"])
    answer = browser(operator_of(pile)).post(url, {"transaction": "77", "reason": "to see"})

    assert "offline" in answer.content.decode()
    assert 'value="77"' in answer.content.decode()
    assert not Command.objects.exists()


def test_a_setting_is_changed_by_one_question_wherever_it_is_asked_for() -> None:
    pile = make_online_pile()
    client, own = browser(operator_of(pile)), reverse("stations:configuration_change", args=[pile.pk])
    asks = client.get(reverse("stations:pile", args=[pile.pk])).context["asks"]
    assert [ask.url for ask in asks if str(ask.label) == "Change a setting…"] == [own]

    typed = {"key": "HeartbeatInterval", "value": "soon", "reason": "to see"}
    answer = client.post(reverse("stations:ask", args=[pile.pk, "ChangeConfiguration"]), typed)
    assert (answer.status_code, answer.headers["Location"]) == (302, own)
    assert not Command.objects.exists()


@pytest.mark.parametrize("key", ["ApnPassword", "wifi_PSK", "ApiSecret"])
def test_a_secret_setting_is_told_to_the_terminal_and_kept_nowhere(key: str) -> None:
    pile, clear = make_online_pile(), "hunter2-hunter2"
    client = browser(operator_of(pile))
    typed = {"key": key, "value": clear, "reason": "a new one"}
    assert client.post(reverse("stations:configuration_change", args=[pile.pk]), typed).status_code == 302

    command = Command.objects.get()
    assert command.payload == {"key": key, "value": "***"}
    kept = json.dumps(list(AuditEntry.objects.values("before", "after", "reason")), default=str)
    pages = [
        reverse("stations:command", args=[command.pk]),
        reverse("stations.commands"),
        reverse("stations:pile", args=[pile.pk]),
    ]
    assert clear not in kept + "".join(client.get(page).content.decode() for page in pages)


def test_a_connector_is_unlocked_under_a_running_charge_only_by_an_engineer_who_says_so() -> None:
    pile = make_online_pile()
    Connector.objects.filter(pile=pile, number=2).update(status="Charging")
    client = browser(operator_of(pile))
    url = reverse("stations:ask", args=[pile.pk, "UnlockConnector"])
    typed = {"connector": "2", "reason": "to see"}
    assert "Send anyway" in client.get(url).content.decode()
    assert "charging here" in client.post(url, typed).content.decode()
    assert not Command.objects.exists()
    client.post(url, typed | {"anyway": "on"})

    assert Command.objects.get().payload == {"connectorId": 2}


def test_a_command_without_its_reason_is_not_sent() -> None:
    pile = make_online_pile()
    answer = browser(operator_of(pile)).post(
        reverse("stations:ask", args=[pile.pk, "Reset"]), {"type": "Soft"}
    )

    assert "reason" in errors(answer)
    assert not Command.objects.exists()


@pytest.mark.parametrize("action", ["Format", "reset", "UpdateFirmware", "x" * 300])
def test_commands_that_do_not_exist_are_not_there(action: str) -> None:
    pile = make_online_pile()
    assert browser(operator_of(pile)).get(reverse("stations:ask", args=[pile.pk, action])).status_code == 404


def test_the_page_of_a_command_tells_its_true_outcome() -> None:
    command = make_command(action="ChangeAvailability", payload={"connectorId": 1, "type": "Inoperative"})
    intake.keep_outcomes(
        [
            outcome(command, CommandState.SENT),
            outcome(command, CommandState.ACCEPTED, answer={"status": "Scheduled"}),
        ]
    )
    page = (
        browser(operator_of(command.pile))
        .get(reverse("stations:command", args=[command.pk]))
        .content.decode()
    )

    assert "Scheduled" in page and "Accepted" in page


def test_what_a_command_was_for_has_a_name_and_leads_there() -> None:
    pile = make_online_pile()
    group = make_row(LoadGroup, pile.tenant, station=pile.station, name="Yard")
    client = browser(operator_of(pile))
    for about, name, to in (
        (f"loadgroup:{group.pk}", group.name, reverse("stations:load_group", args=[group.pk])),
        ("order:QL-1", "Order QL-1", "/orders/QL-1/"),
    ):
        command = make_command(pile, about=about)
        page = client.get(reverse("stations:command", args=[command.pk])).content.decode()
        assert f'<a href="{to}">{name}</a>' in page


def test_messages_are_found_by_name_and_time_and_paged() -> None:
    pile = make_pile()
    talk, now = Talk(pile), clock.now()
    intake.keep_frames(
        [
            talk.frame("Heartbeat", at=now - timedelta(minutes=n), text=f'[2,"n{n}","Heartbeat",{{"n":{n}}}]')
            for n in range(60)
        ]
        + [talk.frame("StatusNotification", at=now - timedelta(hours=30), text="garbage {")]
    )
    client, url = browser(operator_of(pile)), reverse("stations:pile_messages", args=[pile.pk])
    first = client.get(url)
    second = client.get(url + first.context["older_url"])

    assert [len(one.context["utterances"]) for one in (first, second)] == [50, 10]
    assert not second.context["older_url"]
    assert client.get(url, {"action": "StatusNotification"}).context["utterances"] == []
    until = timezone.localtime(now - timedelta(hours=29)).strftime("%Y-%m-%dT%H:%M")
    found = client.get(url, {"action": "StatusNotification", "until": until}).context["utterances"]
    assert [line.payload for line in found] == ["garbage {"]


@pytest.mark.parametrize(
    "query",
    [
        {"until": "yesterday"},
        {"span": "9999999"},
        {"action": "Format"},
        {"before": "x~y"},
        {"before": "2026-01-01~1"},
        {"before": f"2026-01-01T00:00:00+00:00~{10**30}"},
        {"until": "9999-12-31T23:59"},
        {"until": "0001-01-01T00:00"},
        {"action": "\x00"},
    ],
)
def test_nonsense_in_the_address_of_messages_is_no_error(query: dict[str, str]) -> None:
    pile = make_pile()
    intake.keep_frames([Talk(pile).frame("Heartbeat")])

    assert (
        browser(operator_of(pile)).get(reverse("stations:pile_messages", args=[pile.pk]), query).status_code
        == 200
    )


def test_what_people_asked_is_not_drowned_by_what_timers_ask() -> None:
    pile = make_online_pile()
    own, other = make_command(pile), make_command(pile, action="Reset", payload={"type": "Soft"})
    Command.objects.filter(pk=own.pk).update(actor_ref="staff:1", state=CommandState.REJECTED)
    Command.objects.filter(pk=other.pk).update(actor_ref="timer:local_lists", state=CommandState.ACCEPTED)
    client = browser(operator_of(pile))
    shown = client.get(reverse("stations:pile", args=[pile.pk])).context["commands"]
    assert [one[0].pk for one in shown] == [own.pk]

    for asked, actions in (("people", ["ClearCache"]), ("automatic", ["Reset"]), ("vain", ["ClearCache"])):
        page = client.get(reverse("stations.commands"), {"asked": asked})
        assert [row.record.action for row in page.context["table"].rows] == actions
