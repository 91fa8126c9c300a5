"""Every page that can be reached by links, wide and narrow, light and dark: nothing sticks out, nothing breaks a rule.

The pictures of all of them, at all levels and in both languages, are taken by ``tests.e2e.gallery``.
"""

from __future__ import annotations

from typing import Literal

import pytest

from tests.e2e.walking import flaws, kind_of, skim
from tests.e2e.windows import NARROW, WIDE, Windows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

LOOKED_AT = (
    "/",
    "/orders/realtime/",
    "/orders/history/",
    "/piles/0/",
    "/finance/wallets/0/",
    "/alarms/safety/",
    "/stations/new/",
    "/tariffs/0/",
)


@pytest.mark.parametrize("login", ["owner@HL", "owner@JN", "owner@QL", "owner@PD"])
async def test_every_page_opens(windows: Windows, login: str) -> None:
    window = await windows.open(login)
    pages = [address async for address, _count in skim(window, "h1")]
    assert len(pages) > 25, pages


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
async def test_a_page_can_be_read_by_everybody(
    windows: Windows, width: int, scheme: Literal["light", "dark"]
) -> None:
    owner = await windows.open("owner@QL", width=width, scheme=scheme)
    first = {kind_of(address): address async for address, _count in skim(owner, "h1")}
    found = []
    for kind in LOOKED_AT:
        await owner.open(first[kind])
        await owner.picture(kind.strip("/").replace("/", "-") or "overview", whole=True)
        found += [f"{kind}: {flaw}" for flaw in await flaws(owner)]
    assert not found, "\n".join(found)
