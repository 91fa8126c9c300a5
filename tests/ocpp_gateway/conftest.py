"""A gateway on a free port with a house in memory behind it; neither Django nor an engine is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from ocpp_gateway import wire
from ocpp_gateway.policy import Policy
from ocpp_gateway.server import Gateway, Listener
from tests.support.central import FakeCentral
from tests.support.pile import Pile

KEY = bytes(range(20))

QUICK = Policy(
    close_timeout_s=1.0,
    acceptors=1,
    drain_s=5.0,
    status_wait_s=60.0,
    handshake_burst=1000,
    refusal_burst=1000,
    disconnect_retries_s=(0.01, 0.02),
)


class Site:
    """The gateway under test, its house, and hands to connect piles and send commands."""

    def __init__(self, policy: Policy) -> None:
        self.central = FakeCentral()
        self.gateway = Gateway(self.central, name="g1", policy=policy)
        self.url = ""
        self._command_ids = count(1)

    async def start(self) -> None:
        [port] = await self.gateway.start([Listener(host="127.0.0.1", port=0)])
        self.url = f"ws://127.0.0.1:{port}/ocpp"

    def pile(self, identity: str = "CP1", *, registration: str = "Accepted", **record: Any) -> Pile:
        """A known pile with the right key; ``connect`` it or use it as a context."""
        if identity not in self.central.piles:
            self.central.add_pile(identity, key=KEY, registration=registration, **record)
        return Pile(self.url, identity, key=KEY)

    def send(self, identity: str, action: str, payload: dict[str, Any] | None = None, **order: Any) -> int:
        """Order a command; returns its id."""
        command_id = next(self._command_ids)
        self.gateway.submit(
            wire.CommandOrder(
                command_id=command_id,
                pile_id=self.central.piles[identity].record.pile_id,
                action=action,
                payload=payload or {},
                **{"deadline": datetime.now(UTC) + timedelta(minutes=1), **order},
            )
        )
        return command_id

    async def run(
        self, identity: str, action: str, payload: dict[str, Any] | None = None, **order: Any
    ) -> wire.CommandOutcome:
        """Order a command and wait for what became of it."""
        return await self.central.concluded(self.send(identity, action, payload, **order))


@pytest.fixture
def policy() -> Policy:
    """Overridden by tests that need other figures."""
    return QUICK


@pytest.fixture
async def site(policy: Policy) -> AsyncIterator[Site]:
    site = Site(policy)
    await site.start()
    yield site
    site.central.down = False
    site.central.release()
    await site.gateway.drain()
