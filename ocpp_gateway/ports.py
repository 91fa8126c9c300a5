"""What the gateway's core needs from outside; ``store.py`` provides it, tests provide a fake."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol, overload

from ocpp_gateway import wire


class StoreUnavailable(Exception):
    """Nothing could be stored: the one case in which a transaction message gets a CALLERROR (InternalError)."""


class CentralSystem(Protocol):
    """The house behind the gateway."""

    async def admit(self, hello: wire.Hello) -> wire.Admission:
        """Decide on a handshake. Refusals are recorded by the callee.

        The generation is drawn here but takes effect with the ``Connected`` fact: a handshake that
        never became a session (no acceptable subprotocol) must not outdate the one that is live.
        """

    def refused(self, hello: wire.Hello, reason: wire.RefusalReason) -> None:
        """Keep a handshake that the core refused without asking. Never blocks and never fails."""

    @overload
    def record(self, fact: wire.Booted) -> Awaitable[wire.BootAnswer]: ...
    @overload
    def record(self, fact: wire.AuthorizeAsked) -> Awaitable[wire.AuthorizeAnswer]: ...
    @overload
    def record(self, fact: wire.TransactionStarted) -> Awaitable[wire.StartAnswer]: ...
    @overload
    def record(self, fact: wire.TransactionStopped) -> Awaitable[wire.StopAnswer]: ...
    @overload
    def record(self, fact: wire.DataTransferred) -> Awaitable[wire.DataTransferAnswer]: ...
    @overload
    def record(self, fact: wire.Fact) -> Awaitable[wire.Answer]: ...
    def record(self, fact: wire.Fact) -> Awaitable[wire.Answer]:
        """Done once the fact is committed to disk. Raises StoreUnavailable when it could not be.

        Facts are taken in the order of these calls. A future is the cheapest to wait for.
        """

    async def claim(self, command_id: int, generation: int, message_id: str) -> wire.Claim:
        """Take a command for the connection of this generation, right before it leaves.

        Of all that ask, one is granted it, whatever dies meanwhile: that makes it sent, on disk. Asking
        again with the same message id is the same question. Raises StoreUnavailable.
        """

    def frame(self, frame: wire.FrameSeen) -> None:
        """Keep a frame. Never blocks and never fails; it is written with the next batch."""

    def outcome(self, outcome: wire.CommandOutcome) -> None:
        """Keep what became of a command. Never blocks; it is written with the next batch, before
        any fact recorded after it."""
