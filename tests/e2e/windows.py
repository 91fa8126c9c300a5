"""Browser windows that notice what a person would not see: console errors, page errors, refused requests, and
requests to anybody but the house, which works without the internet.

A test that wants a refusal says so before (``expect_refusal``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, Protocol

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    StorageState,
    expect,
)

expect.set_options(timeout=15_000)

PATIENCE_MS = 15_000
WIDE, NARROW = 1440, 390
HEIGHT = {WIDE: 1000, NARROW: 844}

BLANK = "about:blank"
WITHIN = ("data:", "blob:", BLANK)
"""Addresses of what a page has with it."""

OWN_TOOL = "/axe.min.js"
"""What a test brings into the page tries inline styles, which the page's policy rightly refuses."""

_signed_in: dict[str, StorageState] = {}
"""What the browser keeps of who signed in before, by login; one sign-in serves all tests."""


class People(Protocol):
    """Who can sign in: email by a name of one's own, and the password of all."""

    @property
    def logins(self) -> dict[str, str]: ...
    @property
    def password(self) -> str: ...


class Window:
    """One browser context with one page. ``page`` is Playwright's."""

    def __init__(self, page: Page, base: str, pictures: Path) -> None:
        self.page = page
        self.troubles: list[str] = []
        self.base = base
        self._pictures = pictures
        self._expected: list[tuple[int, re.Pattern[str]]] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        page.context.on("request", self._asked)
        page.context.on("response", self._answered)

    def expect_refusal(self, status: int, address: str) -> None:
        """Answers of this status to addresses that match are wanted, once or more."""
        self._expected.append((status, re.compile(address)))

    async def open(self, path: str) -> Response:
        """Go to a page of the house, or to a whole address."""
        answer = await self.page.goto(path if "://" in path else self.base + path)
        assert answer is not None
        return answer

    async def picture(self, step: str, *, whole: bool = False) -> None:
        """Keep what is seen now."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=self._pictures / f"{step}.png", full_page=whole)

    async def press(self, name: str, *, role: Literal["button", "link"] = "button") -> None:
        """Press a button or follow a link that a person calls ``name``."""
        await self.page.get_by_role(role, name=name, exact=True).first.click()

    async def choose(self, *words: str) -> None:
        """Follow the menu: a page, or a group and a page in it."""
        side = self.page.locator("nav.side")
        *groups, last = words
        for group in groups:
            opened = side.locator("details", has=self.page.locator("summary", has_text=group))
            if not await opened.evaluate("group => group.open"):
                await opened.locator("summary").click()
            side = opened
        await side.get_by_role("link", name=last).first.click()

    async def fill(self, **values: str) -> None:
        """Type into fields, by the name with which they are sent; choose in those that have choices."""
        for name, value in values.items():
            field = self.page.locator(f"[name='{name}']:visible").first
            if await field.evaluate("field => field.tagName") == "SELECT":
                await field.select_option(value)
            else:
                await field.fill(value)

    async def pick(self, name: str, words: str) -> None:
        """Choose what holds these words in the field ``name``."""
        field = self.page.locator(f"select[name='{name}']")
        option = field.locator("option", has_text=words).first
        await field.select_option(await option.get_attribute("value"))

    async def answer(self, label: str, **values: str) -> None:
        """Fill in the dialog that is open, and press its button; it takes the answer."""
        await self.try_answer(label, **values)
        await expect(self.page.locator("dialog[open]")).to_be_hidden()

    async def try_answer(self, label: str, **values: str) -> None:
        """The same, whatever becomes of it."""
        dialog = self.page.locator("dialog[open]")
        await expect(dialog).to_be_visible()
        for name, value in values.items():
            field = dialog.locator(f"[name='{name}']")
            tag = await field.first.evaluate("field => field.tagName + ':' + field.type")
            if tag.startswith("SELECT"):
                await field.select_option(value)
            elif tag == "INPUT:radio":
                await dialog.locator(f"[name='{name}'][value='{value}']").check()
            else:
                await field.fill(value)
        await dialog.get_by_role("button", name=label, exact=True).click()

    async def sees(self, text: str) -> None:
        """Wait until the page says this."""
        await expect(self.page.locator("main")).to_contain_text(text)

    async def is_told(self, text: str) -> None:
        """Wait for a message beside the page."""
        await expect(self.page.locator("#toasts")).to_contain_text(text)

    def row(self, text: str) -> Any:
        """The rows of the list that hold this text."""
        return self.page.locator("#rows tbody tr").filter(has_text=text)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type != "error" or message.location["url"].endswith(OWN_TOOL):
            return
        status = re.search(r"status of (\d+)", message.text)
        if status and self._is_expected(int(status[1]), message.location["url"]):
            return
        self.troubles.append(f"console: {message.text} ({message.location['url']})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base}/", *WITHIN)):
            self.troubles.append(f"asks somebody else: {request.url} (on {self.page.url})")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400 and not self._is_expected(answer.status, answer.url):
            self.troubles.append(f"{answer.status} {answer.request.method} {answer.url}")

    def _is_expected(self, status: int, address: str) -> bool:
        return any(code == status and wanted.search(address) for code, wanted in self._expected)


class Windows:
    """What a test opens its windows with."""

    def __init__(self, browser: Browser, base: str, people: People, pictures: Path) -> None:
        self._browser, self._base, self._pictures = browser, base, pictures
        self._people = people
        self._contexts: list[BrowserContext] = []
        self._windows: list[Window] = []

    async def open(
        self,
        login: str = "",
        *,
        width: int = WIDE,
        scheme: Literal["light", "dark"] = "light",
        language: str = "en",
        scripts: bool = True,
        path: str = "",
    ) -> Window:
        """A window of nobody, or of somebody by name, at ``path``."""
        state = await self._state_of(login) if login else None
        context = await self._browser.new_context(
            base_url=self._base,
            viewport={"width": width, "height": HEIGHT[width]},
            color_scheme=scheme,
            locale=language,
            timezone_id="Asia/Shanghai",
            java_script_enabled=scripts,
            storage_state=state,
            has_touch=width == NARROW,
            permissions=["clipboard-read", "clipboard-write"],
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        window = Window(await context.new_page(), self._base, self._pictures)
        self._windows.append(window)
        if path:
            await window.open(path)
        return window

    async def close(self) -> list[str]:
        """Close all, with a last picture of each; what went wrong in them."""
        for number, window in enumerate(self._windows, start=1):
            if window.page.url != BLANK and not window.page.is_closed():
                await window.picture(f"end-{number}")
        for context in self._contexts:
            await context.close()
        return [trouble for window in self._windows for trouble in window.troubles]

    async def _state_of(self, login: str) -> StorageState:
        if login not in _signed_in:
            context = await self._browser.new_context(base_url=self._base)
            page = "/account/login/"
            await context.request.get(page)
            form = {"login": self._people.logins[login], "password": self._people.password}
            token = next(one["value"] for one in await context.cookies() if one["name"] == "csrftoken")
            answer = await context.request.post(
                page, form={**form, "csrfmiddlewaretoken": token}, headers={"Referer": self._base + page}
            )
            assert answer.url == f"{self._base}/", f"{login} cannot sign in"
            _signed_in[login] = await context.storage_state()
            await context.close()
        return _signed_in[login]


async def sign_in(window: Window, email: str, password: str) -> None:
    """Through the page, as anybody."""
    await window.open("/account/login/")
    await window.fill(login=email, password=password)
    await window.press("Sign in")
    await expect(window.page.locator("nav.side")).to_be_attached()
