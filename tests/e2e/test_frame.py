"""The frame by keyboard alone: find a terminal, walk and tick rows, keep a filter, look at one tenant below alone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.walking import flaws
from tests.e2e.windows import Windows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]


async def test_a_terminal_is_found_and_rows_are_walked_without_a_mouse(windows: Windows) -> None:
    owner = await windows.open("owner@QL", path="/piles/")
    page, keys = owner.page, owner.page.keyboard
    field = page.get_by_role("combobox", name=re.compile("Search everything"))

    await keys.press("Control+k")
    await expect(field).to_be_focused()
    await keys.type("hq-0")
    await expect(page.locator("#hits [role=option]").first).to_have_attribute("aria-selected", "true")
    await keys.press("ArrowDown")
    await expect(field).to_have_attribute("aria-activedescendant", "hit-1")
    await owner.picture("palette")
    assert not await flaws(owner)
    await keys.press("ArrowUp")
    await keys.press("Enter")
    await expect(page).to_have_url(re.compile(r"/piles/\d+/$"))

    await owner.open("/piles/")
    await keys.press("Control+k")
    await expect(page.locator("#hits [role=option]").first).to_contain_text("HQ-0")
    await keys.press("Escape")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await keys.press("/")
    await expect(page.locator("#filters .form-control").first).to_be_focused()
    await keys.press("Escape")
    await page.evaluate("() => document.activeElement.blur()")
    for key in ("j", "j", "x", "k", "Shift+X"):
        await keys.press(key)
    await expect(page.locator("input.pick:checked")).to_have_count(2)
    await expect(page.locator("[data-picked]")).to_have_text("2")
    await keys.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    assert not await flaws(owner)
    await keys.press("Escape")
    await expect(page.locator("input.pick:focus")).to_have_count(1)
    await keys.press("Enter")
    await expect(page).to_have_url(re.compile(r"/piles/\d+/$"))


async def test_a_filter_is_kept_as_a_tab_and_the_view_is_narrowed_and_widened(windows: Windows) -> None:
    dealer = await windows.open("owner@JN", path="/tenants/?level=agency")
    page = dealer.page
    await dealer.press("Save filter", role="link")
    await page.locator("dialog[open] [name=name]").fill("Only agencies")
    await page.locator("dialog[open]").get_by_role("button", name="Save").click()
    tab = page.locator("#views").get_by_role("link", name="Only agencies")
    await expect(tab).to_have_attribute("aria-current", "page")

    await page.locator("header.top .scope").click()
    await page.keyboard.type("qilin")
    await page.locator("#look-hits button").first.click()
    await expect(page.locator(".looking")).to_contain_text("alone")
    await expect(tab).to_be_visible()
    await dealer.picture("narrowed", whole=True)
    assert not await flaws(dealer)
    await page.locator(".looking").get_by_role("button", name="Show everything").click()
    await expect(page.locator(".looking")).to_have_count(0)
