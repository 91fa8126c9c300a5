"""TLS on the event loop of production, which hands over what a client said before anybody was ready for it."""

from __future__ import annotations

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvloop

from ocpp_gateway.server import Gateway, Listener
from ocpp_gateway.tls import Contexts, TlsPort
from tests.ocpp_gateway.conftest import QUICK
from tests.support import certificates as made
from tests.support.central import FakeCentral

CLIENTS = 20


def healthy(port: int) -> bool:
    """Ask for the health over TLS, on a plain blocking socket."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        made.client().wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        secured.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while data := secured.recv(4096):
            answer += data
        return b'"status": "ok"' in answer


async def ask_a_busy_gateway() -> list[Any]:
    """Many at once, while the loop has no time for them."""
    gateway = Gateway(FakeCentral(), name="g1", policy=QUICK)
    contexts = Contexts(made.both_servers())
    listener = Listener(host="127.0.0.1", port=0, security_profile=2, tls=TlsPort(contexts=contexts))
    [port] = await gateway.start([listener])
    with ThreadPoolExecutor(CLIENTS) as threads:
        asking = [asyncio.get_running_loop().run_in_executor(threads, healthy, port) for _ in range(CLIENTS)]
        for _ in range(5):
            await asyncio.sleep(0)
            time.sleep(0.03)  # noqa: ASYNC251 — the loop is to be busy
        answers = await asyncio.gather(*asking, return_exceptions=True)
    await gateway.drain()
    return answers


def test_what_a_client_says_before_the_gateway_is_ready_is_not_lost() -> None:
    assert uvloop.run(ask_a_busy_gateway()) == [True] * CLIENTS
