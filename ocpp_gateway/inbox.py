"""The inward half of a session: what the pile reports, in its order, each answered once it is stored.

The socket's reader only puts things here. Nothing that was put is dropped, also not when the socket is
gone: the pile may never send it again.

A report that only has to be stored and answered is stored by the put itself and answered by what the
store calls back: without a task, which for most messages would cost more than they do. Whatever has to
wait for something else is left to a task that lives as long as there is something to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from websockets.exceptions import ConnectionClosed

from ocpp_gateway import rpc, schemas, wire
from ocpp_gateway.channel import Channel, monotonic
from ocpp_gateway.handlers import Handler
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.rpc import ErrorCode

log = logging.getLogger(__name__)

_NOT_ACCEPTED = "not accepted by BootNotification"


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
        self._storing: asyncio.Future[Any] | None = None
        self._quiet: asyncio.Future[None] | None = None
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
        if self._worker is None and self._storing is None:
            self._begin()

    def room(self) -> asyncio.Future[None]:
        """Done as soon as the inbox is no longer full. For one waiter: the reader."""
        if self._room is None or self._room.done():
            self._room = asyncio.get_running_loop().create_future()
            self._signal_room()
        return self._room

    async def settled(self) -> None:
        """Return when everything put so far is stored and answered."""
        while self._items:
            if self._quiet is None or self._quiet.done():
                self._quiet = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._quiet})

    def _begin(self) -> None:
        """Take the first item in hand; nothing is at the moment."""
        item = self._items[0]
        begun: Coroutine[Any, Any, None] | None = None
        if isinstance(item, Report) and self._is_ready(item):
            storing = self._channel.central.record(item.fact)
            if isinstance(storing, asyncio.Future):
                self._storing = storing
                storing.add_done_callback(partial(self._stored, item))
                return
            begun = self._finish(item, storing)
        self._worker = asyncio.create_task(self._work(begun))

    def _is_ready(self, report: Report) -> bool:
        """Whether nothing has to be done for a report but to store and to answer it."""
        return (
            self._owed is None
            and not isinstance(report.fact, wire.Booted)
            and self._welcome(report.called.action)
            and self._channel.rpc.recall(report.called) is None
        )

    def _stored(self, report: Report, storing: asyncio.Future[Any]) -> None:
        """What was handed to the store is there, or cannot be."""
        self._storing = None
        try:
            frame, kind = self._answer(report, storing)
            if not self._post(frame, kind, report):
                self._worker = asyncio.create_task(self._work(self._send(frame, kind, report)))
                return
        except Exception:
            log.exception("message failed", extra={"pile": self._channel.pile.identity})
        self._done(report)
        if self._items:
            self._begin()

    def _done(self, item: Report | Refusal | Occurrence) -> None:
        self._items.pop(0)
        self._bytes -= item.size
        self._signal_room()
        if not self._items and self._quiet is not None and not self._quiet.done():
            self._quiet.set_result(None)

    async def _work(self, begun: Coroutine[Any, Any, None] | None) -> None:
        """Deal with all items. ``begun``: what is left to do for the first, where somebody began with it."""
        try:
            while self._items:
                item = self._items[0]
                try:
                    await (begun or self._process(item))
                except ConnectionClosed:
                    pass
                except Exception:
                    log.exception("message failed", extra={"pile": self._channel.pile.identity})
                begun = None
                self._done(item)
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
            await self._process_report(item)

    async def _store_owed(self) -> None:
        """An occurrence that could not be stored is due before the next report."""
        if self._owed is not None:
            await self._channel.central.record(self._owed)
            self._owed = None

    async def _process_report(self, report: Report) -> None:
        if not self._welcome(report.called.action):
            await self._send(*self._refusal(report, ErrorCode.SECURITY_ERROR, _NOT_ACCEPTED), report)
            return
        stored = self._channel.rpc.recall(report.called)
        if stored is not None:
            await self._send(stored, "result", report)
        else:
            await self._finish(report, self._store(report.fact))

    async def _store(self, fact: wire.Fact) -> wire.Answer:
        await self._store_owed()
        return await self._channel.central.record(fact)

    async def _finish(self, report: Report, storing: Awaitable[Any]) -> None:
        """Wait until a report is stored, and answer it."""
        stored = asyncio.ensure_future(storing)
        await asyncio.wait({stored})
        frame, kind = self._answer(report, stored)
        try:
            await self._send(frame, kind, report)
        finally:
            if isinstance(report.fact, wire.Booted) and kind == "result":
                self._channel.registration = stored.result().status
                self._booted(stored.result().status)

    def _answer(self, report: Report, stored: asyncio.Future[Any]) -> tuple[bytes, str]:
        """The frame that says what came of storing a report, and its kind."""
        called = report.called
        try:
            answer = stored.result()
        except StoreUnavailable:
            if not report.handler.storeless:
                return self._refusal(report, ErrorCode.INTERNAL_ERROR, "not stored")
            answer = wire.Answer()
        except Exception:
            log.exception(
                "fact not stored", extra={"pile": self._channel.pile.identity, "action": called.action}
            )
            return self._refusal(report, ErrorCode.INTERNAL_ERROR, "not stored")
        self._seen(report.fact)
        payload = self._payload(report, answer)
        if payload is None:
            return self._refusal(report, ErrorCode.INTERNAL_ERROR, "no valid answer")
        frame = rpc.answer(called.id, payload)
        if report.handler.repeatable:
            self._channel.rpc.remember(called, frame)
        return frame, "result"

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

    def _refusal(self, report: Report, code: ErrorCode, description: str) -> tuple[bytes, str]:
        return rpc.refuse(report.called.id, code, description), "error"

    def _post(self, frame: bytes, kind: str, report: Report) -> bool:
        """Send an answer at once; False, and nothing done, where it has to wait for the socket."""
        called, latency = report.called, monotonic() - report.received
        posted = self._channel.post(
            frame, kind=kind, message_id=called.id, action=called.action, latency_s=latency
        )
        if posted:
            self._channel.metrics.answered(called.action, latency)
        return posted

    async def _send(self, frame: bytes, kind: str, item: Report | Refusal) -> None:
        latency = monotonic() - item.received
        if isinstance(item, Report):
            message_id, action = item.called.id, item.called.action
            self._channel.metrics.answered(action, latency)
        else:
            message_id, action = item.message_id, item.action
        await self._channel.send(frame, kind=kind, message_id=message_id, action=action, latency_s=latency)
