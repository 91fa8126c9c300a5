"""A pile that agreed to restart and did not boot in time is a failure (OCPP 1.6 §5.14)."""

from __future__ import annotations

from alarms.services.raising import raise_alarm
from stations.models import Command

CODE = "F09"


def miss_restart(command: Command) -> None:
    """What a command agreed to was not seen in time (a listener of ``stations``); the next boot clears it."""
    if command.action == "Reset":
        raise_alarm(
            CODE,
            pile=command.pile,
            info=str(command.payload.get("type", "")),
            about=f"command:{command.pk}",
        )
