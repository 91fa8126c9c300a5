"""One house and one browser for all journeys; each test gets windows of its own.

The tests, the browser and the piles share one event loop. The house has engines of its own.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from backoffice.environment import ROOT
from tests.e2e.neighbourhood import Neighbourhood, bring_to_life
from tests.e2e.plain import AS_SENT
from tests.e2e.walking import Survey, inspect
from tests.e2e.windows import Windows
from tests.support.house import House, free_ports, running_house

PICTURES = ROOT / "var" / "e2e"
NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
OWNERS = ("owner@HL", "owner@JN", "owner@QL", "owner@PD")
"""One of each level."""


@pytest.fixture(scope="session")
def house(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All processes, over engines of their own. ``chromium`` first: nothing is started without a browser."""
    port, ocpp_port = free_ports(2)
    with running_house(tmp_path_factory.mktemp("house"), port=port, ocpp_port=ocpp_port) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def neighbourhood(house: House) -> Neighbourhood:
    """A chain of four levels with siblings, in which piles have charged and failed already."""
    return await bring_to_life(house)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The one browser."""
    # A root user has no namespaces to build Chromium's sandbox from.
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(
            executable_path=chromium, args=[*alone, NO_INTERNET, "--disable-dev-shm-usage", "--lang=en"]
        )


@pytest_asyncio.fixture(loop_scope="session")
async def windows(
    browser: Browser, house: House, neighbourhood: Neighbourhood, request: pytest.FixtureRequest
) -> AsyncIterator[Windows]:
    """Opens windows; what went wrong in any of them fails the test at its end."""
    opened = Windows(browser, house.web, neighbourhood, _folder(request.node.name))
    try:
        yield opened
    finally:
        troubles = await opened.close()
    assert not troubles, "\n".join(troubles)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def survey(browser: Browser, house: House, neighbourhood: Neighbourhood) -> Survey:
    """Every kind of page that the owner of each level reaches by links, looked through once for all tests."""
    windows = Windows(browser, house.web, neighbourhood, _folder("survey"))
    found = {}
    for login in OWNERS:
        window = await windows.open(login)
        found[login] = {address: faults async for address, faults in inspect(window, AS_SENT)}
    troubles = await windows.close()
    assert not troubles, "\n".join(troubles)
    return found


def _folder(test: str) -> Path:
    """Pictures of a test, those of the last run gone."""
    folder = PICTURES / re.sub(r"\W+", "-", test).strip("-")
    shutil.rmtree(folder, ignore_errors=True)
    return folder
