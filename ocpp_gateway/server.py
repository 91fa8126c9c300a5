"""The WebSocket server: handshakes, refusals, ``/healthz``, ``/metrics`` and the way down.

A socket becomes a session only after the house admitted it. What a refused or misbehaving peer can
cost is bounded before that: by the limiter, the open time-out and the frame limits.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol, State
from websockets.streams import StreamReader
from websockets.typing import Subprotocol

from ocpp_gateway import handshake, wire
from ocpp_gateway.channel import Clock, monotonic
from ocpp_gateway.framing import text_frame, whole_text
from ocpp_gateway.limits import HandshakeLimiter
from ocpp_gateway.metrics import Metrics
from ocpp_gateway.policy import Policy
from ocpp_gateway.ports import CentralSystem, StoreUnavailable
from ocpp_gateway.registry import Registry
from ocpp_gateway.session import CLOSE_PROTOCOL, CLOSE_RESTART, CLOSE_SILENT, Session

log = logging.getLogger(__name__)
socket_log = logging.getLogger("ocpp_gateway.socket")
socket_log.setLevel(logging.WARNING)  # below, the library writes a line for each health check, and headers

_BACKLOG = 4096
_BETWEEN_FRAMES = StreamReader.at_eof.__code__
_ABNORMAL = 1006
_UNSUPPORTED_DATA = 1003
_POLICY_VIOLATION = 1008
_OUR_SUBPROTOCOL = Subprotocol(handshake.SUBPROTOCOL)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A port. One security profile each (OCPP 1.6 security white paper A00.FR.003).

    ``forwarded``: take the peer's address from the last ``X-Forwarded-For``, behind a proxy of ours.
    """

    host: str
    port: int
    security_profile: int = 1
    tls: ssl.SSLContext | None = None
    forwarded: bool = False


class PileConnection(ServerConnection):
    """A socket that tells its session at once when it is gone, and refuses what no pile sends."""

    admitted: wire.Admitted | None = None
    session: Session | None = None
    remote: str = ""
    _pings: int = 0
    _pings_since: float = 0.0
    _failing: asyncio.Task[None] | None = None
    pings_per_minute: int = Policy().pings_per_minute

    @property
    def ending(self) -> tuple[int, str]:
        """Code and reason of whoever closed first; 1006 where the socket just broke."""
        ours, theirs = self.protocol.close_sent, self.protocol.close_rcvd
        first = theirs if theirs is not None and self.protocol.close_rcvd_then_sent else ours or theirs
        return (_ABNORMAL, "") if first is None else (int(first.code), first.reason)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.session is not None:
            self.session.lost()

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame):
            if self._failing is not None:
                return
            if event.opcode is Opcode.BINARY:
                self._fail(_UNSUPPORTED_DATA, "text frames only")
                return
            if event.opcode is Opcode.PING and self._too_many_pings():
                self.transport.pause_reading()
                self._fail(_POLICY_VIOLATION, "too many pings")
        super().process_event(event)

    def data_received(self, data: bytes) -> None:
        if self.session is None or not self._is_heard(self.session, data):
            super().data_received(data)

    def _is_heard(self, session: Session, data: bytes) -> bool:
        """Whether the session took these bytes, as the one whole message that they are.

        Only where the library holds nothing of a message that came before, neither read nor half read.
        """
        text = whole_text(data)
        return (
            text is not None
            and self._failing is None
            and self.protocol.state is State.OPEN
            and len(text) <= (self.protocol.max_message_size or 0)
            and self.protocol.current_size is None
            and not len(self.recv_messages.frames)
            and _is_between_frames(self.protocol)
            and session.hear(text)
        )

    def post(self, message: bytes) -> bool:
        """Send a text at once, unless the socket is not open or its peer reads too slowly."""
        if self.protocol.state is not State.OPEN or self.paused or self.send_in_progress is not None:
            return False
        frame = text_frame(message)
        if frame is None:
            return False
        self.transport.write(frame)
        return True

    def _too_many_pings(self) -> bool:
        now = self.loop.time()
        if now - self._pings_since > 60:
            self._pings, self._pings_since = 0, now
        self._pings += 1
        return self._pings > self.pings_per_minute

    def _fail(self, code: int, reason: str) -> None:
        if self._failing is None:
            self._failing = self.loop.create_task(self.close(code, reason))


