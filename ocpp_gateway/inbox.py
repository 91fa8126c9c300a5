"""The inward half of a session: what the pile reports, in its order, each answered once it is stored.

The socket's reader only puts things here; a task lives as long as there is something to do. Nothing
that was put is dropped, also not when the socket is gone: the pile may never send it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed

from ocpp_gateway import rpc, schemas, wire
from ocpp_gateway.channel import Channel, monotonic
from ocpp_gateway.handlers import Handler
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.rpc import ErrorCode

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """A call of the pile, already read."""

    called: rpc.Called
    handler: Handler
    fact: wire.Fact
    received: float
    size: int


@dataclass(slots=True)
class Refusal:
    """A call that only needs a CALLERROR, in its turn."""

    message_id: rpc.MessageId
    action: str
    frame: bytes
    received: float
    size: int


@dataclass(slots=True)
class Occurrence:
    """Something to be stored that the pile did not say; there is nobody to answer."""

    fact: wire.Fact
    size: int = 0


class Inbox:
    """``booted`` is told every registration answer after it went out, ``seen`` every stored fact."""

    def __init__(
        self,
        channel: Channel,
        *,
        booted: Callable[[wire.Registration], None],
        seen: Callable[[wire.Fact], None],
    ) -> None:
        self._channel = channel
        self._booted = booted
        self._seen = seen
        self._items: list[Report | Refusal | Occurrence] = []
        self._bytes = 0
        self._worker: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._owed: wire.Fact | None = None

    def __len__(self) -> int:
        return len(self._items)

    @property
    def full(self) -> bool:
        policy = self._channel.policy
        return len(self._items) >= policy.inbox_messages or self._bytes >= policy.inbox_bytes

    def put(self, item: Report | Refusal | Occurrence) -> None:
        self._items.append(item)
        self._bytes += item.size
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    def room(self) -> asyncio.Future[None]:
        """Done as soon as the inbox is no longer full. For one waiter: the reader."""
        if self._room is None or self._room.done():
            self._room = asyncio.get_running_loop().create_future()
            self._signal_room()
        return self._room

    async def settled(self) -> None:
        """Return when everything put so far is stored and answered."""
        while self._worker is not None:
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        try:
            while self._items:
                item = self._items[0]
                try:
                    await self._process(item)
                except ConnectionClosed:
                    pass
                except Exception:
                    log.exception("message failed", extra={"pile": self._channel.pile.identity})
                self._items.pop(0)
                self._bytes -= item.size
                self._signal_room()
        finally:
            self._worker = None

    def _signal_room(self) -> None:
        if self._room is not None and not self._room.done() and not self.full:
            self._room.set_result(None)

    async def _process(self, item: Report | Refusal | Occurrence) -> None:
        if isinstance(item, Refusal):
            await self._send(item.frame, "error", item)
        elif isinstance(item, Occurrence):
            self._owed = item.fact
            try:
                await self._store_owed()
            except StoreUnavailable:
                log.warning("not stored yet", extra={"pile": self._channel.pile.identity})
        else:
            await self._answer(item)

    async def _store_owed(self) -> None:
        """An occurrence that could not be stored is due before the next report."""
        if self._owed is not None:
            await self._channel.central.record(self._owed)
            self._owed = None

    async def _answer(self, report: Report) -> None:
        called = report.called
        if not self._welcome(called.action):
            await self._refuse(report, ErrorCode.SECURITY_ERROR, "not accepted by BootNotification")
            return
        stored = self._channel.rpc.recall(called)
        if stored is not None:
            await self._send(stored, "result", report)
            return
        try:
            await self._store_owed()
            answer: Any = await self._channel.central.record(report.fact)
        except StoreUnavailable:
            if not report.handler.storeless:
                await self._refuse(report, ErrorCode.INTERNAL_ERROR, "not stored")
                return
            answer = wire.Answer()
        except Exception:
            log.exception(
                "fact not stored", extra={"pile": self._channel.pile.identity, "action": called.action}
            )
            await self._refuse(report, ErrorCode.INTERNAL_ERROR, "not stored")
            return
        self._seen(report.fact)
        payload = self._payload(report, answer)
        if payload is None:
            await self._refuse(report, ErrorCode.INTERNAL_ERROR, "no valid answer")
            return
        frame = rpc.answer(called.id, payload)
        if report.handler.repeatable:
            self._channel.rpc.remember(called, frame)
        try:
            await self._send(frame, "result", report)
        finally:
            if isinstance(answer, wire.BootAnswer):
                self._channel.registration = answer.status
                self._booted(answer.status)

    def _welcome(self, action: str) -> bool:
        """Before acceptance only a boot, or what a pending pile was asked for (§4.2, OCPP-J errata 3.10)."""
        registration = self._channel.registration
        if registration is wire.Registration.ACCEPTED or action == "BootNotification":
            return True
        return registration is wire.Registration.PENDING and action in self._channel.invited

    def _payload(self, report: Report, answer: Any) -> dict[str, Any] | None:
        """The answer as it may leave: valid, else the empty one where that is valid, else None."""
        action = report.called.action
        try:
            payload = report.handler.write(answer, self._channel.now())
            if payload:
                schemas.check_response(action, payload)
        except (schemas.SchemaError, AttributeError):
            log.exception("invalid answer withheld", extra={"action": action})
            payload = {}
        if not payload:
            try:
                schemas.check_response(action, payload)
            except schemas.SchemaError:
                return None
        return payload

    async def _refuse(self, report: Report, code: ErrorCode, description: str) -> None:
        await self._send(rpc.refuse(report.called.id, code, description), "error", report)

    async def _send(self, frame: bytes, kind: str, item: Report | Refusal) -> None:
        latency = monotonic() - item.received
        if isinstance(item, Report):
            message_id, action = item.called.id, item.called.action
            self._channel.metrics.answered(action, latency)
        else:
            message_id, action = item.message_id, item.action
        await self._channel.send(frame, kind=kind, message_id=message_id, action=action, latency_s=latency)
