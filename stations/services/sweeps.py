"""What time does: commands that never left, were never answered or never took effect, and old traffic.

Each sweep finds its rows by itself and handles each in a transaction of its own, so a listener that
fails holds up one command and not the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet, Value

from backoffice.kit import clock, retention
from ocpp_gateway.wire import CommandOutcome, CommandState
from stations.models import Command, PileEvent, Reshare, SecurityEvent, StatusEvent, Trouble
from stations.outcomes import give_up_effect, lock_commands, take_outcome
from tenants.selectors import longest_kept

log = logging.getLogger(__name__)

BATCH = 200
QUEUE_GRACE = timedelta(seconds=5)
"""The gateway says itself what it did not send; it may be a moment late."""

ANSWER_GRACE = timedelta(seconds=15)
"""The gateway counts the time-out itself; only when it died nobody does."""

LOSS_GRACE = timedelta(seconds=1)
"""The gateway says itself what it lost with a connection; only when it died nobody does."""

PARTITIONS_AHEAD_DAYS = 7


def expire_commands() -> int:
    """Commands that waited longer than they were meant to."""
    late = Command.objects.filter(state=CommandState.QUEUED, deadline__lt=clock.now() - QUEUE_GRACE)
    return _each(late.order_by("deadline"), _concluding(CommandState.EXPIRED, "never_sent"))


def time_out_commands() -> int:
    """Commands whose gateway never said whether the pile answered."""
    second = Value(timedelta(seconds=1))
    waited_for = ExpressionWrapper(F("sent_at") + F("timeout_s") * second, output_field=DurationField())
    late = Command.objects.filter(state=CommandState.SENT).alias(answer_due=waited_for)
    return _each(
        late.filter(answer_due__lt=clock.now() - ANSWER_GRACE).order_by("deadline"),
        _concluding(CommandState.TIMED_OUT, "no_answer"),
    )


def lose_commands() -> int:
    """Commands in flight on a connection that is gone, whose gateway never said so."""
    then = clock.now() - LOSS_GRACE
    moved = Q(pile__generation__gt=F("generation"), pile__connected_at__lt=then)
    away = Q(pile__generation=F("generation"), pile__online=False, pile__disconnected_at__lt=then)
    lost = Command.objects.filter(moved | away, state=CommandState.SENT)
    return _each(lost.order_by("deadline"), _concluding(CommandState.CONNECTION_LOST, ""))


def miss_effects() -> int:
    """Commands that a pile agreed to and that were not seen to take effect."""
    at = clock.now()
    late = Command.objects.filter(state=CommandState.ACCEPTED, effect_deadline__lt=at)
    return _each(late.order_by("effect_deadline"), lambda command: give_up_effect(command, at=at))


def _concluding(state: CommandState, error: str) -> Callable[[Command], None]:
    at = clock.now()

    def conclude(command: Command) -> None:
        take_outcome(command, CommandOutcome(command_id=command.pk, state=state, at=at, error=error))

    return conclude


def _each(rows: QuerySet[Command], act: Callable[[Command], None]) -> int:
    handled = 0
    for command_id in list(rows.values_list("pk", flat=True)[:BATCH]):
        try:
            with transaction.atomic():
                act(lock_commands([command_id])[command_id])
            handled += 1
        except Exception:
            log.exception("command %s could not be concluded", command_id)
    return handled


def keep_partitions() -> None:
    """Make the partitions of frames ahead, and drop those that are older than they are kept."""
    today = clock.now().date()
    oldest = today - timedelta(days=longest_kept("frames_days"))
    retention.make_partitions(
        "stations_frame", "at", "day", today, today + timedelta(days=PARTITIONS_AHEAD_DAYS)
    )
    retention.drop_partitions("stations_frame", before=oldest)
    retention.forget_unplaced("stations_frame", "at", before=oldest)


def forget_history() -> int:
    """Delete what piles reported, what was wrong with it and how load was shared, when it is older than it is kept."""
    oldest = clock.ago(days=longest_kept("history_days"))
    statuses = StatusEvent.objects.filter(received_at__lt=oldest)
    events = PileEvent.objects.filter(at__lt=oldest)
    troubles = Trouble.objects.filter(last_at__lt=oldest)
    security = SecurityEvent.objects.filter(last_at__lt=oldest)
    shared = Reshare.objects.filter(at__lt=oldest)
    return sum(retention.forget_rows(rows) for rows in (statuses, events, troubles, security, shared))
