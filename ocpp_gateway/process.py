"""The gateway's composition: core, store and bus, from the environment to the last drain.

Environment: ``OCPP_HOST``, ``OCPP_PORT``, ``GATEWAY_ID``, besides what the rooms read (``DATABASE_URL``,
``REDIS_URL``, ``SECRET_KEY``). SIGTERM and SIGINT finish what is in flight and close with 1012.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket

import uvloop
from django.conf import settings

from ocpp_gateway.bus import Bus
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.server import Gateway, Listener, utc_now
from ocpp_gateway.store import Store, still_here
from ocpp_gateway.wire import CommandOrder
from stations import intake, selectors
from stations.dispatch import stream_of

log = logging.getLogger("ocpp_gateway")

PULSE_S = 5.0


async def serve() -> None:
    """Run until a signal says otherwise."""
    host, port = os.environ.get("OCPP_HOST", "127.0.0.1"), int(os.environ.get("OCPP_PORT", "9000"))
    name = os.environ.get("GATEWAY_ID") or f"{socket.gethostname()}:{port}"
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)

    store = Store()
    store.start()
    await _when_reachable(store, name, stopping)

    async def queued() -> list[CommandOrder]:
        orders: list[CommandOrder] = await store.ask(selectors.queued_orders, name, since)
        return orders

    gateway = Gateway(store, name=name, parts=lambda: {"database": store.state(), "redis": bus.state})
    bus = Bus(settings.REDIS_URL, stream_of(name), submit=gateway.submit, queued=queued)
    gateway.metrics.gauges["depth"] = ("Reports that wait for their commit.", lambda: store.depth)
    gateway.metrics.gauges["frames_lost"] = (
        "Frames dropped because too many waited.",
        lambda: store.lost_frames,
    )
    since = utc_now()
    bus.start()
    ports = await gateway.start([Listener(host=host, port=port)])
    log.info("gateway %s listens on %s:%s", name, host, ports[0])
    pulse = asyncio.create_task(_pulse(store, gateway))
    await stopping.wait()
    log.info("gateway %s drains", name)
    pulse.cancel()
    await bus.stop()
    await gateway.drain()
    await store.stop()


async def _when_reachable(store: Store, name: str, stopping: asyncio.Event) -> None:
    """Say that this gateway begins anew, as soon as the database can be told."""
    while not stopping.is_set():
        try:
            await store.ask(intake.start_gateway, name)
            return
        except StoreUnavailable:
            log.warning("the database is away")
            await asyncio.sleep(1.0)


async def _pulse(store: Store, gateway: Gateway) -> None:
    while True:
        await asyncio.sleep(PULSE_S)
        try:
            await say_alive(store, gateway)
        except StoreUnavailable:
            log.warning("the database is away")
        except Exception:
            log.exception("the pulse failed")  # and goes on: without it, all piles here would count as gone


async def say_alive(store: Store, gateway: Gateway) -> None:
    """Say that this gateway lives; after a while in which it could not, also which piles it still holds."""
    if not await store.ask(intake.see_gateway, gateway.name):
        sessions = {session.pile.pile_id: session.generation for session in gateway.registry}
        await store.ask(still_here, gateway.name, sessions)


def main() -> None:
    """Run the process."""
    uvloop.run(serve())
