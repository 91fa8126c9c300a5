"""The socket of one pile: what the library does not do for it.

Nothing here waits for a peer without end, and nothing that a peer does can make it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from ocpp_gateway import wire
from ocpp_gateway.framing import text_frame, whole_text
from ocpp_gateway.policy import Policy
from ocpp_gateway.session import Session
from ocpp_gateway.tls import TlsDoor

_BETWEEN_FRAMES = StreamReader.at_eof.__code__
_CLOSE_GRACE_S = 0.2
_ABNORMAL = 1006
_UNSUPPORTED_DATA = 1003
_POLICY_VIOLATION = 1008


class PileConnection(ServerConnection):
    """A socket that tells its session at once when it is gone, and refuses what no pile sends.

    A peer that does not read can neither hold a close up nor keep more than the library's limit waiting.
    """

    admitted: wire.Admitted | None = None
    session: Session | None = None
    remote: str = ""
    unread_since: float | None = None
    _pings: int = 0
    _pings_since: float = 0.0
    _failing: asyncio.Task[None] | None = None
    pings_per_minute: int = Policy().pings_per_minute
    tls_door: TlsDoor | None = None

    def __init__(self, protocol: ServerProtocol, server: Server, **options: Any) -> None:
        super().__init__(protocol, server, **options)
        # A peer that closes its side while we think about its handshake has been told the end already, and
        # the refusal that comes then would say it again, which the library takes for a fault of its own.
        protocol.send_eof = partial(_send_eof_once, protocol)  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Behind a port with TLS the handshake of TLS comes first, and only its end is heard of here."""
        if self.tls_door is None:
            super().connection_made(transport)
        else:
            self.tls_door.secure(cast(asyncio.Transport, transport), self, super().connection_made)

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

    def pause_writing(self) -> None:
        super().pause_writing()
        self.unread_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.unread_since = None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """As the library does it, which would wait without end for a peer that reads nothing."""
        try:
            async with asyncio.timeout(self.close_timeout and self.close_timeout + _CLOSE_GRACE_S):
                await super().close(code, reason)
        except TimeoutError:
            self.transport.abort()

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


def _send_eof_once(protocol: ServerProtocol) -> None:
    if not protocol.eof_sent:
        ServerProtocol.send_eof(protocol)


def _is_between_frames(protocol: Protocol) -> bool:
    """Whether the library's parser waits for the first byte of a frame.

    It does not say so itself; what its generator waits for does. Where a later release waits differently, the
    answer is no, and every message goes through it.
    """
    frames = getattr(protocol.parser, "gi_yieldfrom", None)
    waiting = getattr(frames, "gi_yieldfrom", None)
    return getattr(waiting, "gi_code", None) is _BETWEEN_FRAMES
