"""Commands: refused or sent once, and what became of them told as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings

from backoffice.kit.errors import Refused
from backoffice.kit.models import AuditEntry
from ocpp_gateway.wire import CommandState
from stations import dispatch, intake, selectors
from stations.models import Command, Connector, Pile
from stations.services import commands, devices
from tenants.selectors import scope_of
from tests.factories.stations import (
    ACTOR,
    Talk,
    later,
    make_connector,
    make_online_pile,
    make_pile,
    make_station,
    outcome,
)

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def stream() -> Iterator[Any]:
    """What the gateway ``gw-1`` reads."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(dispatch.stream_of("gw-1"))

    def read() -> list[dict[str, Any]]:
        return [json.loads(entry[b"order"]) for _, entry in client.xrange(dispatch.stream_of("gw-1"))]

    yield read
    client.close()


def send(
    pile: Pile, action: str = "ClearCache", payload: dict[str, Any] | None = None, **over: Any
) -> Command:
    return commands.send_command(pile, action=action, payload=payload or {}, actor=ACTOR, **over)


def refusal(
    pile: Pile, action: str = "ClearCache", payload: dict[str, Any] | None = None, **over: Any
) -> str:
    """The code of the refusal; nothing was written."""
    before = (Command.objects.count(), AuditEntry.objects.filter(action="command.sent").count())
    with pytest.raises(Refused) as refused:
        send(pile, action, payload, **over)
    assert (Command.objects.count(), AuditEntry.objects.filter(action="command.sent").count()) == before
    return refused.value.code


@pytest.mark.django_db(transaction=True)
def test_a_command_leaves_once_it_is_committed(stream: Any) -> None:
    pile = make_online_pile()
    command = send(pile, "Reset", {"type": "Soft"}, reason="stuck")

    [order] = stream()
    assert (order["command_id"], order["pile_id"], order["action"]) == (command.pk, pile.pk, "Reset")
    assert order["payload"] == {"type": "Soft"} and order["timeout_s"] == 30
    assert order["deadline"] == command.deadline.isoformat()
    assert command.state == CommandState.QUEUED


@pytest.mark.statement(86)
def test_a_command_has_who_why_and_the_path_of_its_time() -> None:
    pile = make_online_pile()
    command = send(pile, "Reset", {"type": "Soft"}, reason="stuck", about="case:1")

    assert (command.actor_ref, command.reason, command.about) == (ACTOR.ref, "stuck", "case:1")
    assert command.agency_id == pile.tenant_id
    assert AuditEntry.objects.get(action="command.sent").object_ref == f"command:{command.pk}"


@pytest.mark.statement(87)
def test_nothing_is_sent_to_a_pile_that_is_offline() -> None:
    assert refusal(make_pile()) == "offline"


def test_nothing_is_sent_to_a_retired_pile() -> None:
    pile = make_online_pile()
    devices.retire_pile(pile, actor=ACTOR, reason="scrapped")

    assert refusal(pile) == "retired"


def test_nothing_is_sent_before_the_first_boot() -> None:
    pile = make_pile()
    intake.connect([Talk(pile).connected()])

    assert refusal(pile) == "not_registered"


@pytest.mark.statement(31, 32, 33)
@pytest.mark.parametrize(
    ("answer", "action", "payload", "allowed"),
    [
        ("Pending", "GetConfiguration", {}, True),
        ("Pending", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, True),
        ("Pending", "TriggerMessage", {"requestedMessage": "BootNotification"}, True),
        ("Pending", "RemoteStopTransaction", {"transactionId": 1}, False),
        ("Pending", "RemoteStartTransaction", {"connectorId": 1, "idTag": "A"}, False),
        ("Rejected", "GetConfiguration", {}, False),
        ("Accepted", "RemoteStopTransaction", {"transactionId": 999}, True),
    ],
)
def test_what_may_be_sent_depends_on_the_registration(
    answer: str, action: str, payload: dict[str, Any], allowed: bool
) -> None:
    pile = make_online_pile(quirks={"boot_answer": answer})

    if allowed:
        assert send(pile, action, payload).state == CommandState.QUEUED
    else:
        assert refusal(pile, action, payload) == "registration"


@pytest.mark.statement(34)
def test_an_accepted_pile_is_not_asked_to_boot() -> None:
    assert (
        refusal(make_online_pile(), "TriggerMessage", {"requestedMessage": "BootNotification"}) == "not_now"
    )


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("", True),
        ("Available", True),
        ("Preparing", True),
        ("Charging", False),
        ("SuspendedEV", False),
        ("Finishing", False),
        ("Unavailable", False),
        ("Faulted", False),
    ],
)
@pytest.mark.quirk("finishing")
def test_charging_starts_only_where_it_can(status: str, allowed: bool) -> None:
    connector = make_connector()
    Connector.objects.filter(pk=connector.pk).update(status=status)
    payload = {"connectorId": 1, "idTag": "QTOKEN"}

    if allowed:
        assert send(connector.pile, "RemoteStartTransaction", payload).effect_within_s == 150
    else:
        assert refusal(connector.pile, "RemoteStartTransaction", payload) == "not_now"


