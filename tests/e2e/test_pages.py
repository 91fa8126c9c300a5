"""Every page that can be reached by links, wide and narrow, light and dark: nothing sticks out, nothing breaks a rule.

The pictures of all of them, at all levels and in both languages, are taken by ``tests.e2e.gallery``.
"""

from __future__ import annotations

from typing import Literal

import pytest

from tests.e2e.conftest import OWNERS
from tests.e2e.walking import Survey, flaws, kind_of
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


@pytest.mark.parametrize("login", OWNERS)
async def test_every_page_opens_and_holds_what_it_promises(survey: Survey, login: str) -> None:
    assert len(survey[login]) > 25, survey[login]
    found = [f"{address}: {fault}" for address, faults in survey[login].items() for fault in faults]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
async def test_a_page_can_be_read_by_everybody(
    windows: Windows, survey: Survey, width: int, scheme: Literal["light", "dark"]
) -> None:
    owner = await windows.open("owner@QL", width=width, scheme=scheme)
    first = {kind_of(address): address for address in survey["owner@QL"]}
    found = []
    for kind in LOOKED_AT:
        await owner.open(first[kind])
        await owner.picture(kind.strip("/").replace("/", "-") or "overview", whole=True)
        found += [f"{kind}: {flaw}" for flaw in await flaws(owner)]
    assert not found, "\n".join(found)
