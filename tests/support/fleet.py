"""Several gateways, each with its own store and bus, over one PostgreSQL and one Valkey, as processes have them.

``hush`` makes a gateway deaf and mute towards Valkey; ``kill`` ends one without a word: no drain, no last
outcome, and its half of every socket stays open.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import redis
from django.conf import settings

from ocpp_gateway.process import Node
from ocpp_gateway.server import Listener
from stations import dispatch
from tests.factories import stations as make
from tests.ocpp_gateway.conftest import QUICK
from tests.support.pile import Pile
from tests.support.premises import LIMITS, Premises
from tests.support.waiting import until


class Fleet:
    """Nodes by name, for the piles of ``premises``."""

    def __init__(self, premises: Premises) -> None:
        self.premises = premises
        self.nodes: dict[str, Node] = {}
        self.urls: dict[str, str] = {}
        self._piles: list[Pile] = []
        self._killed: list[Node] = []

    async def start(self, *names: str, **policy: Any) -> None:
        """Start gateways of these names."""
        for name in names:
            await asyncio.to_thread(_empty_stream, name)
            node = Node(name, policy=replace(QUICK, **policy), limits=LIMITS)
            await node.begin()
            [port] = await node.start([Listener(host="127.0.0.1", port=0)])
            self.nodes[name], self.urls[name] = node, f"ws://127.0.0.1:{port}/ocpp"

    async def pile(self, identity: str, at: str, *, boots: bool = True) -> Pile:
        """The pile of this identity, connected to the gateway ``at``, which is stored."""
        self.premises.url = self.urls[at]
        pile = await self.premises.pile(identity, boots=boots)
        self._piles.append(pile)
        if not boots:
            await pile.heartbeat()
        return pile

    async def command(self, identity: str, action: str, payload: dict[str, Any] | None = None) -> int:
        """A command by staff: its row, and what is in the stream of the gateway that the row names."""
        pile = make.Pile(pk=self.premises.ids[identity], tenant_id=self.premises.station.tenant_id)
        row = await self.premises.inside(make.make_command, pile, action=action, payload=payload or {})
        return int(row.pk)

    async def until_state(self, command: int, *states: str) -> str:
        """The first of these states that a command reaches."""
        [(state,)] = await self.premises.until_row(
            "SELECT state FROM stations_command WHERE id = %s AND state = ANY(%s)", [command, list(states)]
        )
        return str(state)

    async def presence(self, identity: str) -> tuple[bool, str]:
        [row] = await self.premises.rows(
            "SELECT online, gateway FROM stations_pile WHERE identity = %s", [identity]
        )
        return row

    async def hush(self, name: str) -> None:
        """Valkey and this gateway do not hear of each other any more."""
        await self.nodes[name].bus.stop()

    async def kill(self, name: str) -> None:
        """As SIGKILL does: nothing of it is said or written from now on."""
        node = self.nodes.pop(name)
        self._killed.append(node)
        await node.bus.stop()
        if node._pulse is not None:
            node._pulse.cancel()
        for server in node.gateway._servers:
            server.close(close_connections=False)
        node.gateway._central = _Nobody()  # type: ignore[assignment]
        for session in node.gateway.registry:
            session._channel.central = _Nobody()  # type: ignore[assignment]

    async def close(self) -> None:
        """End everything, sockets that nobody reads any more first."""
        for pile in self._piles:
            await pile.cut()
        for node in self.nodes.values():
            await node.stop()
        for node in self._killed:
            for session in node.gateway.registry:
                session._channel.link.transport.abort()  # type: ignore[attr-defined]
            await until(lambda node=node: not len(node.gateway.registry))
            await node.store.stop()


class _Nobody:
    """What a dead process writes."""

    async def record(self, fact: object) -> object:
        return fact

    async def claim(self, *asked: object) -> object:
        await asyncio.Event().wait()
        return asked

    def outcome(self, outcome: object) -> None: ...
    def frame(self, frame: object) -> None: ...


def _empty_stream(name: str) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(dispatch.stream_of(name))
