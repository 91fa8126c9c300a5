"""Drivers on a phone: from the sticker to the receipt, with a card at the pile, and without scripts in Chinese."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.neighbourhood import Neighbourhood
from tests.e2e.sent import found, sign_in_driver, text_to, texts_to
from tests.e2e.windows import NARROW, Window, Windows
from tests.support.pile import Pile
from tests.support.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

NEWCOMER = "+8613700001234"
LINK = r"http\S+/c/[\w-]+"


async def test_from_the_sticker_to_the_receipt(windows: Windows, neighbourhood: Neighbourhood) -> None:
    house = neighbourhood.house
    driver = await windows.open(width=NARROW)
    async with neighbourhood.pile("HQ-01") as pile:
        await pile.boot()
        await pile.status(1)
        await driver.open(f"/q/{neighbourhood.token('HQ-01')}")
        await driver.sees("HQ-01")
        await driver.picture("1-landing", whole=True)
        await driver.press("Charge here", role="link")
        await sign_in_driver(driver, house, "137 0000 1234", NEWCOMER)
        await driver.sees("not enough to start")
        await driver.press("Add money", role="link")
        await driver.picture("2-add-money", whole=True)
        await driver.press("Go to payment")
        await driver.page.locator("button[value=pay]").click()
        start = driver.page.locator(".act .btn", has_text="and start")
        await expect(start).to_be_visible()
        await expect(driver.page.locator(".purse.poor")).to_have_count(0)
        await driver.picture("3-start", whole=True)
        await driver.page.locator(".act .btn:visible").click()
        asked = await pile.expect("RemoteStartTransaction")
        await driver.sees("The pile said yes")
        await driver.picture("4-plug-in", whole=True)

        transaction = await _plug_in(pile, asked.payload["idTag"])
        await driver.sees("Charging")
        await pile.meter(1, 10_200, transaction=transaction)
        await expect(driver.page.locator(".figures")).to_contain_text("0.20")
        await driver.picture("5-charging", whole=True)
        await driver.page.locator("#stop").click()
        await driver.picture("6-stop")
        await driver.page.locator("button.stop").click()
        assert (await pile.expect("RemoteStopTransaction")).payload == {"transactionId": transaction}
        await driver.sees("Stopping")
        await pile.stop(transaction, meter=10_400, reason="Remote")
        await pile.status(1, "Finishing")
        await pile.status(1)
        await driver.sees("How the bill adds up")
        await driver.picture("7-receipt", whole=True)
    lines, total = await _bill(driver)
    assert sum(lines) == total > 0
    hold, billed, paid = house.rows(
        "SELECT o.hold, o.total, s.paid_cash FROM orders_chargingorder o"
        " JOIN finance_settlement s ON s.about = 'order:' || o.order_no"
        " JOIN drivers_driver d ON d.id = o.driver_id WHERE d.phone = %s",
        [NEWCOMER],
    )[0]
    assert (hold, billed, paid) == (0, total, total)
    told = await until(lambda: text_to(house, NEWCOMER, "Receipt"), within_s=20)
    assert len([text for text in texts_to(house, NEWCOMER) if driver.page.url in text]) == 2
    again = await windows.open(width=NARROW, scheme="dark", path=found(LINK, told))
    await again.sees("How the bill adds up")
    await again.picture("8-later", whole=True)


async def test_a_card_at_the_pile_and_a_link_to_come_back(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    house, person = neighbourhood.house, neighbourhood.drivers[4]
    async with neighbourhood.pile("LG-01") as pile:
        await pile.boot()
        await pile.status(1, "Preparing")
        assert (await pile.authorize(person["card"]))["status"] == "Accepted"
        transaction = await _plug_in(pile, person["card"])
        told = await until(lambda: text_to(house, person["phone"], "Charging started"), within_s=20)
        driver = await windows.open(width=NARROW, path=found(LINK, told))
        await driver.sees("Charging")
        await driver.press("Sign in to stop", role="link")
        await sign_in_driver(driver, house, person["phone"], person["phone"])
        await driver.picture("sure")
        await driver.page.context.close()

        driver = await windows.open(width=NARROW, path=found(LINK, told))
        await expect(driver.page.locator(".figures")).to_contain_text("0.00")
        await pile.meter(1, 10_300, transaction=transaction)
        await expect(driver.page.locator(".figures")).to_contain_text("0.30")
        await pile.stop(transaction, meter=10_300, reason="Local", idTag=person["card"])
        await pile.status(1)
        await driver.sees("How the bill adds up")
        await driver.picture("receipt", whole=True)


async def test_without_scripts_and_in_chinese(windows: Windows, neighbourhood: Neighbourhood) -> None:
    house, person = neighbourhood.house, neighbourhood.drivers[0]
    driver = await windows.open(width=NARROW, language="zh-CN", scripts=False)
    async with neighbourhood.pile("HQ-02") as pile:
        await pile.boot()
        await pile.status(1)
        await driver.open(f"/q/{neighbourhood.token('HQ-02')}")
        await expect(driver.page.locator("html")).to_have_attribute("lang", "zh-hans")
        await driver.picture("1-landing", whole=True)
        await driver.page.locator(".act .btn").click()
        await sign_in_driver(driver, house, person["phone"], person["phone"])
        await driver.page.locator("#limit-energy").check()
        await driver.picture("2-start", whole=True)
        await driver.page.locator(".act button.btn").click()
        asked = await pile.expect("RemoteStartTransaction")
        await driver.picture("3-plug-in", whole=True)
        transaction = await _plug_in(pile, asked.payload["idTag"])
        stop = driver.page.locator("#stop")
        await _again_until(driver, stop)
        await driver.picture("4-charging", whole=True)
        await stop.click()
        await driver.page.locator("button.stop").click()
        await pile.expect("RemoteStopTransaction")
        await pile.stop(transaction, meter=10_350, reason="Remote")
        await pile.status(1)
        await _again_until(driver, driver.page.locator("table.bill"))
        await driver.picture("5-receipt", whole=True)
    lines, total = await _bill(driver)
    assert sum(lines) == total > 0
    await driver.page.locator("#done").click()
    await driver.sees("0.35")
    await driver.picture("6-charges", whole=True)


async def test_a_sticker_that_is_not_ours_and_a_pile_that_is_away(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    driver = await windows.open(width=NARROW)
    await driver.open(f"/q/{neighbourhood.token('HA-02')}")
    await expect(driver.page.get_by_role("link", name="Charge here")).to_have_count(0)
    await driver.picture("away", whole=True)
    driver.expect_refusal(404, "/q/")
    token = neighbourhood.token("HA-02")
    assert (await driver.open(f"/q/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}")).status == 404
    await driver.picture("not-ours")


async def _plug_in(pile: Pile, id_tag: str) -> int:
    await pile.status(1, "Preparing")
    answer: dict[str, Any] = await pile.start(1, id_tag, meter=10_000)
    assert answer["idTagInfo"]["status"] == "Accepted"
    await pile.status(1, "Charging")
    transaction: int = answer["transactionId"]
    return transaction


async def _again_until(driver: Window, wanted: Any) -> None:
    """Without scripts a page is looked at again by hand."""
    for _attempt in range(40):
        if await wanted.count():
            return
        await driver.page.wait_for_timeout(250)
        await driver.page.reload()
    raise AssertionError(f"not there: {await driver.page.locator('body').inner_text()}")


async def _bill(driver: Window) -> tuple[list[int], int]:
    """The lines of the receipt and its total, in minor units."""
    lines = await driver.page.locator("table.bill tr.head td:last-child").all_inner_texts()
    total = await driver.page.locator("table.bill tr.sum td").inner_text()
    return [_minor(line) for line in lines], _minor(total)


def _minor(text: str) -> int:
    return int(re.sub(r"\D", "", text))
