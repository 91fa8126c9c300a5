"""A recorded conversation, spoken once more to a session that nobody is connected to.

The session is the real one; behind it stands a house that stores nothing and agrees to everything. So
an engineer sees what the gateway of today reads in the frames of yesterday, and what it would answer.
Only calls of the pile are spoken: its answers belong to commands that are not sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Literal

from websockets.exceptions import ConnectionClosedOK

from ocpp_gateway import wire
from ocpp_gateway.metrics import Metrics
from ocpp_gateway.policy import Policy
from ocpp_gateway.session import Session

LONGEST_S = 10.0
"""A replay that takes longer is cut short."""

_UNHURRIED = Policy(frame_rate=1e9, frame_burst=1e9, garbage_per_minute=1_000_000)


def replay_now(record: wire.PileRecord, frames: Sequence[wire.FrameSeen]) -> list[wire.Replayed]:
    """``replay`` for callers without an event loop."""
    return asyncio.run(replay(record, frames))


async def replay(record: wire.PileRecord, frames: Sequence[wire.FrameSeen]) -> list[wire.Replayed]:
    """Each call of the frames, in order, with what became of it. As many as fit into ``LONGEST_S``."""
    stage = _Stage(replace(record, registration=wire.Registration.ACCEPTED))
    spoken = []
    try:
        async with asyncio.timeout(LONGEST_S):
            for frame in frames:
                if frame.inbound and frame.kind in {"call", "unknown"}:
                    spoken.append(await stage.speak(frame))
    except TimeoutError:
        pass
    finally:
        await stage.leave()
    return spoken


class _Stage:
    """One session with the house and the socket around it."""

    def __init__(self, record: wire.PileRecord) -> None:
        self._at = datetime.now(UTC)
        self.house, self.socket = _House(record), _Socket()
        self.session = Session(
            self.socket,
            wire.Admitted(pile=record, generation=1),
            self.house,
            remote="",
            gateway="replay",
            policy=_UNHURRIED,
            metrics=Metrics(),
            now=lambda: self._at,
        )
        self._run = asyncio.create_task(self.session.run())

    async def speak(self, frame: wire.FrameSeen) -> wire.Replayed:
        self._at = frame.at
        self.house.facts.clear()
        self.house.frames.clear()
        await self.socket.hear(frame.text.encode())
        await self.session.settled()
        heard = [one for one in self.house.frames if one.inbound]
        said = [one for one in self.house.frames if not one.inbound]
        return wire.Replayed(
            frame=frame,
            fact=self.house.facts[-1] if self.house.facts else None,
            remarks=heard[-1].remarks if heard else (),
            answer=said[-1].text if said else "",
        )

    async def leave(self) -> None:
        await self.socket.close(1000, "over")
        await self._run


class _Socket:
    """A ``Link`` that hears one frame at a time and takes whatever is said."""

    unread_since: float | None = None

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._asked = asyncio.Event()
        self.ending = (1000, "over")

    async def hear(self, data: bytes) -> None:
        """Return when the session has taken the frame and asks for the next one."""
        self._asked.clear()
        await self._waiting.put(data)
        await self._asked.wait()

    async def recv(self, decode: Literal[False]) -> bytes:
        self._asked.set()
        data = await self._waiting.get()
        if data is None:
            raise ConnectionClosedOK(None, None)
        return data

    def post(self, message: bytes) -> bool:
        return True

    async def send(self, message: bytes, *, text: bool) -> None:
        """Nobody is there."""

    async def close(self, code: int, reason: str) -> None:
        self._asked.set()
        if self._waiting.empty():
            self._waiting.put_nowait(None)


class _House:
    """A ``CentralSystem`` that agrees to everything and stores nothing."""

    def __init__(self, record: wire.PileRecord) -> None:
        self.facts: list[wire.Fact] = []
        self.frames: list[wire.FrameSeen] = []
        self._record = record
        self._transactions = count(1)

    async def admit(self, hello: wire.Hello) -> wire.Admission:
        return wire.Admitted(pile=self._record, generation=1)

    def refused(self, hello: wire.Hello, reason: wire.RefusalReason) -> None:
        """Nobody knocks."""

    async def record(self, fact: wire.Fact) -> Any:
        self.facts.append(fact)
        accepted = wire.IdTagInfo(status="Accepted")
        match fact:
            case wire.Booted():
                return wire.BootAnswer(
                    status=wire.Registration.ACCEPTED, interval_s=self._record.heartbeat_interval_s
                )
            case wire.AuthorizeAsked():
                return wire.AuthorizeAnswer(id_tag=accepted)
            case wire.TransactionStarted():
                return wire.StartAnswer(transaction_id=next(self._transactions), id_tag=accepted)
            case wire.TransactionStopped():
                return wire.StopAnswer(id_tag=accepted if fact.id_tag else None)
            case wire.DataTransferred():
                return wire.DataTransferAnswer(status="UnknownVendorId")
            case wire.CertificateAsked():
                return wire.CertificateAnswer(status="Rejected")
        return wire.Answer()

    def frame(self, frame: wire.FrameSeen) -> None:
        self.frames.append(frame)

    async def claim(self, command_id: int, generation: int, message_id: str) -> wire.Claim:
        return wire.Claim.GONE

    def outcome(self, outcome: wire.CommandOutcome) -> None:
        """Nothing was asked."""
