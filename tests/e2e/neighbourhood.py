"""What stands in the house's database, and the piles that have been at work there before the first test."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.house import House
from tests.support.pile import Pile
from tests.support.waiting import until


@dataclass(frozen=True)
class Neighbourhood:
    """By ``ROLE@CODE``, tenant code, identity; drivers in the order of ``neighbours.PEOPLE``."""

    house: House
    password: str
    logins: dict[str, str]
    tenants: dict[str, int]
    piles: dict[str, Any]
    drivers: list[dict[str, Any]]
    settled: str
    """The number of an order of pile ``HQ-01`` that was charged with a card and is paid."""

    def pile(self, identity: str) -> Pile:
        """This pile, not connected yet."""
        return Pile(self.house.ocpp, identity, key=self.piles[identity]["key"].encode())

    def token(self, identity: str, connector: int = 1) -> str:
        """The code behind the sticker of a connector."""
        token: str = self.piles[identity]["tokens"][connector - 1]
        return token


async def bring_to_life(house: House) -> Neighbourhood:
    """Furnish the house; then charge once with a card, break something, and knock without being known."""
    made = json.loads(await asyncio.to_thread(house.run_inside, "tests.support.neighbours", {}))
    here = Neighbourhood(house=house, settled="", **made)
    card = here.drivers[0]["card"]
    async with here.pile("HQ-01") as pile:
        await pile.boot(chargePointVendor="Hanglu", chargePointModel="HL-DC120", firmwareVersion="3.8.2")
        await pile.status(1, "Preparing")
        await pile.status(2)
        await charge_with_card(pile, card, wh=13_250)
    async with here.pile("JL-01") as pile:
        await pile.boot()
        await pile.status(1, "Faulted", "GroundFailure")
        await pile.status(2, "Faulted", "HighTemperature", info="Cable at 94 °C")
    await _knock(house, "UNKNOWN-77")
    settled = await until(lambda: _settled_order(house, "HQ-01"), within_s=60)
    return Neighbourhood(house=house, settled=settled, **made)


async def charge_with_card(pile: Pile, card: str, *, wh: int, connector: int = 1) -> int:
    """Start, a few readings, stop; the transaction's number."""
    answer = await pile.start(connector, card, meter=481_206_118)
    transaction: int = answer["transactionId"]
    await pile.status(connector, "Charging")
    for share in (0.3, 0.7):
        await pile.meter(connector, 481_206_118 + int(wh * share), transaction=transaction)
    await pile.stop(transaction, meter=481_206_118 + wh, reason="Local", idTag=card)
    await pile.status(connector, "Finishing")
    await pile.status(connector, "Available")
    return transaction


async def _knock(house: House, identity: str) -> None:
    """Somebody whom nobody registered."""
    with pytest.raises(InvalidStatus):
        await Pile(house.ocpp, identity, key=b"x" * 20).connect()


def _settled_order(house: House, identity: str) -> str:
    found = house.rows(
        "SELECT order_no FROM orders_chargingorder o JOIN stations_pile p ON p.id = o.pile_id"
        " WHERE p.identity = %s AND pay_state = 'settled'",
        [identity],
    )
    return str(found[0][0]) if found else ""
