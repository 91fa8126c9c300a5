"""A pile that was not written here: the charge point of the ``ocpp`` package over ``websockets``.

It knows nothing of this house but its URL and its credentials. Its energy grows by itself as long as it
charges; ``queue`` is what it would have said while it was offline.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action, RemoteStartStopStatus
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


class Outsider(ChargePoint):
    """One connector. ``meter`` is its register in Wh."""

    def __init__(self, identity: str, connection: Any) -> None:
        super().__init__(identity, connection)
        self.meter = 5_000
        self.transaction: int | None = None
        self.ended = asyncio.Event()
        self._charging: asyncio.Task[None] | None = None

    @on(Action.remote_start_transaction)
    def on_remote_start(self, id_tag: str, **_: Any) -> call_result.RemoteStartTransaction:
        return call_result.RemoteStartTransaction(status=RemoteStartStopStatus.accepted)

    @after(Action.remote_start_transaction)
    async def plugged_in(self, id_tag: str, **_: Any) -> None:
        await self.begin(id_tag)

    @on(Action.remote_stop_transaction)
    def on_remote_stop(self, transaction_id: int) -> call_result.RemoteStopTransaction:
        known = transaction_id == self.transaction
        status = RemoteStartStopStatus.accepted if known else RemoteStartStopStatus.rejected
        return call_result.RemoteStopTransaction(status=status)

    @after(Action.remote_stop_transaction)
    async def told_to_stop(self, transaction_id: int) -> None:
        if transaction_id == self.transaction:
            await self.stop("Remote")

    async def boot(self) -> str:
        """Boot and report every connector; the registration."""
        answer = await self.call(
            call.BootNotification(charge_point_model="Outside", charge_point_vendor="Else")
        )
        for connector in (0, 1, 2):
            await self.report(connector, "Available")
        return str(answer.status)

    async def report(self, connector: int, status: str) -> None:
        await self.call(
            call.StatusNotification(
                connector_id=connector, error_code="NoError", status=status, timestamp=stamp()
            )
        )

    async def begin(self, id_tag: str, *, connector: int = 1, at: str | None = None) -> str:
        """Begin a transaction and charge, unless ``at`` says that it was long ago; what became of the tag."""
        answer = await self.call(
            call.StartTransaction(
                connector_id=connector, id_tag=id_tag, meter_start=self.meter, timestamp=at or stamp()
            )
        )
        self.transaction = answer.transaction_id
        if at is None:
            await self.report(connector, "Charging")
            self._charging = asyncio.create_task(self._charge(connector))
        return str(answer.id_tag_info["status"])

    async def read(self, wh: int, *, connector: int = 1, at: str | None = None) -> None:
        """Let energy flow, and send the register."""
        self.meter += wh
        value = {"value": str(self.meter), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        await self.call(
            call.MeterValues(
                connector_id=connector,
                transaction_id=self.transaction,
                meter_value=[{"timestamp": at or stamp(), "sampled_value": [value]}],
            )
        )

    async def stop(self, reason: str, *, at: str | None = None, id_tag: str | None = None) -> None:
        if self._charging is not None:
            self._charging.cancel()
            await asyncio.wait({self._charging})
        assert self.transaction is not None
        await self.call(
            call.StopTransaction(
                meter_stop=self.meter,
                timestamp=at or stamp(),
                transaction_id=self.transaction,
                reason=reason,
                id_tag=id_tag,
            )
        )
        if at is None:
            await self.report(1, "Finishing")
            await self.report(1, "Available")
        self.ended.set()

    async def _charge(self, connector: int) -> None:
        while True:
            await asyncio.sleep(0.4)
            await self.read(20, connector=connector)


@asynccontextmanager
async def outsider(url: str, username: str, password: str, identity: str) -> AsyncIterator[Outsider]:
    """Connected, with its receiving loop running."""
    credentials = base64.b64encode(f"{username}:".encode() + bytes.fromhex(password)).decode()
    async with connect(
        url, subprotocols=["ocpp1.6"], additional_headers={"Authorization": f"Basic {credentials}"}
    ) as socket:
        pile = Outsider(identity, socket)
        listening = asyncio.create_task(pile.start())
        try:
            yield pile
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await listening


def stamp(at: datetime | None = None) -> str:
    """To the second, as the simplest of piles write it."""
    return (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
