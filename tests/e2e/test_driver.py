"""Drivers from the sticker to the receipt on a phone: with money to be added first, and without any script."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import expect

from tests.e2e.neighbourhood import Neighbourhood
from tests.e2e.windows import NARROW, Window, Windows
from tests.support.house import House
from tests.support.pile import Pile
from tests.support.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

ACCEPTED = {"status": "Accepted"}


async def test_a_new_driver_pays_charges_and_stops_on_a_phone(
    windows: Windows, neighbourhood: Neighbourhood
) -> None:
    async with neighbourhood.pile("HQ-02") as pile:
        await _be_free(pile)
        window = await windows.open(width=NARROW, path=f"/q/{neighbourhood.token('HQ-02')}")
        await window.sees("Must match the pile you stand at")
        await window.picture("landing")
        await window.press("Charge here", role="link")
        await _sign_in(window, neighbourhood.house, "13900001234")
        await window.press("Add money", role="link")
        await window.press("Go to payment")
        await window.page.locator("[name='decision'][value='pay']").click()
        await expect(window.page.get_by_role("button", name="Hold ¥", exact=False)).to_be_visible()
        await window.page.get_by_role("button", name="Hold ¥", exact=False).click()
        await window.sees("set aside in your wallet")
        await window.picture("plug-in")

        transaction = await _plug_in(pile)
        await window.sees("Cost so far")
        await pile.meter(1, 300, transaction=transaction)
        await window.sees("0.30")
        await window.picture("live")
        await window.press("Stop charging", role="link")
        await window.press("Stop charging")
        await window.sees("Stopping")
        await pile.expect("RemoteStopTransaction")
        await pile.stop(transaction, meter=400, reason="Remote")
        await pile.status(1, "Available")
        await window.sees("Total")
        await window.sees("0.400")
        await window.picture("receipt", whole=True)
        link = window.page.url
    elsewhere = await windows.open(width=NARROW, path=link)
    await elsewhere.sees("This is my charge: sign in")
    sent = [text for text in _texts(neighbourhood.house, "+8613900001234") if link in text]
    assert len(sent) == 2


async def test_the_whole_way_works_without_scripts(windows: Windows, neighbourhood: Neighbourhood) -> None:
    async with neighbourhood.pile("HQ-02") as pile:
        await _be_free(pile)
        window = await windows.open(width=NARROW, scripts=False, path=f"/q/{neighbourhood.token('HQ-02')}")
        await window.press("Charge here", role="link")
        await _sign_in(window, neighbourhood.house, neighbourhood.drivers[0]["phone"])
        await window.page.locator("#limit-energy").check()
        await window.press("Hold and start")
        await window.sees("set aside in your wallet")

        transaction = await _plug_in(pile)
        await window.sees("Cost so far")
        await window.press("Stop charging", role="link")
        await window.press("Stop charging")
        await pile.expect("RemoteStopTransaction")
        await pile.stop(transaction, meter=200, reason="Remote")
        await pile.status(1, "Available")
        await window.sees("Total")
        await window.press("Done", role="link")
        await window.sees("0.20 kWh")


async def _be_free(pile: Pile) -> None:
    pile.replies |= {"RemoteStartTransaction": ACCEPTED, "RemoteStopTransaction": ACCEPTED}
    await pile.boot()
    await pile.status(1)
    await pile.status(2)


async def _plug_in(pile: Pile) -> int:
    """The pile was asked to start, the driver plugs in; the transaction's number."""
    asked = await pile.expect("RemoteStartTransaction", within_s=20)
    await pile.status(1, "Preparing")
    started = await pile.start(1, asked.payload["idTag"], meter=0)
    await pile.status(1, "Charging")
    return int(started["transactionId"])


async def _sign_in(window: Window, house: House, phone: str) -> None:
    before = len(_codes(house))
    await window.fill(phone=phone)
    await window.press("Send me the code")
    await until(lambda: len(_codes(house)) > before, within_s=30)
    await window.fill(code=_codes(house)[-1])
    await window.press("Sign in")


def _messages(house: House) -> list[dict[str, str]]:
    log = house.data / "sms.log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def _codes(house: House) -> list[str]:
    found = (re.match(r"(\d{6}) is your code", message["text"]) for message in _messages(house))
    return [match[1] for match in found if match]


def _texts(house: House, phone: str) -> list[str]:
    return [message["text"] for message in _messages(house) if phone in message.values()]
