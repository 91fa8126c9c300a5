"""Hands that never touch the mouse: what is used was reached with keys, and could be seen to be reached.

Nothing here focuses or fills from outside. Every stop on the way has to show a ring and to lie in sight, so that
somebody who sees but has no mouse knows where he is; what takes more than ``MOST`` presses is out of reach.
"""

from __future__ import annotations

from typing import Literal

from playwright.async_api import Locator, expect

from tests.e2e.windows import Window

MOST = 40
"""Presses of Tab from where somebody is; longer ways have a key of their own (static/js/keys.js) or the skip link."""

OPTIONS = 60
ROWS = 25

STOP = """async wanted => {
  const ringed = (one) => {
    if (!one) return false;
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && !/^rgba\\(.*, 0\\)$/.test(style.outlineColor);
  };
  const spots = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
  const inSight = (one) => {
    const box = one.getBoundingClientRect();
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    return left < right && top < bottom && spots.some(([x, y]) => {
      const hit = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
      return hit && (one.contains(hit) || hit.contains(one));
    });
  };
  const look = () => {
    const here = document.activeElement;
    const words = here.getAttribute("aria-label") || here.labels?.[0]?.textContent || here.textContent || here.name || "";
    return {
      there: here === wanted,
      nowhere: here === document.body,
      seen: inSight(here),
      ring: ringed(here) || (here.matches("label > input") && ringed(here.nextElementSibling)),
      name: `${here.tagName.toLowerCase()} ${words.trim().replace(/\\s+/g, " ").slice(0, 40)}`,
    };
  };
  let found = look();
  for (let frame = 0; frame < 20 && !found.nowhere && !(found.seen && found.ring); frame += 1) {
    await new Promise(requestAnimationFrame);
    found = look();
  }
  return found;
}"""
"""What has the focus: whether it is what is wanted, lies in sight, has a ring, and what it is called. A page that is
drawn for the first time, or scrolls, gets some frames to show it."""

Role = Literal["button", "link"]


class Keyboard:
    """The hands of somebody in a window."""

    def __init__(self, window: Window) -> None:
        self.window, self.page = window, window.page
        self._keys = window.page.keyboard

    async def press(self, *keys: str) -> None:
        """One after the other, to whatever has the focus."""
        for key in keys:
            await self._keys.press(key)

    async def type(self, text: str) -> None:
        """Over what stands in the field that has the focus."""
        await self.press("Control+a")
        await self._keys.type(text)

    async def reach(self, target: Locator, *, most: int = MOST, key: str = "Tab") -> None:
        """Go on with Tab (or back with Shift+Tab) until this has the focus."""
        wanted = await target.element_handle()
        stop = await self.page.evaluate(STOP, wanted)
        way: list[str] = []
        while not stop["there"]:
            assert len(way) < most, f"{target} is not reached with {most} times {key}: {', '.join(way)}"
            await self.press(key)
            stop = await self.page.evaluate(STOP, wanted)
            way.append(stop["name"])
            assert stop["nowhere"] or stop["ring"], f"{stop['name']} has the focus and does not show it"
            assert stop["nowhere"] or stop["seen"], f"{stop['name']} has the focus and cannot be seen"

    async def to_content(self) -> None:
        """By the skip link, the first thing on every page. Where the address names the content already, as that of
        a page that was skipped on and loaded again, Tab begins there."""
        await self.press("Tab")
        if await self.page.evaluate("() => location.hash && document.activeElement.matches('main *')"):
            await self.press("Shift+Tab")
            return
        await self.reach(self.page.locator("a.skip"), most=0)
        await self.press("Enter")

    async def to(self, name: str, *, role: Role = "link", within: str = "main", most: int = MOST) -> None:
        """To the control that a person calls so."""
        place = self.page.locator(within)
        await self.reach(place.get_by_role(role, name=name, exact=True).first, most=most)

    async def enter(self, name: str, *, role: Role = "link", within: str = "main") -> None:
        """Press it; it changes something on the page that is open."""
        await self.to(name, role=role, within=within)
        await self.press("Enter")

    async def follow(self, name: str, *, role: Role = "link", within: str = "main") -> None:
        """Press it; it leads to another page."""
        await self.to(name, role=role, within=within)
        await self.open_here()

    async def open_here(self, key: str = "Enter") -> None:
        """Press the key; wait for the page that it leads to. The skip link is a navigation too, but loads nothing."""
        async with self.page.expect_event("load"):
            await self.press(key)

    async def write(self, within: str = "main", **values: str) -> None:
        """Type into fields, by the names with which they are sent, in the order of the page."""
        for name, value in values.items():
            await self.reach(self.page.locator(f"{within} [name='{name}']:visible").first)
            await self.type(value)

    async def choose(self, name: str, words: str) -> None:
        """In a menu of choices, by arrows."""
        field = self.page.locator(f"select[name='{name}']:visible").first
        await self.reach(field)
        await self.press("Home")
        for _option in range(OPTIONS):
            if words in await field.evaluate("field => field.selectedOptions[0].textContent"):
                return
            await self.press("ArrowDown")
        raise AssertionError(f"{name} offers nothing with {words}")

    async def find(self, words: str, hit: str) -> None:
        """Search everything, and open what is found under this name."""
        await self.press("Control+k")
        await expect(self.page.locator("#palette input")).to_be_focused()
        await self.type(words)
        wanted = self.page.locator(f"#hits [role=option][data-label='{hit}']").first
        await expect(wanted).to_be_visible()
        for _option in range(await self.page.locator("#hits [role=option]").count()):
            if await wanted.get_attribute("aria-selected") == "true":
                break
            await self.press("ArrowDown")
        await expect(wanted).to_have_attribute("aria-selected", "true")
        await self.open_here()

    async def to_row(self, text: str) -> None:
        """From row to row of a list, as the keys of the house go."""
        row = self.window.row(text).first
        await expect(row).to_be_visible()
        for _row in range(ROWS):
            await self.press("j")
            if await row.evaluate("row => row.contains(document.activeElement)"):
                return
        raise AssertionError(f"no row with {text}")

    async def answer(self, label: str) -> None:
        """Press the button of the question that is open; it takes the answer."""
        dialog = self.page.locator("dialog[open]")
        await self.reach(dialog.get_by_role("button", name=label, exact=True))
        await self.open_here()
        await expect(dialog).to_have_count(0)