def test_a_pile_that_reports_itself_faulted_starts_nothing() -> None:
    connector = make_connector()
    intake.report_status([Talk(connector.pile).status(0, "Faulted")])

    assert refusal(connector.pile, "RemoteStartTransaction", {"connectorId": 1, "idTag": "A"}) == "not_now"


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("RemoteStartTransaction", {"idTag": "A"}),
        ("RemoteStartTransaction", {"connectorId": 0, "idTag": "A"}),
        ("RemoteStartTransaction", {"connectorId": 9, "idTag": "A"}),
        ("RemoteStartTransaction", {"connectorId": "1", "idTag": "A"}),
        ("RemoteStartTransaction", {"connectorId": 1, "idTag": ""}),
        ("RemoteStartTransaction", {"connectorId": 1, "idTag": "X" * 21}),
        ("UnlockConnector", {"connectorId": 0}),
        ("ChangeAvailability", {"connectorId": 7, "type": "Inoperative"}),
        ("ChangeAvailability", {"connectorId": 1, "type": "Broken"}),
        ("ChangeConfiguration", {"key": "", "value": "1"}),
        ("ChangeConfiguration", {"key": "k" * 51, "value": "1"}),
        ("ChangeConfiguration", {"key": "k", "value": "1" * 501}),
    ],
)
def test_requests_that_make_no_sense_are_refused(action: str, payload: dict[str, Any]) -> None:
    assert refusal(make_online_pile(), action, payload) == "malformed"


def test_a_connector_is_not_unlocked_under_a_running_charge() -> None:
    connector = make_connector()
    Connector.objects.filter(pk=connector.pk).update(status="Charging")

    assert refusal(connector.pile, "UnlockConnector", {"connectorId": 1}) == "not_now"


@pytest.mark.parametrize(
    "key", ["AuthorizationKey", "authorizationkey", " AUTHORIZATIONKEY", "securityprofile"]
)
def test_the_password_is_not_changed_like_any_other_setting_however_its_key_is_written(key: str) -> None:
    payload = {"key": key, "value": "00" * 20}

    assert refusal(make_online_pile(), "ChangeConfiguration", payload) == "own_page"


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("ApnPassword", "hunter2", "***"),
        ("BackendUrl", "wss://cp1:hunter2@csms.example", "wss://***@csms.example"),
    ],
)
def test_what_is_secret_in_a_setting_reaches_the_pile_and_is_never_sent_from_its_row(
    stream: Any, django_capture_on_commit_callbacks: Any, key: str, value: str, kept: str
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        command = send(make_online_pile(), "ChangeConfiguration", {"key": key, "value": value})

    assert [order["payload"] for order in stream()] == [{"key": key, "value": value}]
    assert Command.objects.get(pk=command.pk).payload == {"key": key, "value": kept}
    Command.objects.update(created_at=later(seconds=-10))
    assert selectors.queued_orders("gw-1") == []


def test_asking_twice_for_the_same_while_it_is_unanswered_is_one_command() -> None:
    pile = make_online_pile()
    first = send(pile, "Reset", {"type": "Soft"})

    assert send(pile, "Reset", {"type": "Soft"}).pk == first.pk
    assert send(pile, "Reset", {"type": "Hard"}).pk != first.pk
    intake.keep_outcomes([outcome(first, state) for state in (CommandState.SENT, CommandState.REJECTED)])
    assert send(pile, "Reset", {"type": "Soft"}).pk != first.pk


def test_a_pile_of_somebody_else_cannot_be_asked() -> None:
    own, foreign = make_station(), make_online_pile()
    with scope_of(own.tenant_id), pytest.raises(Pile.DoesNotExist):
        send(foreign)
    assert not Command.objects.exists()


def test_what_is_intended_is_as_asked_whatever_the_pile_says() -> None:
    pile = make_online_pile()
    send(pile, "ChangeAvailability", {"connectorId": 2, "type": "Inoperative"})
    send(pile, "ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})

    assert list(Connector.objects.filter(pile=pile).order_by("number").values_list("intent", flat=True)) == [
        "Operative",
        "Inoperative",
    ]
    assert Pile.objects.get(pk=pile.pk).intent == "Inoperative"


@pytest.mark.statement(108)
def test_a_trigger_that_a_model_does_not_have_is_remembered_for_the_model_and_its_firmware() -> None:
    station = make_station()
    asked, same, other = (make_online_pile(station) for _ in range(3))
    intake.boot([Talk(other).booted(firmware="2.0", received_at=later(1))])
    payload = {"requestedMessage": "MeterValues"}
    first = send(asked, "TriggerMessage", payload)
    said = {"status": "NotImplemented"}
    intake.keep_outcomes(
        [outcome(first, CommandState.SENT), outcome(first, CommandState.REJECTED, answer=said)]
    )

    first.refresh_from_db()
    assert (first.state, first.answer) == (CommandState.REJECTED, said)
    before = Command.objects.count()
    assert refusal(same, "TriggerMessage", payload) == "lacking"
    assert Command.objects.count() == before
    send(same, "TriggerMessage", {"requestedMessage": "StatusNotification"})
    send(other, "TriggerMessage", payload)
    intake.boot([Talk(same).booted(firmware="2.1", received_at=later(1))])
    send(same, "TriggerMessage", payload)
