"""What let the connected piles in, looked at again: a socket does not outlive the proof that opened it.

A key that is replaced, a certificate that is revoked, a profile that is raised on site or a pile that is
retired end the connection too (OCPP 1.6 security white paper A00.FR.002, A01.FR.03, A00.FR.403). The rows
decide; being told of a doubt is only faster than the regular look.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress

from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.registry import Registry
from ocpp_gateway.session import Session
from ocpp_gateway.wire import RefusalReason

log = logging.getLogger(__name__)

AT_ONCE = 1_000
Held = Mapping[int, tuple[int, str]]
"""Piles to the security profile and the proof with which they came in."""


class Proofs:
    """``unproven`` answers which of those held would not be let in again, and why; it may raise StoreUnavailable."""

    def __init__(
        self, registry: Registry, unproven: Callable[[Held], Awaitable[Mapping[int, RefusalReason]]]
    ) -> None:
        self._registry, self._unproven = registry, unproven
        self._looks: set[asyncio.Task[None]] = set()

    def doubt(self, pile_id: int) -> None:
        """Look at one pile, soon."""
        session = self._registry.get(pile_id)
        if session is not None:
            task = asyncio.create_task(self._look_at(session))
            self._looks.add(task)
            task.add_done_callback(self._looks.discard)

    async def look(self) -> None:
        """Look at all that are connected, so many at a time: no pile waits for it. Raises StoreUnavailable."""
        sessions = list(self._registry)
        for start in range(0, len(sessions), AT_ONCE):
            await self._close_unproven(sessions[start : start + AT_ONCE])

    async def _look_at(self, session: Session) -> None:
        with suppress(StoreUnavailable):  # the next look at all of them is soon
            await self._close_unproven([session])

    async def _close_unproven(self, sessions: Iterable[Session]) -> None:
        held = {session.pile.pile_id: session for session in sessions}
        if not held:
            return
        found = await self._unproven(
            {pile_id: (one.pile.security_profile, one.proof) for pile_id, one in held.items()}
        )
        for pile_id, reason in found.items():
            log.info("shown out", extra={"identity": held[pile_id].pile.identity, "reason": reason.value})
            held[pile_id].disprove(reason)
