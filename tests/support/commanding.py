"""Staff who send commands to many piles; run inside a house (``House.run_inside``)."""

from __future__ import annotations

import json
import sys

from backoffice.kit.actor import command_line
from backoffice.kit.errors import Refused
from backoffice.kit.scope import unscoped
from stations.models import Pile
from stations.services.commands import send_command


def main() -> None:
    """``{"piles": identities, "action": …, "payload": …}``; prints the ids of the commands and the refusals' codes."""
    wanted = json.load(sys.stdin)
    sent: list[int] = []
    refused: list[str] = []
    with unscoped(reason="test data"):
        for identity in wanted["piles"]:
            pile = Pile.objects.get(identity=identity)
            try:
                command = send_command(
                    pile, action=wanted["action"], payload=wanted["payload"], actor=command_line("tests")
                )
                sent.append(command.pk)
            except Refused as refusal:
                refused.append(str(refusal.code))
    print(json.dumps({"sent": sent, "refused": refused}))
