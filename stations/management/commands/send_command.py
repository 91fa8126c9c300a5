"""Asks a pile to do something, by the same way as the button, and prints as JSON what became of it."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.kit.actor import command_line
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from ocpp_gateway.wire import CommandState
from stations.models import Command as Asked, Pile
from stations.selectors import commands, pile_by_identity
from stations.services.commands import send_command
from stations.states import UNANSWERED

POLL_S = 0.1


class Command(BaseCommand):
    help = "Send a command to a pile and wait for its answer. Exit code 1 when it was not sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("identity")
        parser.add_argument("action", help="as in OCPP 1.6: Reset, TriggerMessage, ...")
        parser.add_argument("payload", nargs="?", default="{}", help="JSON object")
        parser.add_argument("--wait", type=float, default=60, help="seconds to wait for the outcome")
        parser.add_argument("--effect", action="store_true", help="wait until the effect is seen, too")
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        payload = _payload(options["payload"])
        with unscoped(reason="a command by script"):
            try:
                asked = send_command(
                    pile_by_identity(options["identity"]),
                    action=options["action"],
                    payload=payload,
                    actor=command_line("send_command"),
                    reason=options["reason"],
                    connector_number=_connector(payload),
                )
            except Pile.DoesNotExist:
                raise CommandError(f"There is no pile {options['identity']}.") from None
            except Refused as refusal:
                self._print({"state": CommandState.REFUSED, "code": refusal.code, "error": str(refusal)})
                sys.exit(1)
            self._print(_outcome(_wait(asked, options["wait"], effect=options["effect"])))

    def _print(self, content: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(content, ensure_ascii=False))


def _wait(asked: Asked, seconds: float, *, effect: bool) -> Asked:
    """The command as it is when there is nothing more to wait for, or the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        row = commands().get(pk=asked.pk)
        state = CommandState(row.state)
        awaited = effect and state is CommandState.ACCEPTED and row.effect_deadline is not None
        if (state not in UNANSWERED and not awaited) or time.monotonic() >= deadline:
            return row
        time.sleep(POLL_S)


def _outcome(row: Asked) -> dict[str, Any]:
    return {
        "id": row.pk,
        "pile": row.pile.identity,
        "action": row.action,
        "payload": row.payload,
        "state": row.state,
        "answer": row.answer,
        "error": row.error,
        "latency_ms": row.latency_ms,
        "effect": row.effect_note,
    }


def _payload(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise CommandError("The payload is a JSON object.")
    return payload


def _connector(payload: dict[str, Any]) -> int | None:
    number = payload.get("connectorId")
    return number if isinstance(number, int) and 0 <= number < 2**15 else None
