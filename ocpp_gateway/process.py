"""The gateway's composition: core, store and bus, from the environment to the last drain.

Environment: ``OCPP_HOST``, ``OCPP_PORT``, ``GATEWAY_ID``, besides what the rooms read (``DATABASE_URL``,
``REDIS_URL``, ``SECRET_KEY``); ``OCPP_TLS_PORT`` and its neighbours where TLS is served. SIGTERM and SIGINT
finish what is in flight and close with 1012; SIGHUP reads the certificates again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

import uvloop
from django.conf import settings

from ocpp_gateway.bus import Bus
from ocpp_gateway.ports import StoreUnavailable
from ocpp_gateway.server import Gateway, Listener, utc_now
from ocpp_gateway.store import Store, still_here
from ocpp_gateway.tls import CertificateFiles, Contexts, TlsPort
from ocpp_gateway.wire import CommandOrder
from stations import intake, selectors
from stations.dispatch import stream_of

log = logging.getLogger("ocpp_gateway")

PULSE_S = 5.0
CERTIFICATES_READ_EVERY_S = 15.0


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

    contexts = await _contexts(store)
    gateway = Gateway(
        store,
        name=name,
        parts=lambda: {"database": store.state(), "redis": bus.state},
        notes=lambda: {"tls": contexts.trouble} if contexts and contexts.trouble else {},
    )
    bus = Bus(settings.REDIS_URL, stream_of(name), submit=gateway.submit, queued=queued)
    gateway.metrics.gauges["depth"] = ("Reports that wait for their commit.", lambda: store.depth)
    gateway.metrics.gauges["frames_lost"] = (
        "Frames dropped because too many waited.",
        lambda: store.lost_frames,
    )
    since = utc_now()
    bus.start()
    listeners = [Listener(host=host, port=port), *_tls_listeners(host, contexts)]
    ports = await gateway.start(listeners)
    log.info("gateway %s listens on %s:%s", name, host, " ".join(map(str, ports)))
    tasks = [asyncio.create_task(_pulse(store, gateway))]
    if contexts is not None:
        gateway.metrics.gauges["tls_certificate_expires_seconds"] = (
            "When the first of the served certificates ends, Unix time.",
            contexts.served_until,
        )
        tasks.append(asyncio.create_task(_keep_certificates(store, contexts)))
    await stopping.wait()
    log.info("gateway %s drains", name)
    for task in tasks:
        task.cancel()
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


async def _contexts(store: Store) -> Contexts | None:
    """What TLS is served with. Raises BadCertificates, which ends the process, where that cannot be served."""
    if not settings.OCPP_TLS_PORT and not settings.OCPP_MTLS_PORT:
        return None
    pairs = (named.partition(":") for named in settings.OCPP_TLS_CERTIFICATES)
    files = CertificateFiles(
        pairs=tuple((Path(chain), Path(key or chain)) for chain, _, key in pairs),
        client_roots=Path(settings.OCPP_CLIENT_CA) if settings.OCPP_CLIENT_CA else None,
    )
    roots = await store.ask(selectors.authority_roots)
    return await asyncio.to_thread(Contexts, files, client_roots=roots)


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


async def _keep_certificates(store: Store, contexts: Contexts) -> None:
    """Take what changed on the disk or among our authorities: now and then, and at once after SIGHUP."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(CERTIFICATES_READ_EVERY_S):
                await asked.wait()
        asked.clear()
        try:
            await asyncio.to_thread(contexts.reload, await store.ask(selectors.authority_roots))
        except StoreUnavailable:
            log.warning("the database is away")
        except Exception:
            log.exception("the certificates were not looked at")


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
