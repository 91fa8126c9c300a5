"""The gateway's composition: core, store and bus, from the environment to the last drain.

Environment: ``OCPP_HOST``, ``OCPP_PORT``, ``GATEWAY_ID``, besides what the rooms read (``DATABASE_URL``,
``REDIS_URL``, ``SECRET_KEY``); ``OCPP_TLS_PORT`` and its neighbours where TLS is served. SIGHUP reads the
certificates again. SIGTERM and SIGINT finish what is in flight and close with 1012; until the
last socket is closed the gateway says that it lives. No two processes may have one name.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import uvloop
from django.conf import settings

from ocpp_gateway.bus import Bus
from ocpp_gateway.metrics import Metrics
from ocpp_gateway.policy import Policy
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.server import Gateway, Listener
from ocpp_gateway.store import Store, StoreLimits, still_here
from ocpp_gateway.tls import CertificateFiles, Contexts, TlsPort
from ocpp_gateway.wire import CommandOrder
from stations import intake, selectors
from stations.dispatch import stream_of
from stations.intake import Holdings
from stations.selectors.traffic import GATEWAY_PULSE

log = logging.getLogger("ocpp_gateway")

PULSE_AGAIN_S = 1.0
LOOK_EVERY_PULSES = 3
LONGEST_NAME = 60
CERTIFICATES_READ_EVERY_S = 15.0
COLLECT_AFTER = (20_000, 20, 100)

TURN_S = 0.0005
"""How long a thread keeps the interpreter when another waits for it; Python's own is ten times that."""


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
            notes=self._notes,
            forward=self._forward,
        )
        self.contexts: Contexts | None = None
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
        self._watch: asyncio.Task[None] | None = None
        self.store.start()

    async def begin(self) -> None:
        """Say that this gateway begins anew. Raises StoreUnavailable."""
        await self.store.ask(intake.start_gateway, self.name)

    async def use_certificates(self) -> Contexts | None:
        """What TLS is served with, None where it is not. Raises BadCertificates, which ends the process."""
        if settings.OCPP_TLS_PORT or settings.OCPP_MTLS_PORT:
            roots = await self.store.ask(selectors.authority_roots)
            self.contexts = await asyncio.to_thread(Contexts, _certificate_files(), client_roots=roots)
            self.gateway.metrics.gauges["tls_certificate_expires_seconds"] = (
                "When the first of the served certificates ends, Unix time.",
                self.contexts.served_until,
            )
            self._watch = asyncio.create_task(self._keep_certificates(self.contexts))
        return self.contexts

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
        for task in (self._pulse, self._watch):
            if task is not None:
                task.cancel()
        await self.store.stop()

    def _notes(self) -> dict[str, str]:
        return {"tls": self.contexts.trouble} if self.contexts and self.contexts.trouble else {}

    async def _keep_certificates(self, contexts: Contexts) -> None:
        """Take what changed on the disk or among our authorities: now and then, and at once after SIGHUP."""
        asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CERTIFICATES_READ_EVERY_S):
                    await asked.wait()
            asked.clear()
            try:
                roots = await self.store.ask(selectors.authority_roots)
                await asyncio.to_thread(contexts.reload, roots)
            except StoreUnavailable:
                log.warning("the database is away")
            except Exception:
                log.exception("the certificates were not looked at")

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
    secured = _tls_listeners(host, await node.use_certificates())
    ports = await node.start([Listener(host=host, port=port), *secured])
    log.info("gateway %s listens on %s:%s", node.name, host, " ".join(map(str, ports)))
    keep_collections_short()
    keep_turns_short()
    await stopping.wait()
    log.info("gateway %s drains", node.name)
    await node.stop()


def keep_collections_short() -> None:
    """What was loaded is never looked at again, and garbage in circles, of which there is little, less often.

    A collection of the oldest stops every thread for as long as there are objects: with a thousand
    piles some 200 ms, in which nobody was answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def keep_turns_short() -> None:
    """A lane comes back from the database some forty times in a batch, and each time it waits for its turn.

    With Python's 5 ms these turns were a good part of a batch's length once the event loop was busy, so that
    less was held and everybody waited longer. Shorter still, and the changes of turn cost more than they save.
    """
    sys.setswitchinterval(TURN_S)


def _certificate_files() -> CertificateFiles:
    pairs = (named.partition(":") for named in settings.OCPP_TLS_CERTIFICATES)
    return CertificateFiles(
        pairs=tuple((Path(chain), Path(key or chain)) for chain, _, key in pairs),
        client_roots=Path(settings.OCPP_CLIENT_CA) if settings.OCPP_CLIENT_CA else None,
    )


def _tls_listeners(host: str, contexts: Contexts | None) -> list[Listener]:
    """A port for each profile with TLS that is wanted (security white paper A00.FR.003)."""
    wanted = {2: settings.OCPP_TLS_PORT, 3: settings.OCPP_MTLS_PORT}
    return [
        Listener(
            host=host,
            port=port,
            security_profile=profile,
            tls=TlsPort(contexts=contexts, mutual=profile == 3),
        )
        for profile, port in wanted.items()
        if port and contexts is not None
    ]


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
