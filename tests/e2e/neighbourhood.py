"""What stands in the house's database, and the piles that have been at work there before the first test."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    """Furnish the house, and let its piles be at work: one order that is paid, one that waits for a person,
    one that runs, alarms, and somebody who knocks without being known."""
    made = json.loads(await asyncio.to_thread(house.run_inside, "tests.support.neighbours", {}))
    here = Neighbourhood(house=house, settled="", **made)
    cards = [driver["card"] for driver in here.drivers]
    async with here.pile("HQ-01") as pile:
        await pile.boot(chargePointVendor="Hanglu", chargePointModel="HL-DC120", firmwareVersion="3.8.2")
        await pile.status(1)
        await pile.status(2)
        await charge_with_card(pile, cards[0], wh=13_250)
    async with here.pile("LG-01") as pile:
        await pile.boot()
        await pile.status(1)
        await charge_with_card(pile, cards[4], wh=-900)
    async with here.pile("JL-02") as pile:
        await pile.boot()
        await pile.status(2)
        started = await pile.start(1, cards[1], meter=70_000, timestamp=_ago(25))
        await pile.status(1, "Charging")
        await pile.call("MeterValues", _readings(1, started["transactionId"], _ago(1), 76_420, soc=64))
    async with here.pile("JL-01") as pile:
        await pile.boot()
        await pile.status(1, "Faulted", "GroundFailure")
        await pile.status(2, "Faulted", "HighTemperature", info="Cable at 94 °C")
    await _knock(house, "UNKNOWN-77")
    settled = await until(lambda: _settled_order(house, "HQ-01"), within_s=60)
    return Neighbourhood(house=house, settled=settled, **made)


async def charge_with_card(pile: Pile, card: str, *, wh: int, connector: int = 1) -> int:
    """Half an hour that is over since a minute, told now; the transaction's number.

    With ``wh`` below zero the meter ends below where it began.
    """
    answer = await pile.start(connector, card, meter=481_206_118, timestamp=_ago(31))
    transaction: int = answer["transactionId"]
    for minute in range(25, 1, -4):
        so_far = 481_206_118 + abs(wh) * (31 - minute) // 30
        await pile.call(
            "MeterValues", _readings(connector, transaction, _ago(minute), so_far, soc=90 - minute)
        )
    await pile.stop(transaction, meter=481_206_118 + wh, timestamp=_ago(1), reason="Local", idTag=card)
    await pile.status(connector, "Available")
    return transaction


async def charge_wrongly(here: Neighbourhood, identity: str, card: str) -> tuple[str, str]:
    """A charge at the second connector whose meter ends below where it began; the numbers of the order and of the
    case about it."""
    async with here.pile(identity) as pile:
        await pile.boot()
        await pile.status(2)
        transaction = await charge_with_card(pile, card, wh=-900, connector=2)
    found = await until(lambda: _case_about(here.house, transaction), within_s=60)
    return found[0]


def _case_about(house: House, transaction: int) -> list[tuple[str, str]]:
    found: list[Any] = house.rows(
        "SELECT o.order_no, c.number FROM orders_case c JOIN orders_chargingorder o ON o.id = c.order_id"
        " WHERE o.transaction_id = %s AND c.code = 'A06'",
        [transaction],
    )
    return found


def _readings(connector: int, transaction: int, at: str, wh: int, *, soc: int) -> dict[str, Any]:
    """The payload of MeterValues with energy, power and state of charge."""
    values = [
        {"value": str(wh), "unit": "Wh", "measurand": "Energy.Active.Import.Register"},
        {"value": "26500", "unit": "W", "measurand": "Power.Active.Import"},
        {"value": str(soc), "unit": "Percent", "measurand": "SoC"},
    ]
    return {
        "connectorId": connector,
        "transactionId": transaction,
        "meterValue": [{"timestamp": at, "sampledValue": values}],
    }


def _ago(minutes: int) -> str:
    """An instant as piles write it."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


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
