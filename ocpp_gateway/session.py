"""One connected pile, from its handshake to its disconnect.

``run`` reads the socket and never waits for a handler: reports go to the inbox, answers to the
outbox. What arrived before the socket broke is still stored; then, and once, ``Disconnected`` is.
After a reconnect nothing is sent unasked; after an accepted boot that no StatusNotification
followed, the pile is asked for its states (OCPP 1.6 errata 3.22).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from websockets.exceptions import ConnectionClosed

from ocpp_gateway import masking, rpc, schemas, wire
from ocpp_gateway.channel import Channel, Clock, Link, monotonic
from ocpp_gateway.handlers import HANDLERS
from ocpp_gateway.inbox import Inbox, Occurrence, Refusal, Report
from ocpp_gateway.limits import Bucket
from ocpp_gateway.metrics import Metrics
from ocpp_gateway.outbox import OURS, Outbox
from ocpp_gateway.policy import Policy
from ocpp_gateway.ports import CentralSystem, StoreUnavailable
from ocpp_gateway.reading import Inbound
from ocpp_gateway.rpc import ErrorCode

log = logging.getLogger(__name__)

CLOSE_SUPERSEDED = 4000
CLOSE_RESTART = 1012
CLOSE_SILENT = 1011
CLOSE_INTERNAL = 1011
CLOSE_UNREAD = 1008
CLOSE_UNPROVEN = 1008
CLOSE_PROTOCOL = 1002
CLOSE_NOT_JSON = 1007


class Session:
    """Made for one admitted connection; ``gateway`` is the name of this process.

    ``moved``, where it is set, is given each order that finds its pile on a newer connection.
    """

    def __init__(
        self,
        link: Link,
        admitted: wire.Admitted,
        central: CentralSystem,
        *,
        remote: str,
        gateway: str,
        policy: Policy,
        metrics: Metrics,
        now: Clock,
    ) -> None:
        self.pile = admitted.pile
        self.generation = admitted.generation
        self.proof = admitted.proof
        self._ends_at = admitted.ends_at
        self.superseded = False
        self.heard_at = monotonic()
        self._remote = remote
        self._gateway = gateway
        self._channel = Channel(
            link=link,
            central=central,
            pile=admitted.pile,
            generation=admitted.generation,
            registration=admitted.pile.registration,
            connected_at=now(),
            policy=policy,
            metrics=metrics,
            now=now,
        )
        self._inbox = Inbox(self._channel, booted=self._booted, seen=self._seen)
        self.moved: Callable[[Session, wire.CommandOrder], None] | None = None
        self._outbox = Outbox(self._channel, moved=self._order_moved)
        self._pace = Bucket(policy.frame_rate, policy.frame_burst, self.heard_at)
        self._garbage = Bucket(policy.garbage_per_minute / 60, policy.garbage_per_minute, self.heard_at)
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._status_timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self._draining = False
        self._listening = False

    @property
    def registration(self) -> wire.Registration:
        return self._channel.registration

    @property
    def is_lost(self) -> bool:
        """Whether its socket is gone."""
        return self._gone.done()

    @property
    def waiting(self) -> int:
        """Reports that are not answered yet."""
        return len(self._inbox)

    async def settled(self) -> None:
        """Return when everything said so far is stored and answered."""
        await self._inbox.settled()

    async def run(self) -> None:
        """Serve the pile until its socket is gone and all it said is stored."""
        self._inbox.put(Occurrence(self._connected()))
        try:
            await self._read()
        except ConnectionClosed:
            pass
        finally:
            self.lost()
        await self._inbox.settled()
        await self._outbox.settled()
        await self._record_disconnect()

    def submit(self, order: wire.CommandOrder) -> None:
        """Send a command in its turn. Its outcome goes to the port."""
        self._outbox.submit(order)

    def lost(self) -> None:
        """The socket is gone. May be called more than once."""
        self._cancel_status_timer()
        self._outbox.lost("offline")
        if not self._gone.done():
            self._gone.set_result(None)

    def supersede(self) -> list[wire.CommandOrder]:
        """A newer connection of this pile is here: close, and give back the commands not yet sent."""
        self.superseded = True
        orders = self._outbox.hand_over()
        self._outbox.lost("superseded")
        self._cancel_status_timer()
        self.close(CLOSE_SUPERSEDED, "superseded")
        return orders

    def close(self, code: int, reason: str) -> None:
        """Close the socket in the background; a peer that does not react is cut off."""
        if self._closing is None:
            self._channel.metrics.closed(reason)
            self._closing = asyncio.create_task(self._channel.link.close(code, reason))

    async def drain(self, seconds: float) -> None:
        """Finish what is in flight, then close with 1012 (service restart)."""
        self._draining = True
        if self.is_lost:
            return
        self._outbox.shut("gateway_restarting")
        try:
            async with asyncio.timeout(seconds):
                await self._outbox.settled()
                await self._inbox.settled()
        except TimeoutError:
            log.warning("drain cut short", extra={"pile": self.pile.identity})
        self.close(CLOSE_RESTART, "restart")

    def tend(self, now: float) -> None:
        """Close what should not stay: looked at now and then."""
        if self._is_silent(now):
            self.close(CLOSE_SILENT, "silent")
        elif self._is_unread(now):
            self.close(CLOSE_UNREAD, "unread")
        elif self._ends_at is not None and self._channel.now() > self._ends_at:
            self.disprove(wire.RefusalReason.EXPIRED_CERTIFICATE)

    def disprove(self, reason: wire.RefusalReason) -> None:
        """What let this pile in would not let it in any more: close, and let it knock again."""
        self.close(CLOSE_UNPROVEN, reason.value)

    def _is_silent(self, now: float) -> bool:
        """Whether a pile that answers no pings has said nothing for too long."""
        limit = self._channel.policy.silent_heartbeats * self.pile.heartbeat_interval_s
        return not self.pile.ping and now - self.heard_at > limit

    def _is_unread(self, now: float) -> bool:
        """Whether the pile has taken nothing of what was sent to it for too long."""
        since = self._channel.link.unread_since
        return since is not None and now - since > self._channel.policy.unread_s

    def _order_moved(self, order: wire.CommandOrder) -> None:
        if self.moved is not None:
            self.moved(self, order)

    async def _read(self) -> None:
        link, policy = self._channel.link, self._channel.policy
        while True:
            self._listening = True
            data = await link.recv(decode=False)
            self._listening = False
            now = self.heard_at = monotonic()
            if len(data) > policy.large_frame_bytes:
                message, fact = await asyncio.to_thread(self._understand, data)
            else:
                message, fact = self._understand(data)
            self._receive(message, fact, len(data), now)
            debt = self._pace.charge(1 + len(data) / policy.frame_cost_bytes, now)
            if debt:
                self._channel.metrics.throttled()
                await asyncio.wait({self._gone}, timeout=debt)
            while self._inbox.full and not self._gone.done():
                await asyncio.wait({self._gone, self._inbox.room()}, return_when=asyncio.FIRST_COMPLETED)

    def hear(self, data: bytes) -> bool:
        """Take a message at once, as it leaves the socket; False where the reader has to, in its turn.

        It has to while it is busy or must make the pile wait, and for what is understood in a thread.
        """
        policy, now = self._channel.policy, monotonic()
        if (
            not self._listening
            or len(data) > policy.large_frame_bytes
            or self._inbox.full
            or not self._pace.allow(now, 1 + len(data) / policy.frame_cost_bytes)
        ):
            return False
        self.heard_at = now
        try:
            self._receive(*self._understand(data), len(data), now)
        except Exception:
            log.exception("message failed", extra={"pile": self.pile.identity})
            self.close(CLOSE_INTERNAL, "internal error")
        return True

    def _understand(self, data: bytes) -> tuple[rpc.Message, wire.Fact | None]:
        """A message, and what it reports if it is a call that we take. Changes nothing: may run in a thread."""
        message = rpc.parse(data)
        if not isinstance(message, rpc.Called) or message.action not in HANDLERS:
            return message, None
        opaque = message.action == "DataTransfer"
        inbound = Inbound(
            message.payload,
            pile=self.pile,
            generation=self.generation,
            message_id=str(message.id),
            received_at=self._channel.now(),
            connected_at=self._channel.connected_at,
            raw=masking.mask_text(message.raw) if opaque else message.raw,
            remarks=message.remarks,
        )
        try:
            return message, HANDLERS[message.action].read(inbound)
        except Exception:
            # The readers take everything; should one not, the pile must not lose its socket over it.
            log.exception("unreadable report", extra={"pile": self.pile.identity, "action": message.action})
            return message, None

    def _receive(self, message: rpc.Message, fact: wire.Fact | None, size: int, now: float) -> None:
        event = self._channel.rpc.match(message)
        if isinstance(event, rpc.Called):
            self._called(event, fact, size, now)
        elif isinstance(event, rpc.Answered | rpc.Failed):
            self._answered(event, size, now)
        elif isinstance(event, rpc.Malformed):
            self._channel.seen(
                masking.mask_text(event.text),
                size,
                kind="call",
                message_id=event.id,
                action=event.action[:50],
            )
            self._inbox.put(Refusal(event.id, event.action[:50], event.reply, now, size))
        elif isinstance(event, rpc.Unmatched):
            self._channel.seen(
                masking.mask_text(event.text),
                size,
                kind=event.kind,
                message_id=event.id,
                remarks=("unmatched:frame",),
            )
        else:
            self._channel.seen(
                masking.mask_text(event.text), size, kind="unknown", remarks=("garbage:frame",)
            )
            if not self._garbage.allow(now):
                self.close(CLOSE_PROTOCOL if event.json else CLOSE_NOT_JSON, "garbage")

    def _called(self, called: rpc.Called, fact: wire.Fact | None, size: int, now: float) -> None:
        handler = HANDLERS.get(called.action)
        if handler is None:
            known = called.action in schemas.ACTIONS
            self._refuse(called, ErrorCode.NOT_SUPPORTED if known else ErrorCode.NOT_IMPLEMENTED, size, now)
            return
        if fact is None:
            self._refuse(called, ErrorCode.INTERNAL_ERROR, size, now)
            return
        opaque = called.action == "DataTransfer"
        self._channel.seen(
            masking.mask_text(called.text) if opaque else called.text,
            size,
            at=fact.received_at,
            kind="call",
            message_id=called.id,
            action=called.action,
            remarks=fact.remarks,
        )
        self._inbox.put(Report(called, handler, fact, now, size))

    def _refuse(self, called: rpc.Called, code: ErrorCode, size: int, now: float) -> None:
        action = called.action[:50]
        self._channel.seen(
            masking.mask_text(called.text),
            size,
            kind="call",
            message_id=called.id,
            action=action,
            remarks=tuple(called.remarks),
        )
        self._inbox.put(Refusal(called.id, action, rpc.refuse(called.id, code), now, size))

    def _answered(
        self, event: rpc.Answered[wire.CommandOrder] | rpc.Failed[wire.CommandOrder], size: int, now: float
    ) -> None:
        self._channel.seen(
            masking.mask_text(event.text, masking.secrets_in(event.call.payload)),
            size,
            kind="result" if isinstance(event, rpc.Answered) else "error",
            message_id=event.call.id,
            action=event.call.action,
            latency_s=now - event.call.sent_at,
            remarks=("late:frame",) if event.late else (),
        )
        self._outbox.answered(event)

    def _booted(self, registration: wire.Registration) -> None:
        self._cancel_status_timer()
        if registration is wire.Registration.ACCEPTED and not self._gone.done():
            self._status_timer = asyncio.get_running_loop().call_later(
                self._channel.policy.status_wait_s, self._ask_for_status
            )

    def _seen(self, fact: wire.Fact) -> None:
        if isinstance(fact, wire.StatusReported):
            self._cancel_status_timer()

    def _ask_for_status(self) -> None:
        self._status_timer = None
        policy = self._channel.policy
        self.submit(
            wire.CommandOrder(
                command_id=OURS,
                pile_id=self.pile.pile_id,
                action="TriggerMessage",
                payload={"requestedMessage": "StatusNotification"},
                deadline=self._channel.now() + timedelta(seconds=policy.call_timeout_s),
            )
        )

    def _cancel_status_timer(self) -> None:
        if self._status_timer is not None:
            self._status_timer.cancel()
            self._status_timer = None

    def _connected(self) -> wire.Connected:
        return wire.Connected(
            pile_id=self.pile.pile_id,
            generation=self.generation,
            message_id="",
            received_at=self._channel.connected_at,
            remote=self._remote,
            gateway=self._gateway,
        )

    async def _record_disconnect(self) -> None:
        code, reason = self._channel.link.ending
        fact = wire.Disconnected(
            pile_id=self.pile.pile_id,
            generation=self.generation,
            message_id="",
            received_at=self._channel.now(),
            code=code,
            reason=reason,
            superseded=self.superseded,
        )
        for pause in (*self._channel.policy.disconnect_retries_s, None):
            try:
                await self._channel.central.record(fact)
                return
            except StoreUnavailable:
                if pause is None or self._draining:
                    log.exception("disconnect not stored", extra={"pile": self.pile.identity})
                    return
                await asyncio.sleep(pause)
