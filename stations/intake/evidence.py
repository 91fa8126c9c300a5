"""What piles do because of a command: an answer says that they will, only this says that they did.

A command that awaits an effect is looked for whenever its pile reports something that could be it.
Evidence may come before the answer, and also when no answer ever came; it is taken as long as the
effect is due. Reports of transactions are judged by the room above, which knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from backoffice.kit import locks
from backoffice.kit.statements import execute
from ocpp_gateway.wire import Booted, CommandState, FrameSeen
from stations.changes import StatusChange
from stations.intake.batch import sql
from stations.models import Command
from stations.outcomes import record_effect

Matcher = Callable[[Command], str | None]
"""What the report shows about a command, for people; None when it shows nothing."""

_AWAITING = [
    CommandState.SENT,
    CommandState.ACCEPTED,
    CommandState.TIMED_OUT,
    CommandState.CONNECTION_LOST,
]

_AWAITED = """
SELECT 1 FROM stations_command WHERE pile_id = ANY(%s) AND action = ANY(%s)
    AND effect_within_s IS NOT NULL AND effect_at IS NULL
    AND state IN ('sent', 'accepted', 'timed_out', 'connection_lost') LIMIT 1
"""
"""As the index ``command_effect_awaited`` has it; the states are those of ``_AWAITING``."""


def of_boots(facts: Iterable[Booted]) -> None:
    """A boot is what a Reset was for (OCPP 1.6 §5.14)."""
    _see(
        [(fact.pile_id, fact.received_at, _restarted) for fact in facts],
        actions=["Reset"],
    )


def of_statuses(changes: Iterable[StatusChange]) -> None:
    """A status shows that a change of availability is in force (OCPP 1.6 §5.2)."""
    _see(
        [(change.place.pile_id, change.fact.received_at, _availability(change)) for change in changes],
        actions=["ChangeAvailability"],
    )


def of_frames(frames: Iterable[FrameSeen]) -> None:
    """The message that a TriggerMessage asked for (OCPP 1.6 §5.17)."""
    calls = [frame for frame in frames if frame.inbound and frame.kind == "call" and frame.action]
    actions = ["TriggerMessage", "ExtendedTriggerMessage"]
    if _is_awaited({frame.pile_id for frame in calls}, actions):
        _see([(frame.pile_id, frame.at, _triggered(frame.action)) for frame in calls], actions=actions)


def _see(reports: list[tuple[int, datetime, Matcher]], *, actions: list[str]) -> None:
    if not _is_awaited({pile_id for pile_id, _, _ in reports}, actions):
        return
    waiting = locks.locked(
        Command.objects.filter(
            pile__in={pile_id for pile_id, _, _ in reports},
            action__in=actions,
            effect_within_s__isnull=False,
            effect_at__isnull=True,
            state__in=_AWAITING,
        )
    )
    for command in waiting:
        for pile_id, at, match in reports:
            note = match(command) if pile_id == command.pile_id and is_due(command, at) else None
            if note is not None:
                record_effect(command, note=note, at=at)
                break


def _is_awaited(pile_ids: set[int], actions: list[str]) -> bool:
    """Whether any command waits for such an effect; nearly always none does, and that must be cheap to know."""
    if not pile_ids:
        return False
    with sql() as cursor:
        execute(cursor, _AWAITED, [list(pile_ids), actions])
        return cursor.fetchone() is not None


def is_due(command: Command, at: datetime) -> bool:
    """Whether something seen at this instant can be the effect."""
    asked = command.sent_at or command.created_at
    return asked <= at and (command.effect_deadline is None or at <= command.effect_deadline)


def _restarted(command: Command) -> str | None:
    return "BootNotification"


_BRINGS = {"SignChargePointCertificate": "SignCertificate"}
"""The message that comes where it is not called as what was asked for (security white paper A02)."""


def _triggered(action: str) -> Matcher:
    def match(command: Command) -> str | None:
        wanted = str(command.payload.get("requestedMessage", ""))
        return action if _BRINGS.get(wanted, wanted) == action else None

    return match


def _availability(change: StatusChange) -> Matcher:
    status, connector = change.fact.status, change.fact.connector

    def match(command: Command) -> str | None:
        asked = command.payload.get("connectorId")
        if not change.newer or not (asked == connector or (asked == 0 and change.changed)):
            return None
        out = status == "Unavailable"
        wanted_out = command.payload.get("type") == "Inoperative"
        return f"{connector}: {status}" if out == wanted_out and status != "Faulted" else None

    return match
