"""A day of finance: a price changes, money is taken in and given back, a case is decided, and the file equals the screen."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.neighbourhood import Neighbourhood
from tests.e2e.windows import Window, Windows
from tests.support.workbooks import sheets_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]


async def test_a_price_is_changed_by_a_new_version(windows: Windows) -> None:
    finance = await windows.open("owner@SZ", path="/tariffs/")
    page = finance.page
    await finance.press("Suzhou Volt day and night", role="link")
    await finance.press("New version", role="link")
    await expect(page.locator("[name=sharp_electricity]")).to_have_value("1.30000")
    await finance.fill(sharp_electricity="1.45", idle_per_minute="-1")
    await finance.press("Save draft and look")
    await expect(page.locator(".errorlist")).to_have_count(1)
    await expect(page.locator("[name=sharp_electricity]")).to_have_value("1.45")
    await finance.fill(idle_per_minute="0.50", idle_cap="30")
    await finance.picture("version", whole=True)
    await finance.press("Save draft and look")
    await finance.sees("Draft")
    await finance.sees("1.4500")
    await finance.press("Approve…", role="link")
    await finance.answer("Approve")
    await finance.sees("Approved")
    await finance.picture("tariff", whole=True)


async def test_money_is_taken_in_and_given_back(windows: Windows, neighbourhood: Neighbourhood) -> None:
    finance = await windows.open("finance@QL", path="/")
    await finance.choose("Finance", "Drivers' wallets")
    await finance.fill(driver="Brandt")
    await finance.press("Filter")
    await expect(finance.row("")).to_have_count(1)
    await finance.press("Jonas Brandt", role="link")
    await finance.press("Adjust…", role="link")
    await finance.answer("Book", kind="cash_in", amount="30", reason="Paid at the desk")
    await finance.sees("¥ 30.00")
    await finance.picture("wallet", whole=True)

    await finance.choose("Finance", "Top-ups")
    await finance.row("Lin Wei").get_by_role("link").first.click()
    await finance.press("Refund to the source…", role="link")
    await finance.answer("Refund", amount="12.50", reason="Charged elsewhere")
    await finance.sees("¥ 12.50")
    await finance.picture("top-up", whole=True)

    await finance.choose("Orders", "Historical")
    await finance.fill(order_no=neighbourhood.settled)
    await finance.press("Filter")
    await expect(finance.row("")).to_have_count(1)
    await finance.press(neighbourhood.settled, role="link")
    await finance.press("Refund…", role="link")
    await finance.try_answer("Refund", amount="1000", reason="Cable was short")
    dialog = finance.page.locator("dialog[open]")
    await expect(dialog.locator(".errorlist")).to_be_visible()
    await expect(dialog.locator("[name=reason]")).to_have_value("Cable was short")
    await finance.picture("too-much")
    await finance.answer("Refund", amount="5.91")
    await finance.sees("Partly refunded")
    await finance.picture("order", whole=True)


async def test_a_case_is_decided_once(windows: Windows) -> None:
    finance, manager = (
        await windows.open("finance@QL", path="/orders/cases/"),
        await windows.open("manager@QL"),
    )
    await finance.row("A06").get_by_role("link").first.click()
    await manager.open(finance.page.url)
    await finance.sees("What was found")
    await finance.picture("case", whole=True)
    await finance.press("Accept…", role="link")
    await finance.answer("Accept", reason="The meter was replaced")
    await finance.sees("Decided")
    await expect(manager.page.locator("#case-page")).to_contain_text("Decided")
    await expect(manager.page.get_by_role("link", name="Accept…")).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "filters"),
    [
        ("/finance/ledger/", {"about": "order:"}),
        ("/finance/top-ups/", {}),
        ("/finance/wallets/", {"kind": "money"}),
        ("/orders/history/", {}),
    ],
    ids=["ledger", "top-ups", "wallets", "orders"],
)
async def test_the_file_equals_the_screen(windows: Windows, path: str, filters: dict[str, str]) -> None:
    finance = await windows.open("finance@QL", path=path)
    if filters:
        await finance.fill(**filters)
        await finance.press("Filter")
        await expect(finance.page.locator(".chip")).to_be_visible()
    await finance.picture("screen", whole=True)
    screen = await _screen(finance)
    async with finance.page.expect_download() as waiting:
        await finance.page.locator("#export").click()
    file = await (await waiting.value).path()
    sheets = sheets_of(_content(file))
    heads, *rows = next(iter(sheets.values()))
    rest = iter(heads)
    seen = ", ".join(screen.pop(0)).replace("\N{NO-BREAK SPACE}", " ")
    assert all(head in rest for head in seen.split(", ")), heads
    body = [row for row in rows if row[0] != "Total"]
    place = await finance.page.locator(".pager").inner_text()
    assert place.startswith(f"1–{len(screen)} of {len(body)}")
    for shown, row in zip(screen, body, strict=False):
        cells = "\n".join(shown)
        for value in row:
            assert not value or _as_shown(value) in cells, (value, cells)
    assert ["Rows", float(len(body))] in sheets["Filters"]


def _content(file: Path) -> bytes:
    return file.read_bytes()


async def _screen(window: Window) -> list[list[str]]:
    """The heads, then the cells of each row, as a person reads them."""
    table = window.page.locator("#rows table")
    heads = await table.locator("thead th:not(.c-pick):not(.c-act)").all_inner_texts()
    rows = [
        await row.locator("td:not(.c-pick):not(.c-act)").all_inner_texts()
        for row in await table.locator("tbody tr").all()
    ]
    return [[head.strip() for head in heads], *([cell.replace("\xa0", " ") for cell in row] for row in rows)]


def _as_shown(value: object) -> str:
    """A cell of the file as the screen words it; what is only worded differently there is empty."""
    if isinstance(value, datetime):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return ""
    if isinstance(value, float):
        return re.sub(r"\.?0+$", "", f"{value:,.3f}")
    return str(value) if value not in {"CNY"} else "¥"
