"""What became of commands: answers, silence, effects.

Each step is in the table of ``states.py`` or it is not taken, so a report that comes twice changes
nothing. Callers hold the locks: the pile first where its key may change, then the command. Those who
asked are told once, when the answer is known or known never to come.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from backoffice.kit import live, locks
from ocpp_gateway.wire import CommandOutcome, CommandState
from stations import climbing, hooks, keys
from stations.models import Command, Connector, Intent, Pile
from stations.states import UNANSWERED, UNKNOWN_OUTCOME, may_move

_ANSWERS = frozenset({CommandState.ACCEPTED, CommandState.REJECTED, CommandState.ERROR})

WHATEVER_TAKES = "Scheduled"
"""The pile will do it when its transaction ends, however long that takes (OCPP 1.6 §5.2)."""


def lock_commands(command_ids: Iterable[int]) -> dict[int, Command]:
    """Commands, locked, after the piles whose keys they change and whose settings they tell."""
    wanted = set(command_ids)
    about_piles = Command.objects.filter(
        pk__in=wanted, action__in=["ChangeConfiguration", "GetConfiguration"]
    )
    list(locks.locked(Pile.objects.filter(pk__in=about_piles.values("pile"))))
    return {command.pk: command for command in locks.locked(Command.objects.filter(pk__in=wanted))}


def take_outcome(command: Command, outcome: CommandOutcome) -> None:
    """Record what the gateway says of a locked command.

    An answer to one that was given up is a late one, also where the gateway does not know of that.
    """
    if outcome.late or (command.state in UNKNOWN_OUTCOME and outcome.state in _ANSWERS):
        _take_late(command, outcome)
        return
    if not may_move(CommandState(command.state), outcome.state):
        return
    command.state = outcome.state.value
    command.message_id = outcome.message_id[:36] or command.message_id
    if outcome.state is CommandState.SENT:
        command.sent_at = outcome.at
    else:
        command.answered_at = outcome.at
        command.answer = outcome.answer
        command.error = outcome.error[:300]
        command.latency_ms = outcome.latency_ms
        _finish(command, outcome.state, outcome.at)
    command.save()
    _publish(command)
    if outcome.state not in UNANSWERED:
        hooks.command_finished(command)


def record_effect(command: Command, *, note: str, at: datetime) -> None:
    """Evidence for a locked command. Before the answer it is only kept; the answer then finds it."""
    if command.effect_at is not None:
        return
    command.effect_at, command.effect_note = at, note[:200]
    state = CommandState(command.state)
    if state not in UNANSWERED and may_move(state, CommandState.EFFECT_SEEN):
        command.state = CommandState.EFFECT_SEEN.value
    command.save(update_fields=["effect_at", "effect_note", "state"])
    _publish(command)


def give_up_effect(command: Command, *, at: datetime) -> None:
    """What a locked command should have brought about was not seen in time."""
    if (
        not may_move(CommandState(command.state), CommandState.EFFECT_MISSING)
        or command.effect_at is not None
    ):
        return
    command.state = CommandState.EFFECT_MISSING.value
    command.save(update_fields=["state"])
    _publish(command)
    hooks.effect_missing(command)


def _take_late(command: Command, outcome: CommandOutcome) -> None:
    if command.late_answer is not None:
        return
    command.late_answer = {
        "state": outcome.state.value,
        "answer": outcome.answer,
        "error": outcome.error,
        "at": outcome.at.isoformat(),
    }
    command.save(update_fields=["late_answer"])
    _tell_pile(command, outcome.state, str(outcome.answer.get("status", "")))
    _publish(command)


def _finish(command: Command, state: CommandState, at: datetime) -> None:
    status = str(command.answer.get("status", ""))
    _tell_pile(command, state, status)
    if command.effect_within_s is None:
        return
    if state is CommandState.ACCEPTED:
        due = at + timedelta(seconds=command.effect_within_s)
        command.effect_deadline = None if status == WHATEVER_TAKES else due
        if command.effect_at is None and status != WHATEVER_TAKES and _already_so(command):
            command.effect_at, command.effect_note = at, "already so"
    if command.effect_at is not None and state in UNKNOWN_OUTCOME | {CommandState.ACCEPTED}:
        command.state = CommandState.EFFECT_SEEN.value


def _tell_pile(command: Command, state: CommandState, status: str) -> None:
    """What an answer changes of how the pile is let in."""
    if keys.is_key_change(command):
        keys.note_answer(command, state, status)
    elif climbing.is_profile_change(command) or climbing.is_naming(command):
        climbing.note_answer(command, state)


def _already_so(command: Command) -> bool:
    """A change of availability to what the connector reports anyway brings no new report."""
    if command.action != "ChangeAvailability":
        return False
    number = command.payload.get("connectorId")
    connectors = Connector.objects.filter(pile=command.pile_id)
    if number:
        connectors = connectors.filter(number=number)
    statuses = set(connectors.exclude(status="").values_list("status", flat=True))
    if not number:
        statuses |= set(
            Pile.objects.filter(pk=command.pile_id).exclude(status="").values_list("status", flat=True)
        )
    if command.payload.get("type") == Intent.INOPERATIVE:
        return statuses == {"Unavailable"}
    return bool(statuses) and not statuses & {"Unavailable", "Faulted"}


def _publish(command: Command) -> None:
    live.publish("commands", f"command:{command.pk}", command.path)
    live.publish("piles", f"pile:{command.pile_id}", command.path)
