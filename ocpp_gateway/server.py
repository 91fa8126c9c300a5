"""The WebSocket server: handshakes, refusals, ``/healthz``, ``/metrics`` and the way down.

A socket becomes a session only after the house admitted it. What a refused or misbehaving peer can
cost is bounded before that: by the limiter, the open time-out and the frame limits.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from ocpp_gateway import handshake, wire
from ocpp_gateway.channel import Clock, monotonic
from ocpp_gateway.connection import PileConnection
from ocpp_gateway.limits import HandshakeLimiter
from ocpp_gateway.metrics import Metrics
from ocpp_gateway.policy import Policy
from ocpp_gateway.ports import CentralSystem, StoreUnavailable
from ocpp_gateway.registry import Registry
from ocpp_gateway.session import CLOSE_PROTOCOL, CLOSE_RESTART, Session
from ocpp_gateway.tls import TlsDoor, TlsPort, peer_certificate

log = logging.getLogger(__name__)
socket_log = logging.getLogger("ocpp_gateway.socket")
socket_log.setLevel(logging.WARNING)  # below, the library writes a line for each health check, and headers

_BACKLOG = 4096
_OUR_SUBPROTOCOL = Subprotocol(handshake.SUBPROTOCOL)


def utc_now() -> datetime:
    return datetime.now(UTC)


async def _nowhere(order: wire.CommandOrder) -> bool:
    """There is no other gateway."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A port. One security profile each (OCPP 1.6 security white paper A00.FR.003).

    ``forwarded``: take the peer's address from the last ``X-Forwarded-For``, behind a proxy of ours.
    """

    host: str
    port: int
    security_profile: int = 1
    tls: TlsPort | None = None
    forwarded: bool = False


class Gateway:
    """Everything that one gateway process does, but for where facts go and commands come from.

    ``parts`` tells the state of what lies behind the port, name to "ok" or what is wrong; ``notes`` what
    should be looked after although everything works. ``forward``
    hands a command to the gateway that holds its pile, and says whether there is another one that does;
    it may raise StoreUnavailable.
    """

    def __init__(
        self,
        central: CentralSystem,
        *,
        name: str,
        policy: Policy | None = None,
        metrics: Metrics | None = None,
        parts: Callable[[], Mapping[str, str]] = dict,
        notes: Callable[[], Mapping[str, str]] = dict,
        forward: Callable[[wire.CommandOrder], Awaitable[bool]] = _nowhere,
        now: Clock = utc_now,
    ) -> None:
        self.name = name
        self.registry = Registry()
        self.metrics = metrics or Metrics()
        self._central = central
        self._policy = policy or Policy()
        self._parts = parts
        self._notes = notes
        self._forward = forward
        self._forwarding: set[asyncio.Task[None]] = set()
        self._now = now
        self._limiter = HandshakeLimiter(self._policy)
        self._servers: list[Server] = []
        self._tls_doors: list[TlsDoor] = []
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
            connections = self._connections_of(listener)
            server = await self._listen(listener, connections, host=listener.host, port=listener.port)
            ports.append(server.sockets[0].getsockname()[1])
            for listening in server.sockets:  # what it accepts inherits this
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._policy.send_buffer_bytes)
                for _ in range(self._policy.acceptors - 1):
                    await self._listen(listener, connections, sock=listening.dup())
        self._sweeper = asyncio.create_task(self._sweep())
        return ports

    async def _listen(self, listener: Listener, connections: type[PileConnection], **where: Any) -> Server:
        policy = self._policy
        server = await serve(
            self._serve,
            process_request=partial(self._process_request, listener),
            select_subprotocol=_select_subprotocol,
            create_connection=connections,
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

    def _connections_of(self, listener: Listener) -> type[PileConnection]:
        """What makes the connections of a listener."""
        if listener.tls is None:
            return PileConnection
        door = TlsDoor(
            listener.tls,
            self._policy,
            allow=lambda address: self._limiter.allow_address(address, monotonic()),
            failed=partial(self._tls_failed, listener),
            turned_away=lambda: self.metrics.handshake("tls_throttled"),
        )
        self._tls_doors.append(door)
        return type("SecuredConnection", (PileConnection,), {"tls_door": door})

    def _tls_failed(self, listener: Listener, remote: str, detail: str) -> None:
        """A socket that never became a WebSocket: counted, and kept as a security event (A00.FR.312)."""
        self._limiter.refused(remote, monotonic())
        hello = wire.Hello(
            identity="",
            user_name=None,
            password=None,
            remote=remote,
            subprotocols=(),
            security_profile=listener.security_profile,
            at=self._now(),
            detail=detail,
        )
        self._refuse(hello, wire.RefusalReason.TLS_FAILED, by_us=True)

    def submit(self, order: wire.CommandOrder) -> None:
        """Send a command to its pile, here or through the gateway that has it; its outcome goes to the port.

        Meant for a newer connection than ours, it says that ours is not the live one.
        """
        self.supersede(order.pile_id, order.generation)
        session = self.registry.get(order.pile_id)
        if session is not None:
            session.submit(order)
        else:
            self._pass_on(order)

    def supersede(self, pile_id: int, generation: int) -> None:
        """The pile has a connection of this generation somewhere: an older one here is closed."""
        for order in self.registry.supersede(pile_id, generation):
            self._pass_on(order)

    def _moved(self, session: Session, order: wire.CommandOrder) -> None:
        if self.registry.get(order.pile_id) is session:
            self.supersede(order.pile_id, session.generation + 1)
        self._pass_on(order)

    def _pass_on(self, order: wire.CommandOrder) -> None:
        task = asyncio.create_task(self._find(order))
        self._forwarding.add(task)
        task.add_done_callback(self._forwarding.discard)

    async def _find(self, order: wire.CommandOrder) -> None:
        """To the gateway that has the pile; offline where none has."""
        try:
            if await self._forward(order):
                return
        except StoreUnavailable:
            return  # its row still waits, and whoever has the pile then will find it
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
        """Take no more piles, finish what is in flight, close every socket with 1012, one after the other.

        The port stays open until the last is closed, so that a balancer sees ``/healthz`` say so.
        """
        self._draining = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        sessions, policy = tuple(self.registry), self._policy
        spread_s = min(len(sessions) / policy.drain_rate, policy.drain_spread_s)
        await asyncio.gather(
            *(
                self._drain_one(session, spread_s * number / len(sessions))
                for number, session in enumerate(sessions)
            )
        )
        for server in self._servers:
            server.close(close_connections=False)
        for door in self._tls_doors:
            door.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._policy.drain_s):
                await asyncio.gather(*(server.wait_closed() for server in self._servers))

    async def _drain_one(self, session: Session, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await session.drain(self._policy.drain_s)

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
            **({"notes": notes} if (notes := dict(self._notes())) else {}),
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
        if self._draining:
            self.metrics.handshake("draining")  # says nothing about the pile: kept nowhere
            return handshake.respond(HTTPStatus.SERVICE_UNAVAILABLE, b"draining\n")
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
            certificate=None if listener.tls is None else peer_certificate(connection.transport),
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
            "refused",
            extra={
                "identity": hello.identity,
                "remote": hello.remote,
                "reason": reason.value,
                "detail": hello.detail,
            },
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
        session.moved = self._moved
        connection.session = session
        self.registry.adopt(session)
        try:
            await session.run()
        finally:
            self.registry.release(session)

    async def _sweep(self) -> None:
        """Drop the piles that should not stay connected."""
        while True:
            await asyncio.sleep(self._policy.sweep_interval_s)
            now = monotonic()
            for session in self.registry:
                session.tend(now)


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
