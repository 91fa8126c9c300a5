"""Two days without a mouse: an order is found by phone, its case decided, the lists exported; an agency is taken on,
and two stations change hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.keyboard import Keyboard
from tests.e2e.neighbourhood import Neighbourhood, charge_wrongly
from tests.e2e.sent import invitation_to
from tests.e2e.windows import Windows
from tests.support.house import House
from tests.support.workbooks import sheets_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "seven ferries and a crane"
MANY = 5_001
"""One row more than an export makes at once."""

STATIONS = {"NH-N": "Nanhui Wharf North", "NH-S": "Nanhui Wharf South"}


async def test_an_order_is_found_by_phone_its_case_is_decided_and_the_lists_are_exported(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    driver = neighbourhood.drivers[0]
    order, case = await charge_wrongly(neighbourhood, "LG-02", driver["card"])
    finance = await windows.open("finance@QL", path="/")
    keys, page = Keyboard(finance), finance.page

    await keys.find(driver["phone"].removeprefix("+86"), driver["name"])
    await keys.to_content()
    await keys.follow(order)
    await keys.to_content()
    await keys.reach(page.locator("section[aria-labelledby=findings-title] a", has_text="Meter rollback"))
    await keys.open_here()
    await expect(page.locator("h1")).to_have_text(case)

    await keys.to_content()
    await keys.enter("Correct…")
    await expect(page.locator("dialog[open] [name=meter_stop]")).to_be_focused()
    await keys.type("481206.418")
    await keys.write("dialog[open]", reason="The meter was read on site")
    await keys.enter("Show what changes", role="button", within="dialog[open]")
    await expect(page.locator("dialog[open] .consequences")).to_contain_text("0.300")
    await finance.picture("amounts")
    await keys.answer("Correct")
    await expect(page.locator(".page-head")).to_contain_text("Decided")
    await finance.picture("decided", whole=True)

    await keys.find("Abnormal", "Abnormal")
    await keys.to_content()
    await keys.reach(page.locator("nav.tabs a", has_text="Decided"))
    await keys.open_here()
    await expect(finance.row(case)).to_have_count(1)
    await keys.to_content()
    async with page.expect_download() as waiting:
        await keys.enter("Excel")
    assert [row for row in _rows(await (await waiting.value).path()) if row[0] == case]

    with old_orders(neighbourhood.house, like=neighbourhood.settled):
        await keys.find("Historical", "Historical")
        await keys.to_content()
        await keys.enter("Excel")
        await keys.answer("Prepare the file")
        await keys.to_content()
        await keys.reach(page.locator("[popovertarget=jobs-menu]"), key="Shift+Tab")
        await keys.press("Enter")
        await keys.reach(page.locator("#jobs-menu a", has_text="Historical orders").first)
        await keys.open_here()
        download = page.locator("#job a[download]")
        await expect(download).to_be_visible(timeout=60_000)
        await keys.to_content()
        await keys.reach(download)
        async with page.expect_download() as waiting:
            await keys.press("Enter")
        rows = _rows(await (await waiting.value).path())
    assert len([row for row in rows if str(row[0]).startswith("OLD-")]) == MANY
    assert [row for row in rows if row[0] == order]


async def test_an_agency_is_taken_on_and_two_stations_change_hands(windows: Windows, house: House) -> None:
    owner = await windows.open("owner@QL", path="/")
    keys, page = Keyboard(owner), owner.page
    await keys.find("Tenants", "Tenants")
    await keys.to_content()
    await keys.follow("New tenant")
    await keys.to_content()
    await keys.write(name="Nanhui Wharf", code="NH", owner_email="shen@nh.example", owner_name="Shen Yi")
    await owner.picture("agency", whole=True)
    await keys.follow("Save", role="button")
    await owner.is_told("Created.")

    for code, name in STATIONS.items():
        await keys.find("Stations", "Stations")
        await keys.to_content()
        await keys.follow("New station")
        await keys.to_content()
        await keys.choose("tenant", "Qilin Charging")
        await keys.write(code=code, name=name)
        await keys.open_here()
        await expect(page.locator("h1")).to_have_text(name)

    await keys.find("Stations", "Stations")
    for name in STATIONS.values():
        await keys.to_row(name)
        await keys.press("x")
    await keys.press("b")
    await expect(page.locator("#bulk")).to_contain_text("2 selected")
    await owner.picture("ticked")
    await keys.follow("Hand over…", role="button", within="#bulk")
    await keys.to_content()
    await keys.choose("to", "Nanhui Wharf")
    await owner.picture("offer", whole=True)
    await keys.follow("Offer 2 stations", role="button")
    await owner.is_told("Offered.")

    agency = await windows.open(path=await invitation_to(house, "shen@nh.example"))
    keys, page = Keyboard(agency), agency.page
    await keys.write(password1=PASSWORD, password2=PASSWORD)
    await keys.open_here()
    await agency.open("/account/login/")
    await keys.write(login="shen@nh.example", password=PASSWORD)
    await keys.open_here()
    await keys.find("Hand-overs", "Hand-overs")
    await keys.to_row("2 stations")
    await keys.open_here()
    await keys.to_content()
    await keys.enter("Accept…")
    await expect(page.locator("dialog[open] [name=count]")).to_be_focused()
    await keys.type("2")
    await agency.picture("counted")
    await keys.answer("Accept")
    await agency.is_told("Taken over.")
    await keys.find("Stations", "Stations")
    await expect(agency.row("Nanhui Wharf")).to_have_count(2)
    await agency.picture("taken", whole=True)
    owners = house.rows(
        "SELECT t.code FROM stations_station s JOIN tenants_tenant t ON t.id = s.tenant_id WHERE s.code = ANY(%s)",
        [list(STATIONS)],
    )
    assert owners == [("NH",), ("NH",)]


def _rows(file: Path) -> list[list[Any]]:
    """The first sheet."""
    return next(iter(sheets_of(file.read_bytes()).values()))


@contextmanager
def old_orders(house: House, *, like: str) -> Iterator[None]:
    """More orders than are exported at once, of years ago and for a while: copies of one."""
    names = house.rows(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = 'orders_chargingorder' AND column_name <> 'id'"
    )
    other = {
        "order_no": "'OLD-' || n",
        "public_id": "'old' || n",
        "id_tag": "''",
        "transaction_id": "NULL",
        "created_at": "created_at - interval '1000 days' - n * interval '1 minute'",
    }
    values = ", ".join(other.get(name, name) for (name,) in names)
    house.rows(
        f"INSERT INTO orders_chargingorder ({', '.join(name for (name,) in names)}) SELECT {values}"  # noqa: S608 - our own columns
        " FROM orders_chargingorder, generate_series(1, %s) n WHERE order_no = %s RETURNING 1",
        [MANY, like],
    )
    try:
        yield
    finally:
        house.rows("DELETE FROM orders_chargingorder WHERE order_no LIKE 'OLD-%%' RETURNING 1", [])
