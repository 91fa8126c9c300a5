"""PostgreSQL or Valkey away for a while, the gateway and the pages in between.

The sockets stay, answers come late or not at all, nothing acknowledged is lost, and everything comes
back by itself. A page says what is wrong.
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from typing import Any

import pytest

from backoffice import embedded
from tests.support.house import ENGINES, House
from tests.support.stubborn import StubbornPile
from tests.support.waiting import eventually

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

PILES = 6
AWAY_S = 2.5


@pytest.fixture(scope="module")
def site(house: House) -> dict[str, Any]:
    return house.furnish(piles=PILES, drivers=PILES, name="W")


def get(port: int, path: str) -> tuple[int, str]:
    """Status and text of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.statement(119)
@pytest.mark.parametrize("engine", ["postgres", "valkey"])
def test_an_engine_that_is_away_for_a_while(house: House, site: dict[str, Any], engine: str) -> None:
    seen: dict[str, Any] = {}
    page = f"/q/{site['piles'][0]['tokens'][0]}"

    async def live() -> list[StubbornPile]:
        enough = asyncio.Event()
        piles = [
            StubbornPile(house.ocpp, pile["identity"], pile["key"], seed=number)
            for number, pile in enumerate(site["piles"])
        ]
        await asyncio.gather(*(pile.boot() for pile in piles))
        sessions = [
            asyncio.create_task(pile.charge(site["drivers"][number]["card"], until=enough))
            for number, pile in enumerate(piles)
        ]
        await asyncio.sleep(0.8)
        await asyncio.to_thread(house.kill, engine)
        await asyncio.sleep(AWAY_S)
        for name, port, path in (
            ("gateway", house.addresses.ocpp_port, "/healthz"),
            ("health", house.addresses.port, "/healthz"),
            ("page", house.addresses.port, page),
        ):
            seen[name] = await asyncio.to_thread(get, port, path)
        await asyncio.to_thread(embedded.restart, house.data, ENGINES[engine])
        await asyncio.to_thread(house.wait_until_well)
        await asyncio.sleep(0.3)
        enough.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*sessions)
        for pile in piles:
            await pile.leave()
        return piles

    piles = asyncio.run(live())
    assert [pile.reconnects for pile in piles] == [0] * PILES
    told = {pile.told.transaction: sorted(pile.told.readings) for pile in piles}
    stored = house.rows(
        "SELECT transaction_id, count(*) FROM orders_sample WHERE transaction_id = ANY(%s) GROUP BY 1",
        [list(told)],
    )
    assert dict(stored) == {transaction: len(readings) for transaction, readings in told.items()}
    assert seen["health"][0] == 503
    if engine == "postgres":
        assert seen["gateway"][0] == 503 and "database" in seen["gateway"][1]
        assert seen["page"][0] == 503
    assert eventually(lambda: get(house.addresses.port, page)[0] == 200)
    unsettled = "SELECT 1 FROM orders_chargingorder WHERE transaction_id = ANY(%s) AND settled_at IS NULL"
    eventually(lambda: not house.rows(unsettled, [list(told)]), seconds=60)
    assert house.run_inside("tests.support.books").strip() == "[]"
