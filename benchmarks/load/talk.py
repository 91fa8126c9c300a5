"""What an estate's piles say, as batches for the store: read by the gateway's own readers, no socket in between."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup()

from django.db import connection  # noqa: E402 - the rooms need their settings first

from backoffice.kit.scope import unscoped  # noqa: E402
from benchmarks.load.crowd import START, STOP, Pile, Turns, id_prefix, new_id  # noqa: E402
from ocpp_gateway import rpc, wire  # noqa: E402
from ocpp_gateway.handlers import HANDLERS  # noqa: E402
from ocpp_gateway.reading import Inbound  # noqa: E402
from ocpp_gateway.store.batch import Batch  # noqa: E402
from stations import selectors  # noqa: E402


class Talk:
    """All piles of an estate on one connection; what they are answered must be ``heard`` before they go on."""

    def __init__(self, told: Path) -> None:
        self._piles = [Pile(pile) for pile in json.loads(told.read_text())]
        self._turns = Turns()
        with unscoped(reason="a load to measure"):
            ids = dict(selectors.piles().values_list("identity", "id"))
        self._records = {
            pile.identity: wire.PileRecord(
                pile_id=ids[pile.identity],
                identity=pile.identity,
                registration=wire.Registration.ACCEPTED,
                connectors=(1, 2),
            )
            for pile in self._piles
        }
        self._prefix, self._number = id_prefix(), 0
        self._saying: list[tuple[Pile, str]] = []
        for pile in self._piles:
            self._turns.back(pile, charging=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [self._backend] = cursor.fetchone()

    def batch(self, size: int) -> Batch:
        """So many messages of the mix, from as many piles, with the frames that they make."""
        batch = Batch()
        for _ in range(size):
            turn = self._turns.is_due(self._turns.draw(), 0.0)
            if turn is not None:
                self._say(batch, turn[0], turn[1])
        self._turns.forget()
        return batch

    def _say(self, batch: Batch, pile: Pile, action: str) -> None:
        at, record = datetime.now(UTC), self._records[pile.identity]
        self._number += 1
        id_ = new_id(self._prefix, self._number)
        payload = pile.say(action, at.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        called = rpc.parse(f'[2,"{id_}","{action}",{payload}]'.encode())
        assert isinstance(called, rpc.Called)
        inbound = Inbound(
            called.payload,
            pile=record,
            generation=1,
            message_id=id_,
            received_at=at,
            connected_at=at,
            raw=called.raw,
        )
        batch.facts.append(HANDLERS[action].read(inbound))
        for is_inbound, kind, text in ((True, "call", called.text), (False, "result", f'[3,"{id_}",{{}}]')):
            batch.frames.append(
                wire.FrameSeen(
                    pile_id=record.pile_id,
                    generation=1,
                    at=at,
                    inbound=is_inbound,
                    kind=kind,
                    message_id=id_,
                    action=action,
                    size=len(text),
                    text=text,
                )
            )
        self._saying.append((pile, action))

    def heard(self, answers: list[Any]) -> None:
        """The answers to the last batch, in its order."""
        for (pile, action), answer in zip(self._saying, answers, strict=True):
            if action == START:
                pile.second = answer.transaction_id
            elif action == STOP:
                pile.second = None
            self._turns.back(pile, charging=pile.second is not None)
        self._saying.clear()

    def backend_cpu(self) -> float:
        """CPU seconds of the one PostgreSQL process behind all this; it must run on this machine."""
        stat = Path(f"/proc/{self._backend}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def statement_of(self, text: str) -> str:
        """What was prepared under a name, for people."""
        if not text.startswith("EXECUTE "):
            return text
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT statement FROM pg_prepared_statements WHERE name = %s", [text.split()[1].strip()]
            )
            found = cursor.fetchone()
        return " ".join(found[0].partition(" AS ")[2].split())[:100] if found else text
