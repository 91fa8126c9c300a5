"""What both halves of a session share: the socket, the framing, and the record of every frame.

Every frame that crosses the socket is reported to the port, once, with its secrets masked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from ocpp_gateway import wire
from ocpp_gateway.metrics import Metrics
from ocpp_gateway.policy import Policy
from ocpp_gateway.ports import CentralSystem
from ocpp_gateway.rpc import MessageId, Rpc

KEPT_TEXT_CHARS = 64 * 1024

Clock = Callable[[], datetime]


class Link(Protocol):
    """The part of a WebSocket connection that a session needs; raises ConnectionClosed when it is gone.

    ``ending`` is the code and reason of whoever closed first, 1006 where nobody did. ``post`` sends at
    once and returns True, or does nothing where that is not possible: ``send`` then waits until it is.
    ``unread_since``: since when (monotonic) the peer has not taken what waits for it; None where nothing waits.
    """

    unread_since: float | None

    @property
    def ending(self) -> tuple[int, str]: ...
    async def recv(self, decode: Literal[False]) -> bytes: ...
    def post(self, message: bytes) -> bool: ...
    async def send(self, message: bytes, *, text: bool) -> None: ...
    async def close(self, code: int, reason: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class Channel:
    """One connection of one pile.

    ``invited`` are the messages we asked for with TriggerMessage; ``keys_at_once``: how many keys the
    pile takes in one GetConfiguration, None until it said so.
    """

    link: Link
    central: CentralSystem
    pile: wire.PileRecord
    generation: int
    registration: wire.Registration
    connected_at: datetime
    policy: Policy
    metrics: Metrics
    now: Clock
    rpc: Rpc[wire.CommandOrder] = field(default_factory=Rpc)
    invited: set[str] = field(default_factory=set)
    keys_at_once: int | None = None

    async def send(
        self,
        frame: bytes,
        *,
        kind: str,
        message_id: MessageId,
        action: str,
        text: str | None = None,
        latency_s: float | None = None,
    ) -> None:
        """Send a frame and report it; ``text`` is what to keep of it, where that is not the frame itself.

        Returns when the socket has taken it. Raises ConnectionClosed.
        """
        self._report(frame, kind, message_id, action, text, latency_s)
        if not self.link.post(frame):
            await self.link.send(frame, text=True)

    def post(
        self, frame: bytes, *, kind: str, message_id: MessageId, action: str, latency_s: float | None = None
    ) -> bool:
        """Send a frame at once and report it; False, and nothing done, where ``send`` would have to wait."""
        if not self.link.post(frame):
            return False
        self._report(frame, kind, message_id, action, None, latency_s)
        return True

    def _report(
        self,
        frame: bytes,
        kind: str,
        message_id: MessageId,
        action: str,
        text: str | None,
        latency_s: float | None,
    ) -> None:
        self.metrics.frame("out", kind, action)
        kept = frame.decode() if text is None else text
        self.central.frame(
            wire.FrameSeen(
                pile_id=self.pile.pile_id,
                generation=self.generation,
                at=self.now(),
                inbound=False,
                kind=kind,
                message_id=str(message_id),
                action=action,
                size=len(frame),
                text=kept[:KEPT_TEXT_CHARS],
                latency_ms=_milliseconds(latency_s),
            )
        )

    def seen(
        self,
        text: str,
        size: int,
        *,
        kind: str,
        at: datetime | None = None,
        message_id: MessageId = "",
        action: str = "",
        latency_s: float | None = None,
        remarks: tuple[str, ...] = (),
    ) -> None:
        """Report a frame that came in, ``at`` some time or now."""
        self.metrics.frame("in", kind, action)
        self.central.frame(
            wire.FrameSeen(
                pile_id=self.pile.pile_id,
                generation=self.generation,
                at=at or self.now(),
                inbound=True,
                kind=kind,
                message_id=str(message_id),
                action=action,
                size=size,
                text=text[:KEPT_TEXT_CHARS],
                latency_ms=_milliseconds(latency_s),
                remarks=remarks,
            )
        )


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def monotonic() -> float:
    """Seconds on the loop's clock, for latencies and limits."""
    return asyncio.get_running_loop().time()
