"""What is wrong with a page for somebody whose browser runs no scripts, or who has no way out into the internet."""

from __future__ import annotations

from tests.e2e.windows import Window

AS_SENT = """page => {
  const faults = [];
  const say = (what, one) => faults.push(`${what}: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 120)}`);
  if (!page.querySelector("h1")) faults.push("no heading");
  if ((page.querySelector("main")?.textContent.trim().length ?? 0) < 20) faults.push("says nothing");
  const refreshes = page.querySelector("noscript meta[http-equiv=refresh]");
  page.querySelectorAll("form:not([hidden])").forEach((form) => {
    if (!form.closest("dialog") && ![...form.elements].some((one) => ["submit", "image"].includes(one.type))) say("cannot be sent", form);
  });
  page.querySelectorAll("a:not([href]), a[href='#'], a[href^='javascript:'], [onclick]").forEach((one) => say("leads nowhere", one));
  page.querySelectorAll("[popovertarget]").forEach((one) => {
    if (!page.getElementById(one.getAttribute("popovertarget"))?.hasAttribute("popover")) say("opens nothing", one);
  });
  page.querySelectorAll("[hx-get], [hx-post]").forEach((one) => {
    const itself = one.matches("a[href], form") || one.closest("form");
    if (!itself && !refreshes) say("asks by script alone", one);
  });
  const ours = (address) => !/^(https?:)?\\/\\//.test(address) || new URL(address, location).host === location.host;
  ["src", "srcset", "action", "formaction", "data"].forEach((name) => page.querySelectorAll(`[${name}]`).forEach((one) => {
    if (!ours(one.getAttribute(name))) say("lies elsewhere", one);
  }));
  page.querySelectorAll("link[href], use[href], image[href]").forEach((one) => {
    if (!ours(one.getAttribute("href"))) say("lies elsewhere", one);
  });
  return faults;
}"""
"""Of a page as the server sent it: what every form, link and address promises."""

AS_SHOWN = """() => {
  const faults = [];
  const say = (what, one) => faults.push(`${what}: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 120)}`);
  const main = document.querySelector("main");
  const words = main?.innerText.trim() ?? "";
  if (words.length < 20) faults.push("says nothing");
  if (/\\bloading\\b|please wait/i.test(words)) faults.push("waits for a script");
  const there = (one) => !one.closest("[hidden], dialog:not([open])") && getComputedStyle(one).display !== "none";
  document.querySelectorAll("button").forEach((one) => {
    const acts = one.disabled || one.popoverTargetElement || (one.type !== "button" && one.form);
    if (there(one) && !acts) say("does nothing", one);
  });
  document.querySelectorAll("input, select, textarea").forEach((one) => {
    if (there(one) && !one.disabled && !one.form) say("is sent by nothing", one);
  });
  document.querySelectorAll("[data-live-mark]").forEach((one) => { if (one.checkVisibility()) say("says that it moves", one); });
  const drawn = "svg, svg *, img, canvas, video, hr, progress, input, select, textarea, meter, noscript, [aria-hidden=true]";
  document.querySelectorAll("main *").forEach((one) => {
    const box = one.getBoundingClientRect();
    const empty = !one.childElementCount && !one.textContent.trim() && !one.matches(drawn);
    if (empty && one.checkVisibility() && box.height > 60 && box.width > 60) say("is empty", one);
  });
  return faults;
}"""
"""Of a page that was drawn without scripts: what is there and does nothing, and what is empty."""


async def shown_faults(window: Window) -> list[str]:
    """What is wrong with the page that is open in a window without scripts."""
    faults: list[str] = await window.page.evaluate(AS_SHOWN)
    return faults
