"""A day of support and of a manager: a driver is found by phone, blocked, unblocked, given a card; an alarm is handled."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.neighbourhood import Neighbourhood
from tests.e2e.windows import Windows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]


async def test_a_driver_is_found_blocked_unblocked_and_given_a_card(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    support = await windows.open("support@QL", path="/")
    page = support.page
    await support.choose("Users", "Drivers")
    await support.fill(account="186 7777 0715")
    await support.press("Filter")
    await expect(support.row("")).to_have_count(1)
    await support.picture("found")
    await support.press("+8618677770715", role="link")
    await support.press("Block…", role="link")
    await support.answer("Block", reason="Card was stolen")
    await support.sees("Blocked")
    await support.sees("Card was stolen")
    async with neighbourhood.pile("HQ-01") as pile:
        await pile.boot()
        assert (await pile.authorize(neighbourhood.drivers[3]["card"]))["status"] == "Blocked"
        await support.press("Unblock…", role="link")
        await support.answer("Unblock", reason="The card is back")
        await support.sees("Active")
        assert (await pile.authorize(neighbourhood.drivers[3]["card"]))["status"] == "Accepted"

        await support.press("Issue a card", role="link")
        await support.fill(uid="not a card")
        await support.press("Save")
        await expect(page.locator(".errorlist")).to_be_visible()
        await support.fill(uid="DEAD0715", visual_number="Card 715")
        await support.press("Save")
        await support.is_told("The card is issued.")
        assert (await pile.authorize("dead0715"))["status"] == "Accepted"
    await support.sees("DEAD0715")
    await support.picture("driver", whole=True)


async def test_an_alarm_comes_up_is_acknowledged_and_closed(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    manager = await windows.open("owner@BH", path="/")
    operator = await windows.open("owner@TJ", path="/alarms/safety/")
    await manager.choose("Alarm centre", "Safety")
    await manager.sees("No safety alarm")
    async with neighbourhood.pile("HA-01") as pile:
        await pile.boot()
        await pile.status(1, "Faulted", "OverCurrentFailure")
        await expect(manager.row("Over-current")).to_have_count(1)
        await expect(operator.row("Over-current")).to_have_count(1)
        await manager.picture("raised")
        await manager.row("Over-current").get_by_role("button", name="Acknowledge").click()
        await manager.is_told("Acknowledged.")
        await expect(operator.row("Over-current")).to_contain_text("Owner Binhai Harbour")
        await pile.status(1)
        await expect(operator.row("Over-current")).to_contain_text("Cleared")
    await manager.row("Over-current").get_by_role("link").first.click()
    await manager.press("Close the alarm…", role="link")
    await manager.answer("Close the alarm", reason="Cable was changed")
    await manager.sees("Cable was changed")
    await manager.picture("closed", whole=True)
