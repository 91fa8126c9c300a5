"""The FTP server from the settings until a signal ends it.

Environment: ``FTP_HOST`` and ``FTP_PORT`` to listen at, ``FTP_ADDRESS`` that piles reach it by,
``FTP_PASSIVE_PORTS`` (``2122-2141``) for their data, besides what the rooms read.
"""

from __future__ import annotations

import asyncio
import logging
import signal

from django.conf import settings

from stations.ftp.server import Hangups, UploadServer

log = logging.getLogger("stations.ftp")


async def serve() -> None:
    """Run until a signal says otherwise."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    logging.getLogger("aioftp.server").addFilter(Hangups())
    server = UploadServer(address=settings.FTP_ADDRESS, ports=ports_of(settings.FTP_PASSIVE_PORTS))
    await server.start(settings.FTP_HOST, settings.FTP_PORT)
    log.info("FTP server listens on %s:%s", settings.FTP_HOST, settings.FTP_PORT)
    await stopping.wait()
    await server.close()


def ports_of(text: str) -> range:
    """``2122-2141`` as numbers. Raises ValueError."""
    first, _, last = text.partition("-")
    ports = range(int(first), int(last or first) + 1)
    if not ports or not 0 < ports[0] <= ports[-1] < 65_536:
        raise ValueError(f"FTP_PASSIVE_PORTS: {text}")
    return ports


def main() -> None:
    """Run the process."""
    if not settings.FTP_PORT:
        raise SystemExit("FTP_PORT is not set: there is no FTP server.")
    asyncio.run(serve())
