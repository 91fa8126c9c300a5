"""Where a simulated pile connects to, over real sockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

import pytest
from websockets.asyncio.server import ServerConnection, serve

from backoffice.embedded.engine import free_port
from backoffice.simulator import pile as module
from backoffice.simulator.pile import SimulatedPile
from tests.running.test_simulator import make_machine


async def test_a_pile_whose_gateway_cannot_be_reached_knocks_at_the_next_and_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    came: asyncio.Queue[str] = asyncio.Queue()

    async def gateway(socket: ServerConnection) -> None:
        assert socket.request is not None
        await came.put(socket.request.path)
        await socket.close(1012, "restart")

    async with serve(gateway, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        doors = (f"ws://127.0.0.1:{free_port()}/ocpp", f"ws://127.0.0.1:{port}/ocpp")
        pile = SimulatedPile(make_machine(), doors, Random(1))
        running = asyncio.create_task(pile.run())
        async with asyncio.timeout(20):
            paths = [await came.get() for _ in range(2)]
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    assert paths == [f"/ocpp/{pile.machine.spec.identity}"] * 2
    assert pile._door == 1, "who was let in once comes back to the same"
