"""What the house sent: letters to staff and texts to drivers, as they were written to its files."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.windows import Window
from tests.support.house import House
from tests.support.waiting import until

CODE = r"\b\d{6}\b"
INVITATION = r"http\S+/account/invitation/\S+"


async def invitation_to(house: House, email: str) -> str:
    """The address in the last letter to this person."""
    letter = await until(lambda: _letter_to(house, email), within_s=20)
    return found(INVITATION, letter)


def _letter_to(house: House, email: str) -> str:
    """The text of the last letter to this address; empty while there is none."""
    letters = sorted((house.data / "mail").glob("*.log"), key=_written)
    texts = [letter.read_text() for letter in letters]
    return next((text for text in reversed(texts) if f"To: {email}" in text), "")


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns


async def sign_in_driver(driver: Window, house: House, typed: str, phone: str) -> None:
    """Type the number, then the code that was sent to it."""
    before = len(texts_to(house, phone))
    await driver.fill(phone=typed)
    await driver.page.locator(".act .btn").click()
    text = await until(lambda: texts_to(house, phone)[before:], within_s=20)
    await driver.fill(code=found(CODE, text[-1]))
    await driver.page.locator(".act .btn").click()
    await expect(driver.page.locator("#code")).to_have_count(0)


def texts_to(house: House, phone: str) -> list[str]:
    """What was sent to this number, the oldest first."""
    log = house.data / "sms.log"
    sent = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return [message["text"] for message in sent if message["to"] == phone]


def text_to(house: House, phone: str, words: str) -> str:
    """The last text to this number with these words; empty while there is none."""
    return next((text for text in reversed(texts_to(house, phone)) if words in text), "")


def found(pattern: str, text: str) -> str:
    """The first part of a text that is like this."""
    match = re.search(pattern, text)
    assert match, text
    return match[0]
