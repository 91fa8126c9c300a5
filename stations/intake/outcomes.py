"""What the gateway says became of commands, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Sequence

from ocpp_gateway.wire import CommandOutcome
from stations.outcomes import lock_commands, take_outcome


def keep_outcomes(outcomes: Sequence[CommandOutcome]) -> None:
    """Record each step that is new and tell those who asked. Unknown commands are passed over."""
    if not outcomes:
        return
    commands = lock_commands(outcome.command_id for outcome in outcomes)
    for outcome in outcomes:
        if outcome.command_id in commands:
            take_outcome(commands[outcome.command_id], outcome)
