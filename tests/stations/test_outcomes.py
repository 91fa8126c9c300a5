"""What became of commands: answers, effects, silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from backoffice.kit import clock
from backoffice.kit.scope import unscoped
from ocpp_gateway.wire import CommandState
from stations import hooks, intake
from stations.models import Command, Pile
from stations.services import commands, sweeps
from stations.states import COMMAND_MOVES
from tests.factories.stations import ACTOR, Talk, make_command, make_connector, make_online_pile, outcome

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def finished() -> Iterator[list[tuple[int, str]]]:
    """Which commands the rooms above were told of, and as what."""
    told: list[tuple[int, str]] = []

    def listener(command: Command) -> None:
        told.append((command.pk, command.state))

    hooks.command_finished.listen(listener)
    yield told
    hooks.command_finished._listeners.remove(listener)


def send(
    pile: Pile, action: str = "ClearCache", payload: dict[str, Any] | None = None, **over: Any
) -> Command:
    return commands.send_command(pile, action=action, payload=payload or {}, actor=ACTOR, **over)


def fresh(command: Command) -> Command:
    return Command.objects.get(pk=command.pk)


def follow(command: Command, *states: CommandState, **over: Any) -> Command:
    intake.keep_outcomes([outcome(command, state, **over) for state in states])
    return fresh(command)


def test_an_answer_is_recorded_and_told_once(finished: list[tuple[int, str]]) -> None:
    command = make_command()
    steps = [
        outcome(command, CommandState.SENT, message_id="abc"),
        outcome(command, CommandState.ACCEPTED, answer={"status": "Accepted"}, latency_ms=120),
    ]
    intake.keep_outcomes(steps)
    intake.keep_outcomes(steps)

    row = fresh(command)
    assert (row.state, row.answer, row.latency_ms, row.message_id) == (
        CommandState.ACCEPTED,
        {"status": "Accepted"},
        120,
        "abc",
    )
    assert finished == [(command.pk, "accepted")]


@pytest.mark.parametrize("old", list(CommandState))
def test_only_steps_of_the_table_are_taken(old: CommandState) -> None:
    command = make_command()
    for new in CommandState:
        Command.objects.filter(pk=command.pk).update(state=old, effect_within_s=None)
        intake.keep_outcomes([outcome(command, new)])
        assert fresh(command).state == (new if new in COMMAND_MOVES[old] else old)


@pytest.mark.statement(20)
def test_an_answer_after_the_time_out_is_kept_and_changes_nothing(finished: list[tuple[int, str]]) -> None:
    command = make_command()
    follow(command, CommandState.SENT, CommandState.TIMED_OUT)
    row = follow(command, CommandState.ACCEPTED, late=True, answer={"status": "Accepted"})

    assert row.state == CommandState.TIMED_OUT
    assert row.late_answer is not None and row.late_answer["answer"] == {"status": "Accepted"}
    assert finished == [(command.pk, "timed_out")]


def test_outcomes_of_commands_that_do_not_exist_are_passed_over() -> None:
    command = make_command()
    intake.keep_outcomes([outcome(Command(pk=10**9), CommandState.SENT), outcome(command, CommandState.SENT)])

    assert fresh(command).state == CommandState.SENT


@pytest.mark.statement(94)
def test_an_availability_is_in_force_when_the_pile_reports_it() -> None:
    pile = make_online_pile()
    talk = Talk(pile)
    intake.report_status([talk.status(1, "Available"), talk.status(2, "Available")])
    command = send(pile, "ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    row = follow(command, CommandState.SENT, CommandState.ACCEPTED, answer={"status": "Accepted"})
    assert row.state == CommandState.ACCEPTED

    intake.report_status([talk.status(2, "Unavailable")])
    assert fresh(command).state == CommandState.ACCEPTED
    intake.report_status([talk.status(1, "Unavailable")])
    assert fresh(command).state == CommandState.EFFECT_SEEN


def test_an_availability_that_was_so_already_needs_no_report() -> None:
    pile = make_online_pile()
    intake.report_status([Talk(pile).status(1, "Available")])
    command = send(pile, "ChangeAvailability", {"connectorId": 1, "type": "Operative"})

    row = follow(command, CommandState.SENT, CommandState.ACCEPTED, answer={"status": "Accepted"})
    assert (row.state, row.effect_note) == (CommandState.EFFECT_SEEN, "already so")


@pytest.mark.statement(94)
def test_a_scheduled_availability_waits_as_long_as_it_takes() -> None:
    pile = make_online_pile()
    talk = Talk(pile)
    intake.report_status([talk.status(1, "Charging")])
    command = send(pile, "ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    follow(command, CommandState.SENT, CommandState.ACCEPTED, answer={"status": "Scheduled"})
    with clock.frozen(clock.now() + timedelta(hours=9)):
        sweeps.miss_effects()
        assert fresh(command).state == CommandState.ACCEPTED
        intake.report_status([talk.status(1, "Unavailable")])
    assert fresh(command).state == CommandState.EFFECT_SEEN


def test_evidence_before_the_answer_is_found_by_the_answer() -> None:
    pile = make_online_pile()
    talk = Talk(pile)
    intake.report_status([talk.status(1, "Available")])
    command = send(pile, "ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    follow(command, CommandState.SENT)
    intake.report_status([talk.status(1, "Unavailable")])
    assert fresh(command).state == CommandState.SENT

    assert (
        follow(command, CommandState.ACCEPTED, answer={"status": "Accepted"}).state
        == CommandState.EFFECT_SEEN
    )


def test_the_message_that_was_asked_for_is_the_effect_of_a_trigger() -> None:
    pile = make_online_pile()
    talk = Talk(pile)
    command = send(pile, "TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})
    follow(command, CommandState.SENT, CommandState.ACCEPTED, answer={"status": "Accepted"})

    intake.keep_frames([talk.frame("Heartbeat"), talk.frame("MeterValues", inbound=False)])
    assert fresh(command).state == CommandState.ACCEPTED
    intake.keep_frames([talk.frame("MeterValues")])
    assert fresh(command).state == CommandState.EFFECT_SEEN


def test_what_the_room_above_saw_is_an_effect_too() -> None:
    connector = make_connector()
    command = send(
        connector.pile,
        "RemoteStartTransaction",
        {"connectorId": 1, "idTag": "Q1"},
        about="order:1",
        effect_within_s=60,
    )
    commands.mark_effects("order:1", action="RemoteStartTransaction", note="StartTransaction 17")
    assert fresh(command).state == CommandState.QUEUED

    row = follow(command, CommandState.SENT, CommandState.ACCEPTED, answer={"status": "Accepted"})
    assert (row.state, row.effect_note) == (CommandState.EFFECT_SEEN, "StartTransaction 17")
    commands.mark_effect(row, note="again")
    assert fresh(command).effect_note == "StartTransaction 17"


def test_an_effect_that_does_not_come_is_missing_once() -> None:
    missing: list[int] = []
    listener = lambda command: missing.append(command.pk)  # noqa: E731
    hooks.effect_missing.listen(listener)
    command = send(make_online_pile(), "Reset", {"type": "Soft"})
    follow(command, CommandState.SENT, CommandState.ACCEPTED, answer={"status": "Accepted"})
    with clock.frozen(clock.now() + timedelta(seconds=301)):
        assert sweeps.miss_effects() == 1
        assert sweeps.miss_effects() == 0
    hooks.effect_missing._listeners.remove(listener)

    assert fresh(command).state == CommandState.EFFECT_MISSING
    assert missing == [command.pk]


@pytest.mark.statement(86, 87)
def test_a_command_that_never_left_expires(finished: list[tuple[int, str]]) -> None:
    command = make_command()
    sweeps.expire_commands()
    assert fresh(command).state == CommandState.QUEUED

    with clock.frozen(command.deadline + timedelta(seconds=6)):
        assert sweeps.expire_commands() == 1
        assert sweeps.expire_commands() == 0
    assert finished == [(command.pk, "expired")]


@pytest.mark.statement(86)
def test_a_command_whose_gateway_died_times_out(finished: list[tuple[int, str]]) -> None:
    command = make_command(action="GetConfiguration")
    follow(command, CommandState.SENT)
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        assert sweeps.time_out_commands() == 0
    with clock.frozen(clock.now() + timedelta(seconds=80)):
        assert sweeps.time_out_commands() == 1
    assert finished == [(command.pk, "timed_out")]


def test_one_listener_that_fails_holds_up_one_command(caplog: pytest.LogCaptureFixture) -> None:
    poison, other = make_command(), make_command()

    def fail(command: Command) -> None:
        if command.pk == poison.pk:
            raise ValueError("poison")

    hooks.command_finished.listen(fail)
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        assert sweeps.expire_commands() == 1
    hooks.command_finished._listeners.remove(fail)

    assert fresh(other).state == CommandState.EXPIRED
    assert fresh(poison).state == CommandState.QUEUED
    assert str(poison.pk) in caplog.text


def test_a_command_that_cannot_be_handed_over_stays_and_expires(
    settings: Any, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with django_capture_on_commit_callbacks(execute=True), unscoped(reason="tests"):
        command = make_command()

    assert fresh(command).state == CommandState.QUEUED
    assert "was not handed over" in caplog.text