def _is_between_frames(protocol: Protocol) -> bool:
    """Whether the library's parser waits for the first byte of a frame.

    It does not say so itself; what its generator waits for does. Where a later release waits differently, the
    answer is no, and every message goes through it.
    """
    frames = getattr(protocol.parser, "gi_yieldfrom", None)
    waiting = getattr(frames, "gi_yieldfrom", None)
    return getattr(waiting, "gi_code", None) is _BETWEEN_FRAMES


class Gateway:
    """Everything that one gateway process does, but for where facts go and commands come from.

    ``parts`` tells the state of what lies behind the port, name to "ok" or what is wrong.
    """

    def __init__(
        self,
        central: CentralSystem,
        *,
        name: str,
        policy: Policy | None = None,
        parts: Callable[[], Mapping[str, str]] = dict,
        now: Clock = utc_now,
    ) -> None:
        self.name = name
        self.registry = Registry()
        self.metrics = Metrics()
        self._central = central
        self._policy = policy or Policy()
        self._parts = parts
        self._now = now
        self._limiter = HandshakeLimiter(self._policy)
        self._servers: list[Server] = []
        self._sweeper: asyncio.Task[None] | None = None
        self._draining = False
        self.metrics.gauges["connections"] = ("Piles connected.", lambda: len(self.registry))
        self.metrics.gauges["waiting"] = (
            "Reports that are not answered yet.",
            lambda: sum(session.waiting for session in self.registry),
        )

    async def start(self, listeners: Iterable[Listener]) -> list[int]:
        """Listen. Returns the port of each listener, in order (a port of 0 takes a free one)."""
        ports = []
        for listener in listeners:
            server = await self._listen(listener, host=listener.host, port=listener.port)
            ports.append(server.sockets[0].getsockname()[1])
            for socket in server.sockets:
                for _ in range(self._policy.acceptors - 1):
                    await self._listen(listener, sock=socket.dup())
        self._sweeper = asyncio.create_task(self._sweep())
        return ports

    async def _listen(self, listener: Listener, **where: Any) -> Server:
        policy = self._policy
        server = await serve(
            self._serve,
            ssl=listener.tls,
            process_request=partial(self._process_request, listener),
            select_subprotocol=_select_subprotocol,
            create_connection=PileConnection,
            compression=None,
            backlog=_BACKLOG,
            open_timeout=policy.open_timeout_s,
            close_timeout=policy.close_timeout_s,
            ping_interval=policy.ping_interval_s,
            ping_timeout=policy.ping_timeout_s,
            server_header=None,
            logger=socket_log,
            **where,
        )
        self._servers.append(server)
        return server

    def submit(self, order: wire.CommandOrder) -> None:
        """Send a command to a pile that is connected here; its outcome goes to the port."""
        session = self.registry.get(order.pile_id)
        if session is not None:
            session.submit(order)
            return
        self.metrics.command(order.action, wire.CommandState.REFUSED.value)
        self._central.outcome(
            wire.CommandOutcome(
                command_id=order.command_id, state=wire.CommandState.REFUSED, at=self._now(), error="offline"
            )
        )

    async def drain(self) -> None:
        """Take no more piles, finish what is in flight, close every socket with 1012."""
        self._draining = True
        for server in self._servers:
            server.close(close_connections=False)
        if self._sweeper is not None:
            self._sweeper.cancel()
        await asyncio.gather(*(session.drain(self._policy.drain_s) for session in self.registry))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._policy.drain_s):
                await asyncio.gather(*(server.wait_closed() for server in self._servers))

    def health(self) -> tuple[bool, dict[str, object]]:
        """Whether this gateway can do its work, and the state of each part."""
        parts = dict(self._parts())
        well = not self._draining and all(state == "ok" for state in parts.values())
        state = "draining" if self._draining else "ok" if well else "degraded"
        return well, {
            "status": state,
            "gateway": self.name,
            "connections": len(self.registry),
            "parts": parts,
        }

    async def _process_request(
        self, listener: Listener, connection: ServerConnection, request: Request
    ) -> Response | None:
        path = handshake.route(request.path)
        if path == "/healthz":
            well, content = self.health()
            return handshake.respond_json(HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE, content)
        if path == "/metrics":
            return handshake.respond(HTTPStatus.OK, self.metrics.render(), "text/plain; version=0.0.4")
        if not handshake.wants_websocket(request):
            return None
        remote = _peer(connection, request, listener)
        if handshake.lacks_connection_upgrade(request):
            log.warning("handshake without Connection: Upgrade", extra={"remote": remote, "path": path[:300]})
            self.metrics.handshake("malformed")
            return handshake.respond(HTTPStatus.BAD_REQUEST, b"Missing header: Connection: Upgrade\n")
        return await self._admit(listener, cast(PileConnection, connection), request, remote)

    async def _admit(
        self, listener: Listener, connection: PileConnection, request: Request, remote: str
    ) -> Response | None:
        identity = handshake.identity_in(request.path)
        user_name, password = handshake.parse_basic(handshake.authorization_in(request), identity or "")
        hello = wire.Hello(
            identity=identity or handshake.route(request.path)[:255],
            user_name=user_name,
            password=password,
            remote=remote,
            subprotocols=handshake.offered_subprotocols(request),
            security_profile=listener.security_profile,
            at=self._now(),
        )
        now = monotonic()
        if not self._limiter.allow(remote, hello.identity, now):
            return self._refuse(hello, wire.RefusalReason.THROTTLED, by_us=True)
        if identity is None:
            self._limiter.refused(remote, now)
            return self._refuse(hello, wire.RefusalReason.BAD_IDENTITY, by_us=True)
        try:
            admission = await self._central.admit(hello)
        except StoreUnavailable:
            return self._refuse(hello, wire.RefusalReason.UNAVAILABLE, by_us=True)
        if isinstance(admission, wire.Refused):
            self._limiter.refused(remote, now)
            return self._refuse(hello, admission.reason, by_us=False)
        self._limiter.admitted(remote, identity)
        self._prepare(connection, admission, remote)
        return None

    def _refuse(self, hello: wire.Hello, reason: wire.RefusalReason, *, by_us: bool) -> Response:
        self.metrics.handshake(reason.value)
        if by_us:
            self._central.refused(hello, reason)
        log.info(
            "refused", extra={"identity": hello.identity, "remote": hello.remote, "reason": reason.value}
        )
        return handshake.respond(handshake.STATUSES[reason], f"{reason.value}\n".encode())

    def _prepare(self, connection: PileConnection, admission: wire.Admitted, remote: str) -> None:
        pile = admission.pile
        connection.admitted = admission
        connection.remote = remote
        connection.pings_per_minute = self._policy.pings_per_minute
        connection.protocol.max_message_size = pile.max_frame_bytes
        if not pile.ping:
            connection.ping_interval = None

    async def _serve(self, connection: ServerConnection) -> None:
        connection = cast(PileConnection, connection)
        admitted = connection.admitted
        if admitted is None:
            return
        _forget_headers(connection)
        if self._draining:
            await connection.close(CLOSE_RESTART, "restart")
            return
        if connection.subprotocol is None and admitted.pile.require_subprotocol:
            self.metrics.handshake("no_subprotocol")
            log.info(
                "no subprotocol", extra={"identity": admitted.pile.identity, "remote": connection.remote}
            )
            await connection.close(CLOSE_PROTOCOL, "ocpp1.6 was not offered")
            return
        self.metrics.handshake("admitted")
        session = Session(
            connection,
            admitted,
            self._central,
            remote=connection.remote,
            gateway=self.name,
            policy=self._policy,
            metrics=self.metrics,
            now=self._now,
        )
        connection.session = session
        self.registry.adopt(session)
        try:
            await session.run()
        finally:
            self.registry.release(session)

    async def _sweep(self) -> None:
        """Drop the piles that are not pinged and have been silent for too long."""
        while True:
            await asyncio.sleep(self._policy.sweep_interval_s)
            now = monotonic()
            for session in self.registry:
                if session.is_silent(now):
                    session.close(CLOSE_SILENT, "silent")


def _select_subprotocol(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """None completes the handshake without the header; the session then closes (OCPP-J 1.6 §3.2)."""
    return _OUR_SUBPROTOCOL if _OUR_SUBPROTOCOL in offered else None


def _forget_headers(connection: ServerConnection) -> None:
    """Credentials need not stay in memory as long as the socket, nor the 3 kB around them."""
    for message in (connection.request, connection.response):
        if message is not None:
            message.headers.clear()


def _peer(connection: ServerConnection, request: Request, listener: Listener) -> str:
    if listener.forwarded:
        hops = ",".join(request.headers.get_all("X-Forwarded-For")).split(",")
        if hops[-1].strip():
            return hops[-1].strip()[:64]
    address = connection.remote_address
    return str(address[0]) if address else ""
