"""Forms that are used in a browser which runs no scripts: each does the same as with them."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import Workbook
from playwright.async_api import expect

from tests.e2e.neighbourhood import Neighbourhood, charge_wrongly
from tests.e2e.windows import Windows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def test_a_tenant_is_made_several_are_changed_and_a_filter_is_kept(windows: Windows) -> None:
    dealer = await windows.open("owner@JN", scripts=False, path="/tenants/")
    page = dealer.page
    await dealer.press("New tenant", role="link")
    await dealer.fill(name="Wuxi Lake Power", code="WX", phone="not a phone")
    await dealer.press("Save")
    await dealer.sees("Digits, spaces and dashes")
    await dealer.fill(phone="+86 510 555 0131")
    await dealer.press("Save")
    await dealer.is_told("Created.")
    await expect(page.get_by_role("button", name="Close this message")).to_have_count(0)

    await dealer.open("/tenants/?level=operator")
    await expect(page.locator("#bulk")).to_be_hidden()
    for name in ("Wuxi Lake Power", "Suzhou Volt"):
        await dealer.row(name).locator("input.pick").check()
    await dealer.picture("ticked")
    await dealer.press("Clear selection")
    await expect(page.locator("#bulk")).to_be_hidden()
    for name in ("Wuxi Lake Power", "Suzhou Volt"):
        await dealer.row(name).locator("input.pick").check()
    await dealer.press("Edit…")
    await dealer.fill(region="Taihu")
    await dealer.press("Preview")
    await dealer.sees("Before and after")
    await dealer.press("Change all of them")
    await dealer.is_told("2 tenants changed.")

    await dealer.open("/tenants/?level=operator")
    await dealer.press("Save filter", role="link")
    await dealer.fill(name="Operators alone")
    await dealer.press("Save")
    tab = page.locator("#views").get_by_role("link", name="Operators alone")
    await expect(tab).to_have_attribute("aria-current", "page")
    await expect(dealer.row("Wuxi Lake Power")).to_have_count(1)
    await dealer.picture("kept", whole=True)


async def test_columns_are_chosen_and_put_back(windows: Windows) -> None:
    manager = await windows.open("manager@QL", scripts=False, path="/piles/")
    page = manager.page
    firmware = page.locator("#rows th", has_text="Firmware")
    await expect(firmware).to_have_count(1)
    await manager.press("Columns")
    await page.locator("#columns-menu input[value=firmware]").uncheck()
    await manager.picture("columns")
    await manager.press("Apply")
    await expect(firmware).to_have_count(0)
    await manager.press("Columns")
    await manager.press("Default")
    await expect(firmware).to_have_count(1)


async def test_a_case_is_decided(windows: Windows, neighbourhood: Neighbourhood) -> None:
    _order, case = await charge_wrongly(neighbourhood, "LG-01", neighbourhood.drivers[3]["card"])
    finance = await windows.open("finance@QL", scripts=False, path="/orders/cases/")
    await finance.press(case, role="link")
    await finance.press("Accept…", role="link")
    await finance.press("Accept")
    await expect(finance.page.locator(".errorlist")).to_have_count(1)
    await finance.fill(reason="The driver agreed")
    await finance.picture("question")
    await finance.press("Accept")
    await finance.sees("Decided")
    await finance.picture("decided", whole=True)


async def test_a_station_is_opened_offered_and_taken_back(windows: Windows) -> None:
    manager = await windows.open("manager@QL", scripts=False, path="/stations/")
    await manager.press("New station", role="link")
    await manager.pick("tenant", "Qilin Charging")
    await manager.fill(code="SJ", name="Songjiang Depot", latitude="31.03", longitude="121.22")
    await manager.picture("station", whole=True)
    await manager.press("Save")
    await manager.is_told("The station is open")
    await manager.open("/stations/")
    await manager.row("Songjiang Depot").locator("input.pick").check()
    await manager.press("Hand over…")
    await manager.pick("to", "Pudong East")
    await manager.press("Offer 1 station")
    await manager.is_told("Offered.")
    await manager.press("Take back…", role="link")
    await manager.fill(reason="Not yet ready")
    await manager.press("Take the offer back")
    await expect(manager.page.get_by_role("link", name="Take back…")).to_have_count(0)
    await manager.picture("taken-back", whole=True)


async def test_a_tariff_is_written_in_rows(windows: Windows) -> None:
    owner = await windows.open("owner@TJ", scripts=False, path="/tariffs/")
    page = owner.page
    await owner.press("Tianjin Current day and night", role="link")
    await owner.press("New version", role="link")
    rows, first = page.locator("[name=codes_from]"), page.locator("[name=codes_band]").first
    count = await rows.count()
    await first.select_option("F")
    await rows.last.fill("23:00")
    await owner.press("More rows")
    await expect(rows).not_to_have_count(count)
    await expect(first).to_have_value("F")
    await rows.nth(count - 3).fill("")
    await rows.first.fill("")
    await page.locator("[name=codes_to]").first.fill("")
    await owner.press("Save draft and look")
    await expect(page.locator(".errorlist").first).to_contain_text("the day has a gap")
    blank = count - 4  # rows that say something come first
    await rows.nth(blank).fill("00:00")
    await page.locator("[name=codes_to]").nth(blank).fill("08:00")
    await owner.picture("rows", whole=True)
    await owner.press("Add a day type")
    await owner.fill(**{"day0-name": "Weekend"})
    await owner.press("Save draft and look")
    await owner.sees("Draft")
    await owner.sees("Weekend")
    await owner.picture("version", whole=True)


async def test_a_file_is_sent_looked_at_and_imported(windows: Windows) -> None:
    engineer = await windows.open("engineer@QL", scripts=False, path="/stations/")
    page = engineer.page
    await engineer.press("Import", role="link")
    await page.locator("[name=file]").set_input_files(
        {
            "name": "stations.xlsx",
            "mimeType": XLSX,
            "buffer": _book(["Code", "Name"], ["QP", "Qingpu Lakeside"]),
        }
    )
    await engineer.press("Send and check")
    await engineer.picture("checked", whole=True)
    await engineer.press("Import 1 row")
    await engineer.sees("1 row was imported.")
    await engineer.open("/stations/?words=Qingpu")
    await expect(engineer.row("Qingpu Lakeside")).to_have_count(1)


def _book(*lines: list[str]) -> bytes:
    book, file = Workbook(write_only=True), BytesIO()
    sheet = book.create_sheet()
    for line in lines:
        sheet.append(line)
    book.save(file)
    return file.getvalue()
