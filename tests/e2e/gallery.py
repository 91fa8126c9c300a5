"""Pictures of every page, to be looked at: ``python -m tests.e2e.gallery FOLDER [--logins FILE --url URL]``.

Walks as the owner of each level, wide and narrow, light and dark, in English and Chinese; writes one
picture a page and, last, what is wrong. Without ``--logins`` (the ``logins.json`` of a running demo) it
starts a house of its own. Exits with 1 when a page has a console error, a refusal or a flaw.

``--only /piles/ /piles/17/`` keeps to addresses that begin so, and starts at each of them, the last one first:
the page that is found first stands for its kind. ``--sheets`` lays the looks of one page side by side,
long ones in columns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from struct import unpack
from typing import Literal

from playwright.async_api import Browser, Error as BrowserError, async_playwright, expect

from tests.e2e.neighbourhood import bring_to_life
from tests.e2e.walking import flaws, kind_of, walk
from tests.e2e.windows import NARROW, WIDE, Window, Windows
from tests.support.house import free_ports, running_house

COLUMN = 1300
"""Height of a column of a contact sheet, in pixels."""

SHEET = '<!doctype html><body style="display:flex;gap:12px;align-items:start;width:max-content;margin:0;background:#888">%s</body>'
PNG_SIZE = slice(16, 24)
"""Where a PNG says how wide and how high it is."""


@dataclass(frozen=True)
class Place:
    """Where to look, and as whom: email by level."""

    url: str
    password: str
    logins: dict[str, str]


async def take(place: Place, folder: Path, chosen: argparse.Namespace) -> list[str]:
    """One walk for each level and each look; what went wrong."""
    troubles: list[str] = []
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=alone)
        for level, width, scheme, language in product(
            chosen.levels or place.logins, chosen.widths, chosen.schemes, chosen.languages
        ):
            troubles += await _walk(browser, place, folder, level, width, scheme, language, chosen.only)
        if chosen.sheets:
            await _lay_out(browser, folder)
    return troubles


async def _walk(
    browser: Browser,
    place: Place,
    folder: Path,
    level: str,
    width: int,
    scheme: Literal["light", "dark"],
    language: str,
    only: Sequence[str],
) -> list[str]:
    look = f"{level}-{width}-{scheme}-{language}"
    windows = Windows(browser, place.url, place, folder / look)
    window = await windows.open(level, width=width, scheme=scheme)
    usual = await _read_in(window, language)
    said = len(window.troubles)
    async for address in walk(window, *reversed(only or ["/"]), below=only):
        window.troubles += [f"{address}: {flaw}" for flaw in await _look_at(window, address)]
        print(f"{look} {address}", *window.troubles[said:], sep="\n  ! ", flush=True)
        said = len(window.troubles)
    await _read_in(window, usual)
    return [f"{look}: {trouble}" for trouble in await windows.close()]


async def _look_at(window: Window, address: str) -> list[str]:
    """Keep a picture of the page that is open; what is wrong with it. One that cannot be looked at ends no walk."""
    try:
        await window.page.wait_for_timeout(150)
        await window.page.locator("#map[aria-busy]").wait_for(state="detached")
        await window.picture(kind_of(address).strip("/").replace("/", "_") or "overview", whole=True)
        return await flaws(window)
    except BrowserError as error:
        return [f"cannot be looked at: {error.message.splitlines()[0]}"]


async def _read_in(window: Window, language: str) -> str:
    """Let this person read in a language, as from now on everywhere; which one it was before."""
    await window.open("/personal/")
    before: str = await window.page.evaluate("document.documentElement.lang")
    if before != language:
        await window.page.locator("[popovertarget=account-menu]").click()
        await window.page.locator(f"#account-menu button[name=language][value='{language}']").click()
        await expect(window.page.locator("html")).to_have_attribute("lang", language)
    return before


async def _lay_out(browser: Browser, folder: Path) -> None:
    """A sheet for each page, level and width: its looks beside each other, cut into columns."""
    sheets = folder / "sheets"
    sheets.mkdir(exist_ok=True)
    page = await browser.new_page()
    for name, pictures in _looks_of(folder).items():
        sheet = sheets / f"{name}.html"
        sheet.write_text(SHEET % "".join(column for picture in pictures for column in _columns(picture)))
        await page.goto(sheet.resolve().as_uri())
        await page.locator("body").screenshot(path=sheets / f"{name}.png")
    await page.close()


def _looks_of(folder: Path) -> dict[str, list[Path]]:
    """The pictures of each page, level and width."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for picture in sorted(folder.glob("*-*-*-*/*.png")):
        if picture.stem.startswith("end-"):
            continue
        level, width, *_look = picture.parent.name.split("-")
        found[f"{level}-{picture.stem}-{width}"].append(picture)
    return found


def _columns(picture: Path) -> Iterator[str]:
    """The parts of a picture, from its top down."""
    with picture.open("rb") as file:
        width, height = unpack(">II", file.read(PNG_SIZE.stop)[PNG_SIZE])
    address = f"../{picture.parent.name}/{picture.name}"
    for top in range(0, height, COLUMN):
        size = f"width:{width}px;height:{min(COLUMN, height - top)}px"
        yield f'<div style="{size};background:url({address}) 0 -{top}px"></div>'


def main(arguments: Sequence[str]) -> int:
    """Take the pictures and say what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.gallery", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--logins", type=Path, help="logins.json of a running demo")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--levels", nargs="*")
    parser.add_argument("--widths", nargs="*", type=int, default=[WIDE, NARROW])
    parser.add_argument("--schemes", nargs="*", default=["light", "dark"])
    parser.add_argument("--languages", nargs="*", default=["en", "zh-hans"])
    parser.add_argument("--only", nargs="*", default=[], help="pages whose address begins so")
    parser.add_argument("--sheets", action="store_true", help="also lay the looks of a page side by side")
    chosen = parser.parse_args(arguments)
    if chosen.logins:
        troubles = asyncio.run(take(_demo(chosen.logins, chosen.url), chosen.folder, chosen))
    else:
        port, ocpp_port = free_ports(2)
        with (
            tempfile.TemporaryDirectory() as data,
            running_house(Path(data), port=port, ocpp_port=ocpp_port) as house,
        ):
            here = asyncio.run(bring_to_life(house))
            levels = {"manufacturer": "HL", "dealer": "JN", "operator": "QL", "agency": "PD"}
            logins = {level: here.logins[f"owner@{code}"] for level, code in levels.items()}
            place = Place(house.web, here.password, logins)
            troubles = asyncio.run(take(place, chosen.folder, chosen))
    print("\n".join(troubles) or "nothing wrong")
    return 1 if troubles else 0


def _demo(file: Path, url: str) -> Place:
    """The first owner of each level of a demo."""
    seed = json.loads(file.read_text())
    owners = [login for login in seed["logins"] if login["role"].lower() == "owner"]
    logins = {login["level"].lower(): login["email"] for login in reversed(owners)}
    return Place(url, owners[0]["password"], logins)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
