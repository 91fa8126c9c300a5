"""A tariff by keyboard alone: painted, looked at, approved by a second person, assigned. And painted with the mouse."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import expect

from tests.e2e.keyboard import Keyboard
from tests.e2e.walking import flaws
from tests.e2e.windows import NARROW, WIDE, Windows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]


async def test_a_tariff_is_painted_approved_by_a_second_person_and_assigned_by_keyboard(
    windows: Windows,
) -> None:
    author = await windows.open("manager@QL", path="/tariffs/")
    keys, page = Keyboard(author), author.page
    await keys.to_row("Qilin Charging day and night")
    await keys.open_here()
    await keys.to_content()
    await keys.follow("New version")
    strip, said = page.get_by_role("listbox").first, page.get_by_role("status").first
    codes = page.locator("input[type=hidden][name=codes]")
    await keys.to_content()
    await keys.reach(strip)
    await keys.press("Home", *["ArrowRight"] * 16, *["Shift+ArrowRight"] * 5, "p")
    await expect(said).to_have_text("08:00 to 11:00 Peak")
    await expect(strip.get_by_role("option").nth(16)).to_have_attribute("aria-selected", "true")
    await expect(codes).to_have_value("V" * 16 + "P" * 12 + "F" * 6 + "S" * 8 + "F" * 6)
    await keys.press("End", "s", "Control+z", "Escape", "ArrowLeft")
    await expect(codes).to_have_value("V" * 16 + "P" * 12 + "F" * 6 + "S" * 8 + "F" * 6)
    await expect(said).to_have_text("21:00 to 24:00 Flat")
    await keys.follow("Add a day type", role="button")
    await keys.write(**{"day0-name": "Weekend"})
    await keys.reach(page.get_by_role("listbox").nth(1))
    await keys.press("Control+a", "v")
    await author.picture("editor", whole=True)
    await keys.follow("Save draft and look", role="button")
    await author.sees("Weekend")
    await author.picture("version", whole=True)
    await keys.to_content()
    await keys.enter("Submit…")
    await keys.answer("Submit")
    await author.sees("It waits for a second person.")

    second = await windows.open("finance@QL", path=page.url)
    keys, page = Keyboard(second), second.page
    await second.sees("has submitted it")
    await keys.to_content()
    await keys.enter("Approve…")
    await keys.answer("Approve")
    await expect(page.locator(".page-head .state")).to_have_text("Approved")
    await keys.to_content()
    await keys.reach(page.locator(".page-head .back"))
    await keys.open_here()
    await keys.to_content()
    await keys.follow("Assign")
    await keys.to_content()
    await keys.follow("What would change?", role="button")
    await second.sees("What would change")
    await second.picture("impact", whole=True)
    await keys.to_content()
    await keys.follow("Assign now", role="button")
    await expect(second.row("Done").first).to_be_visible()
    await second.picture("changes", whole=True)


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
async def test_a_day_is_painted_with_the_mouse_and_everybody_can_read_the_page(
    windows: Windows, width: int, scheme: Literal["light", "dark"]
) -> None:
    owner = await windows.open("owner@SZ", path="/tariffs/", width=width, scheme=scheme)
    page = owner.page
    await owner.press("Suzhou Volt day and night", role="link")
    await owner.press("New version", role="link")
    await page.get_by_role("button", name="Sharp").first.click()
    half_hours = page.get_by_role("listbox").first.get_by_role("option")
    await half_hours.nth(2).hover()
    await page.mouse.down()
    await half_hours.nth(7).hover()
    await half_hours.nth(5).hover()
    await page.mouse.up()
    await expect(page.locator("input[type=hidden][name=codes]")).to_have_value(
        "VV" + "SSSS" + "V" * 10 + "F" * 4 + "P" * 8 + "F" * 6 + "S" * 8 + "F" * 6
    )
    days = await page.get_by_role("listbox").count()
    if days == 1:  # the version that one of the two windows saves carries its day types on to the other
        await owner.press("Add a day type")
        await expect(page.get_by_role("listbox")).to_have_count(2)
    found = [f"editor: {flaw}" for flaw in await flaws(owner)]
    await owner.picture("editor", whole=True)
    await page.locator("[name=day0-name]").fill("Weekend")
    await owner.press("Save draft and look")
    await owner.sees("Weekend")
    found += [f"version: {flaw}" for flaw in await flaws(owner)]
    await owner.picture("version", whole=True)
    assert not found, "\n".join(found)
