"""The gateway's composition: core, store and bus, from the environment to the last drain.

Environment: ``OCPP_HOST``, ``OCPP_PORT``, ``GATEWAY_ID``, besides what the rooms read (``DATABASE_URL``,
``REDIS_URL``, ``SECRET_KEY``). SIGTERM and SIGINT finish what is in flight and close with 1012; until the
last socket is closed the gateway says that it lives. No two processes may have one name.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Iterable

import uvloop
from django.conf import settings

from ocpp_gateway.bus import Bus
from ocpp_gateway.metrics import Metrics
from ocpp_gateway.policy import Policy
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.server import Gateway, Listener
from ocpp_gateway.store import Store, StoreLimits, still_here
from ocpp_gateway.wire import CommandOrder
from stations import intake, selectors
from stations.dispatch import stream_of
from stations.intake import Holdings
from stations.selectors.traffic import GATEWAY_PULSE

log = logging.getLogger("ocpp_gateway")

PULSE_AGAIN_S = 1.0
LOOK_EVERY_PULSES = 3
LONGEST_NAME = 60


class Node:
    """A gateway, its store and its bus. ``start`` listens, ``stop`` drains."""

    def __init__(self, name: str, *, policy: Policy | None = None, limits: StoreLimits | None = None) -> None:
        self.name = name[-LONGEST_NAME:]
        metrics = Metrics()
        self.store = Store(limits=limits, committed=metrics.committed)
        self.gateway = Gateway(
            self.store,
            name=self.name,
            policy=policy,
            metrics=metrics,
            parts=lambda: {"database": self.store.state(), "redis": self.bus.state},
            forward=self._forward,
        )
        self.bus = Bus(
            settings.REDIS_URL,
            stream_of(self.name),
            submit=self.gateway.submit,
            supersede=self.gateway.supersede,
            queued=self._queued,
        )
        gauges = self.gateway.metrics.gauges
        gauges["depth"] = ("Reports that wait for their commit.", lambda: self.store.depth)
        gauges["frames_lost"] = (
            "Frames dropped because too many waited.",
            lambda: self.store.lost_frames,
        )
        self._pulse: asyncio.Task[None] | None = None
        self.store.start()

    async def begin(self) -> None:
        """Say that this gateway begins anew. Raises StoreUnavailable."""
        await self.store.ask(intake.start_gateway, self.name)

    async def start(self, listeners: Iterable[Listener]) -> list[int]:
        """Take commands and piles. Returns the port of each listener."""
        self.bus.start()
        ports = await self.gateway.start(listeners)
        self._pulse = asyncio.create_task(self._beat())
        return ports

    async def stop(self) -> None:
        """Take nothing more, finish what is in flight, say to the last that this gateway lives."""
        await self.bus.stop()
        await self.gateway.drain()
        if self._pulse is not None:
            self._pulse.cancel()
        await self.store.stop()

    async def _queued(self) -> list[CommandOrder]:
        orders: list[CommandOrder] = await self.store.ask(selectors.queued_orders, self.name)
        return orders

    async def _forward(self, order: CommandOrder) -> bool:
        self.bus.forget(order)
        handed: bool = await self.store.ask(intake.pass_on, order, self.name)
        return handed

    async def _beat(self) -> None:
        """A pulse that could not be told is told again soon: a database that was away has heard nobody."""
        pause, beats = GATEWAY_PULSE.total_seconds(), 0
        while True:
            await asyncio.sleep(pause)
            pause = PULSE_AGAIN_S
            try:
                await say_alive(self.store, self.gateway)
                beats += 1
                pause = GATEWAY_PULSE.total_seconds()
                if beats % LOOK_EVERY_PULSES == 0:
                    await look_at_holdings(self.store, self.gateway)
            except StoreUnavailable:
                log.warning("the database is away")
            except Exception:
                log.exception("the pulse failed")  # and goes on: without it, all piles here count as gone


async def serve() -> None:
    """Run until a signal says otherwise."""
    host, port = os.environ.get("OCPP_HOST", "127.0.0.1"), int(os.environ.get("OCPP_PORT", "9000"))
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)

    node = Node(os.environ.get("GATEWAY_ID") or f"{socket.gethostname()}:{port}")
    await _when_reachable(node, stopping)
    ports = await node.start([Listener(host=host, port=port)])
    log.info("gateway %s listens on %s:%s", node.name, host, ports[0])
    await stopping.wait()
    log.info("gateway %s drains", node.name)
    await node.stop()


async def _when_reachable(node: Node, stopping: asyncio.Event) -> None:
    """Begin as soon as the database can be told."""
    while not stopping.is_set():
        try:
            await node.begin()
            return
        except StoreUnavailable:
            log.warning("the database is away")
            await asyncio.sleep(1.0)


async def say_alive(store: Store, gateway: Gateway) -> None:
    """Say that this gateway lives; after a while in which it could not, also which piles it still holds."""
    if not await store.ask(intake.see_gateway, gateway.name):
        await look_at_holdings(store, gateway)


async def look_at_holdings(store: Store, gateway: Gateway) -> None:
    """Make the rows and the sockets agree, whatever was lost on the way between them.

    Piles with a newer connection elsewhere are closed here; those that others took for gone are there;
    those that are said to be here and are not are gone.
    """
    holdings: Holdings = await store.ask(intake.compare_holdings, _sessions(gateway))
    for pile_id, generation in holdings.newer.items():
        gateway.supersede(pile_id, generation)
    held = _sessions(gateway)
    away = {pile_id: number for pile_id, number in holdings.away.items() if held.get(pile_id) == number}
    if away:
        await store.ask(still_here, gateway.name, away)
    await store.ask(
        intake.drop_ghosts, gateway.name, {session.pile.pile_id: 0 for session in gateway.registry}
    )


def _sessions(gateway: Gateway) -> dict[int, int]:
    """Piles whose sockets are open here, to the generations of their connections."""
    return {session.pile.pile_id: session.generation for session in gateway.registry if not session.is_lost}


def main() -> None:
    """Run the process."""
    uvloop.run(serve())
