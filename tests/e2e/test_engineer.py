"""A day of an engineer: a station and a pile are registered, the pile connects, is asked, and its answers are read."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.neighbourhood import Neighbourhood
from tests.e2e.windows import Windows
from tests.support.house import House
from tests.support.pile import SILENCE, Pile

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]


async def test_a_pile_is_registered_connects_and_is_spoken_to(windows: Windows, house: House) -> None:
    engineer = await windows.open("engineer@QL", path="/")
    page = engineer.page
    await engineer.choose("Stations & piles", "Stations")
    await engineer.press("New station", role="link")
    await engineer.fill(name="Chongming Ferry", code="CM", latitude="31.6", longitude="")
    await engineer.pick("tenant", "Pudong East")
    await engineer.press("Save")
    await expect(page.locator(".errorlist")).to_have_text("Give both coordinates, or none.")
    await expect(page.locator("[name=name]")).to_have_value("Chongming Ferry")
    await engineer.fill(longitude="121.4")
    await page.locator("[name=longitude]").press("Tab")
    await page.locator(".pin").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Shift+ArrowRight")
    await expect(page.locator("[name=latitude]")).to_have_value("31.600200")
    await expect(page.locator("[name=longitude]")).to_have_value("121.404000")
    await engineer.picture("picker", whole=True)
    await engineer.press("Save")
    await engineer.is_told("The station is open")
    await engineer.press("New terminal", role="link")
    await engineer.pick("model", "HL-DC120")
    await engineer.fill(identity="CM-01", connectors="2")
    await engineer.press("Register")
    await engineer.sees("The password is shown this once.")
    await engineer.picture("handover", whole=True)
    address, _user, password = await page.locator(".secret code").all_inner_texts()
    await page.locator(".secret", has_text=password).get_by_role("button").click()
    assert await page.evaluate("navigator.clipboard.readText()") == password
    await engineer.press("Print labels", role="link")
    await expect(page.locator("li.label")).to_have_count(2)
    await expect(page.locator("li.label svg.qr").first).to_be_visible()
    await engineer.picture("labels", whole=True)
    await page.locator("a.back").click()
    await expect(page.locator("body")).not_to_contain_text(password)
    await engineer.sees("cannot be heard")
    await expect(page.get_by_role("button", name="Restart…")).to_be_disabled()

    url, _slash, identity = address.rpartition("/")
    async with Pile(url, identity, key=password.encode()) as pile:
        await pile.boot(chargePointVendor="Hanglu", chargePointModel="HL-DC120", firmwareVersion="3.8.2")
        await pile.status(1)
        await pile.status(2)
        await expect(page.locator("#pile-now .facts")).to_contain_text("Online")
        await expect(page.locator("#pile-now")).to_contain_text("3.8.2")

        await page.get_by_role("link", name="Restart…").click()
        await engineer.answer("Send", type="Soft", reason="Screen is frozen")
        await pile.expect("Reset")
        state = page.locator("#commands-title").locator("xpath=ancestor::section").locator("tbody tr")
        await expect(state.first).to_contain_text("Accepted")
        await expect(state.first).to_contain_text("awaited")
        await engineer.picture("asked", whole=True)
        await pile.disconnect()
        await pile.connect()
        await pile.boot(firmwareVersion="3.8.2")
        await expect(state.first).not_to_contain_text("awaited")

        pile.replies["UnlockConnector"] = {"status": "UnlockFailed"}
        await page.get_by_role("link", name="Unlock…").first.click()
        await engineer.answer("Send", reason="Plug is stuck")
        await expect(state.first).to_contain_text("UnlockFailed")

        await page.get_by_role("link", name="Change a setting…").click()
        pile.replies["ChangeConfiguration"] = {"status": "NotSupported"}
        await engineer.answer("Send", key="LightIntensity", value="40", reason="Too bright at night")
        await expect(state.first).to_contain_text("NotSupported")
        await engineer.picture("answered", whole=True)

        await engineer.press("Messages", role="link")
        await engineer.sees("BootNotification")
        await engineer.fill(action="UnlockConnector")
        await engineer.press("Show")
        await engineer.sees("UnlockFailed")
        await expect(page.locator("main .conversation")).not_to_contain_text("BootNotification")
        await engineer.picture("messages", whole=True)
    await engineer.open(f"/piles/{await _key_of(house, 'CM-01')}/")
    await expect(page.locator("#pile-now .facts")).to_contain_text("Offline")


async def test_an_answer_that_does_not_come_is_no_success(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    engineer = await windows.open("engineer@PD", path=f"/piles/{neighbourhood.piles['LG-02']['pk']}/")
    page = engineer.page
    async with neighbourhood.pile("LG-02") as pile:
        await pile.boot()
        await pile.status(1)
        pile.replies["ChangeAvailability"] = SILENCE
        await page.get_by_role("link", name="Availability…").last.click()
        await engineer.answer("Send", type="Inoperative", reason="Works on the road")
        await pile.expect("ChangeAvailability")
        state = page.locator("#commands-title").locator("xpath=ancestor::section").locator("tbody tr")
        await expect(state.first).to_contain_text("Sent")
        await pile.cut()
        await expect(state.first).to_contain_text("Connection lost")
        await engineer.picture("lost", whole=True)


async def _key_of(house: House, identity: str) -> int:
    key: int = house.rows("SELECT id FROM stations_pile WHERE identity = %s", [identity])[0][0]
    return key
