"""Orders seen from four levels and from beside them, moving by themselves, and stopped by staff."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.neighbourhood import Neighbourhood
from tests.e2e.windows import Windows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

CHAIN = ("PD", "QL", "JN", "HL")
BESIDE = ("BJ", "SZ", "HB", "LE", "TJ", "BH")


async def test_four_levels_see_the_same_order_and_nobody_else_does(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    address = f"/orders/{neighbourhood.settled}/"
    told = []
    for code in CHAIN:
        window = await windows.open(f"owner@{code}", path="/orders/history/")
        await expect(window.row(neighbourhood.settled)).to_have_count(1)
        assert (await window.open(address)).status == 200
        told.append(await window.page.locator("section.card", has_text="Bill, line by line").inner_text())
        await expect(window.page.locator("main .facts")).to_contain_text("13.250 kWh")
        await window.picture(code, whole=True)
    assert len(set(told)) == 1
    for code in BESIDE:
        window = await windows.open(f"owner@{code}")
        history = await window.page.request.get("/orders/history/")
        assert history.status == 200
        assert neighbourhood.settled not in await history.text()
        assert (await window.page.request.get(address)).status == 404


async def test_a_charge_by_card_moves_before_everybody_and_is_stopped_by_staff(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    support = await windows.open("support@QL", path="/orders/realtime/")
    maker = await windows.open("manager@HL", path="/orders/realtime/")
    card = neighbourhood.drivers[4]["card"]
    async with neighbourhood.pile("LG-02") as pile:
        await pile.boot()
        await pile.status(1, "Preparing")
        assert (await pile.authorize(card))["status"] == "Accepted"
        transaction = (await pile.start(1, card, meter=5_000))["transactionId"]
        await pile.status(1, "Charging")
        for window in (support, maker):
            await expect(window.row("LG-02")).to_contain_text("Charging")
        await expect(maker.row("LG-02")).not_to_contain_text(neighbourhood.drivers[4]["phone"])
        await pile.meter(1, 5_004, transaction=transaction)
        await expect(support.row("LG-02")).to_contain_text("0.004")
        await support.picture("moving")
        await support.row("LG-02").get_by_role("link").first.click()
        await support.press("Remote stop…", role="link")
        await support.answer("Stop", reason="Bay is needed")
        stop = await pile.expect("RemoteStopTransaction")
        assert stop.payload == {"transactionId": transaction}
        await expect(support.page.locator(".page-head")).to_contain_text("Stopping")
        await pile.stop(transaction, meter=5_008, reason="Remote")
        await pile.status(1)
        await expect(support.page.locator(".page-head")).to_contain_text("Settled")
        await support.picture("stopped", whole=True)
        await expect(maker.row("LG-02")).to_have_count(0)
    number = await support.page.locator("h1").inner_text()
    found = neighbourhood.house.rows(
        "SELECT energy_wh, hold FROM orders_chargingorder WHERE order_no = %s", [number]
    )
    assert found == [(8, 0)]
