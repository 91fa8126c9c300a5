"""Finds every kind of page that somebody can reach by links, and says what is wrong with how one looks.

Two pages are of one kind when their addresses differ in numbers alone; the first that is found stands
for all. Links are followed, nothing is posted, files are not fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as BrowserError

from tests.e2e.windows import Window

LINKS = "nav.side a[href], main a[href]:not(#export), main form.filters a[href]"
HREFS = "links => links.map(link => link.getAttribute('href'))"
FILES = re.compile(r"\.xlsx$|/export/|/file/|/download/|/template$|\.pem$|^/tenants/files/0/$|^/photos/0/$")
OTHERS = re.compile(r"^/(account|charge|c|scan|q|static|sandbox-pay)/|^/(healthz|metrics)$")
"""Addresses that are no pages of the backoffice."""

Survey = dict[str, dict[str, list[str]]]
"""By login: the address of each kind of page, and what is wrong there."""

AXE = "/static/npm/axe-core/axe.min.js"
BAD = {"serious", "critical"}


async def walk(window: Window, *starts: str, below: Sequence[str] = ()) -> AsyncIterator[str]:
    """The address of each kind of page, the window standing on it, breadth first; only those that begin like one of ``below``.

    A page that cannot be opened is a trouble of the window, and the walk goes on.
    """
    path_finder = _Paths(*(starts or ("/",)), below=below)
    for path in path_finder:
        try:
            await window.open(path)
        except BrowserError as error:
            window.troubles.append(f"cannot be opened: {path}: {error.message.splitlines()[0]}")
            continue
        yield path
        path_finder.learn(await window.page.eval_on_selector_all(LINKS, HREFS))


async def skim(window: Window, wanted: str, start: str = "/") -> AsyncIterator[tuple[str, int]]:
    """The same without drawing the pages: each address with how many elements match the selector there."""
    async for path, count in inspect(
        window, f"page => page.querySelectorAll({json.dumps(wanted)}).length", start
    ):
        yield path, count


async def inspect(window: Window, look: str, start: str = "/") -> AsyncIterator[tuple[str, Any]]:
    """The same without drawing the pages: each address with what a function of the parsed page finds there."""
    await window.open(start)
    path_finder = _Paths(start)
    for path in path_finder:
        links, found = await window.page.evaluate(
            f"""async ([path, links]) => {{
              const answer = await fetch(path);
              if (!(answer.headers.get("content-type") ?? "").startsWith("text/html")) return [[], null];
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              return [({HREFS})([...page.querySelectorAll(links)]), ({look})(page)];
            }}""",
            [path, LINKS],
        )
        if found is not None:
            yield path, found
        path_finder.learn(links)


class _Paths:
    """What is still to be visited; grows while it is gone through."""

    def __init__(self, *starts: str, below: Sequence[str] = ()) -> None:
        self._waiting: list[str] = []
        self._kinds: set[str] = set()
        self._below = tuple(below) or ("/",)
        self.learn(starts)

    def __iter__(self) -> Iterator[str]:
        while self._waiting:
            yield self._waiting.pop(0)

    def learn(self, links: Iterable[str]) -> None:
        """Keep the first of each kind."""
        for address in links:
            kind = kind_of(address)
            ours = address.startswith("/") and not FILES.search(kind) and not OTHERS.match(kind)
            if ours and kind not in self._kinds and address.startswith(self._below):
                self._kinds.add(kind)
                self._waiting.append(address)


def kind_of(address: str) -> str:
    """The address without its numbers and its query; an order or job number counts as a number."""
    path = urlsplit(address).path
    return re.sub(r"/(?=[^/]*\d)[^/]+(?=/)", "/0", path)


async def flaws(window: Window) -> list[str]:
    """What can be seen to be wrong with the page that is open: sideways scroll, rules of accessibility."""
    found = []
    beyond = await window.page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if beyond > 0:
        found.append(f"scrolls sideways by {beyond} px: {await _widest(window)}")
    return [*found, *await _broken_rules(window)]


async def _widest(window: Window) -> str:
    """The innermost element that sticks out."""
    words: str = await window.page.evaluate(
        """() => {
          const edge = document.documentElement.clientWidth;
          const out = [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > edge + 1);
          const last = out.at(-1);
          return last ? `${last.tagName}.${last.className} ${last.textContent.trim().slice(0, 40)}` : "?";
        }"""
    )
    return words


async def _broken_rules(window: Window) -> list[str]:
    """Serious violations of WCAG 2.2 AA that axe-core finds."""
    if not await window.page.evaluate("() => 'axe' in window"):
        await window.page.add_script_tag(url=window.base + AXE)
    result: Any = await window.page.evaluate(
        """() => axe.run(document, {
          resultTypes: ["violations"],
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        })"""
    )
    found = [
        f"{broken['id']}: {node['target'][0]} {node['any'][0]['message'] if node['any'] else broken['help']}"
        for broken in result["violations"]
        if broken["impact"] in BAD
        for node in broken["nodes"][:3]
    ]
    # What lies below the bar with the buttons can be scrolled from under it.
    return [flaw for flaw in found if "partially obscured" not in flaw]
