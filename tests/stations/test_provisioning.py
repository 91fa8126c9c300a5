"""Commands for people who provision by script: one JSON object each, and nothing half done."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from backoffice.kit.scope import unscoped
from ocpp_gateway.wire import Admitted, CommandState
from stations import intake
from stations.models import Command, Pile, PileModel, QrToken, Station
from tests.factories.stations import Talk, make_agency, make_online_pile, make_pile, make_station, outcome
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("everything")


def run(*arguments: str) -> dict[str, Any]:
    """What the command printed."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def test_a_station_is_opened() -> None:
    agency = make_agency()
    printed = run(
        "add_station",
        "sh-01",
        "--tenant",
        agency.code.lower(),
        "--name",
        "浦东",
        "--lat",
        "31.2304",
        "--lon",
        "-0.5",
    )

    assert printed == {
        "code": "SH-01",
        "name": "浦东",
        "tenant": agency.code,
        "latitude": 31.2304,
        "longitude": -0.5,
        "timezone": "",
    }
    assert Station.objects.get(code="SH-01").tenant_id == agency.pk


@pytest.mark.parametrize(
    "more",
    [
        ["--lat", "abc", "--lon", "1"],
        ["--lat", "nan", "--lon", "1"],
        ["--lat", "1"],
        ["--lat", "95", "--lon", "1"],
    ],
)
def test_a_station_nowhere_is_not_opened(more: list[str]) -> None:
    agency = make_agency()
    with pytest.raises(CommandError):
        run("add_station", "X", "--tenant", agency.code, "--name", "X", *more)
    assert not Station.objects.exists()


def test_a_station_of_nobody_is_not_opened() -> None:
    with pytest.raises(CommandError, match="no tenant"):
        run("add_station", "X", "--tenant", "NOBODY", "--name", "X")


def test_a_pile_is_registered_with_all_that_must_be_set_at_it() -> None:
    station = make_station()
    printed = run("add_pile", "RDAM 123", "--station", station.code.lower())

    assert printed["url"] == f"{settings.OCPP_URL}/RDAM%20123"
    assert (printed["username"], len(printed["password"]), printed["security_profile"]) == ("RDAM 123", 40, 1)
    assert [connector["letter"] for connector in printed["connectors"]] == ["A", "B"]
    for connector in printed["connectors"]:
        assert connector["link"] == f"{settings.PUBLIC_URL}/q/{connector['token']}"
        assert QrToken.objects.get(token=connector["token"]).connector.number == connector["number"]
    hello = Talk(Pile.objects.get(identity="RDAM 123")).hello(printed["password"])
    assert isinstance(intake.admit(hello), Admitted)


def test_a_pile_may_bring_its_own_password_or_none() -> None:
    station = make_station()
    own = run("add_pile", "OWN", "--station", station.code, "--password", "ab" * 16, "--connectors", "1")
    none = run("add_pile", "NONE", "--station", station.code, "--open", "--name", "By the gate")

    assert own["password"] == "ab" * 16 and len(own["connectors"]) == 1
    assert (none["password"], none["username"], none["security_profile"]) == (None, None, 0)
    assert Pile.objects.get(identity="NONE").name == "By the gate"


def test_a_model_is_made_once_under_the_manufacturer() -> None:
    station = make_station()
    for identity in ("A", "B"):
        run("add_pile", identity, "--station", station.code, "--model", "DC-120")

    [model] = PileModel.objects.all()
    assert (model.name, model.tenant_id) == ("DC-120", station.tenant.get_root().pk)
    assert {pile.model_id for pile in Pile.objects.all()} == {model.pk}


@pytest.mark.parametrize(
    ("identity", "more"),
    [
        ("TAKEN", []),
        ("a:b", []),
        ("NEW", ["--password", "secret"]),
        ("NEW", ["--connectors", "99"]),
        ("NEW", ["--password", "ab" * 16, "--open"]),
        ("a/b", ["--model", "NEW-MODEL"]),
    ],
)
def test_a_pile_that_cannot_be_registered_leaves_nothing_behind(identity: str, more: list[str]) -> None:
    station = make_station()
    make_pile(station, identity="TAKEN")
    with pytest.raises(CommandError):
        run("add_pile", identity, "--station", station.code, *more)

    assert list(Pile.objects.values_list("identity", flat=True)) == ["TAKEN"]
    assert not PileModel.objects.exists()


def test_a_pile_on_no_station_is_not_registered() -> None:
    with pytest.raises(CommandError, match="no station"):
        run("add_pile", "NEW", "--station", "NOWHERE")


def test_a_command_to_a_pile_that_is_offline_says_so() -> None:
    pile, out = make_pile(), StringIO()
    with pytest.raises(SystemExit) as exit:
        call_command("send_command", pile.identity, "ClearCache", stdout=out)

    assert exit.value.code == 1
    assert json.loads(out.getvalue())["code"] == "offline"
    assert not Command.objects.exists()


@pytest.mark.parametrize("payload", ["{", "[]", "1", "null"])
def test_a_payload_that_is_no_object_is_not_sent(payload: str) -> None:
    with pytest.raises(CommandError):
        run("send_command", make_online_pile().identity, "Reset", payload)
    assert not Command.objects.exists()


def test_a_command_to_no_pile_is_not_sent() -> None:
    with pytest.raises(CommandError, match="no pile"):
        run("send_command", "GHOST", "Reset")


def test_a_command_that_nobody_answers_is_printed_as_it_is() -> None:
    printed = run("send_command", make_online_pile().identity, "ClearCache", "--wait", "0")

    assert (printed["state"], printed["answer"]) == ("queued", {})


@pytest.mark.django_db(transaction=True)
def test_a_command_waits_for_its_answer() -> None:
    pile = make_online_pile()

    def ask() -> dict[str, Any]:
        try:
            return run("send_command", pile.identity, "Reset", '{"type": "Soft"}', "--wait", "30")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, unscoped(reason="tests"):
        printing = pool.submit(ask)
        command = eventually(Command.objects.first)
        with transaction.atomic():
            intake.keep_outcomes(
                [
                    outcome(command, CommandState.SENT),
                    outcome(command, CommandState.ACCEPTED, answer={"status": "Accepted"}),
                ]
            )
        printed = printing.result(timeout=30)

    assert (printed["state"], printed["answer"], printed["id"]) == (
        "accepted",
        {"status": "Accepted"},
        command.pk,
    )
