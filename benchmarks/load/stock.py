"""The stock handlers: ``ocpp`` and ``websockets`` as their documentation shows them, storing nothing.

``python -m benchmarks.load.stock PORT``. The backlog alone is not stock: with its default, piles that come
together would wait for each other.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime
from itertools import count
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

_numbers = count(1)


def now() -> str:
    return datetime.now(UTC).isoformat()


class Stock(ChargePoint):  # type: ignore[misc]
    """Answers, and keeps nothing."""

    @on(Action.boot_notification)  # type: ignore[untyped-decorator]
    def boot(self, **_: Any) -> Any:
        return call_result.BootNotification(
            current_time=now(), interval=300, status=RegistrationStatus.accepted
        )

    @on(Action.heartbeat)  # type: ignore[untyped-decorator]
    def beat(self) -> Any:
        return call_result.Heartbeat(current_time=now())

    @on(Action.status_notification)  # type: ignore[untyped-decorator]
    def status(self, **_: Any) -> Any:
        return call_result.StatusNotification()

    @on(Action.meter_values)  # type: ignore[untyped-decorator]
    def meter(self, **_: Any) -> Any:
        return call_result.MeterValues()

    @on(Action.start_transaction)  # type: ignore[untyped-decorator]
    def start_transaction(self, **_: Any) -> Any:
        return call_result.StartTransaction(
            transaction_id=next(_numbers), id_tag_info=IdTagInfo(status=AuthorizationStatus.accepted)
        )

    @on(Action.stop_transaction)  # type: ignore[untyped-decorator]
    def stop_transaction(self, **_: Any) -> Any:
        return call_result.StopTransaction()


async def connected(connection: ServerConnection) -> None:
    """One pile until it goes."""
    assert connection.request is not None
    pile = Stock(connection.request.path.rpartition("/")[2], connection)
    try:
        await pile.start()
    except ConnectionClosed:
        return


async def main(port: int) -> None:
    logging.getLogger("ocpp").setLevel(logging.WARNING)
    async with serve(connected, "127.0.0.1", port, subprotocols=["ocpp1.6"], backlog=4096):
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
