"""Every page in a browser that runs no scripts: what is there can be read, and what is there does something.

How forms are used there is in ``test_forms_without_scripts``; a whole charge of a driver in ``test_drivers``.
"""

from __future__ import annotations

import re

import pytest

from tests.e2e.neighbourhood import Neighbourhood
from tests.e2e.plain import AS_SENT, shown_faults
from tests.e2e.sent import sign_in_driver
from tests.e2e.walking import HREFS, Survey, kind_of
from tests.e2e.windows import NARROW, Windows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

PICTURED = {
    "/",
    "/map/",
    "/orders/0/",
    "/orders/history/",
    "/piles/0/",
    "/screen/",
    "/tariffs/0/versions/new/",
}
OF_DRIVERS = re.compile(r"/(q|c)/[^?#]*")
MOST_OF_DRIVER = 40


async def test_every_page_can_be_read_without_scripts(windows: Windows, survey: Survey) -> None:
    known: set[str] = set()
    found = []
    for login, pages in survey.items():
        window = await windows.open(login, scripts=False)
        for address in pages:
            if (kind := kind_of(address)) in known:
                continue
            known.add(kind)
            await window.open(address)
            found += [f"{address}: {fault}" for fault in await shown_faults(window)]
            if kind in PICTURED:
                await window.picture(kind.strip("/").replace("/", "-") or "overview", whole=True)
    assert len(known) > 80, known
    assert not found, "\n".join(found)


async def test_every_page_of_a_driver_can_be_read_without_scripts(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    person = neighbourhood.drivers[1]
    start = f"/q/{neighbourhood.token('JL-01')}"
    driver = await windows.open(width=NARROW, scripts=False, path=f"{start}/start")
    await sign_in_driver(driver, neighbourhood.house, person["phone"], person["phone"])
    waiting, known, found = [start], {kind_of(start)}, []
    while waiting and len(known) < MOST_OF_DRIVER:
        address = waiting.pop(0)
        await driver.open(address)
        found += [f"{address}: {fault}" for fault in await shown_faults(driver)]
        found += [
            f"{address}: {fault}" for fault in await driver.page.evaluate(f"() => ({AS_SENT})(document)")
        ]
        for link in await driver.page.eval_on_selector_all("a[href]", HREFS):
            if OF_DRIVERS.match(link) and kind_of(link) not in known:
                known.add(kind_of(link))
                waiting.append(link)
    assert len(known) > 8, known
    assert not found, "\n".join(found)
