/* Small comforts. Every page works without this file; each part below makes one thing quicker:
   theme and display, menus in their place, dialogs, forms sent once, ticking times, copy, ticked rows. */
(() => {
  "use strict";
  const root = document.documentElement;
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const hit = event.target instanceof Element && event.target.closest(selector);
      if (hit) act(event, hit);
    });

  /* Theme: shown at once, remembered by the server. */
  on("submit", "form[data-theme-form]", (event, form) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    const toggles = button.hasAttribute("data-theme-toggle");
    const wanted = toggles ? (root.dataset.bsTheme === "dark" ? "light" : "dark") : button.value;
    root.dataset.scheme = wanted;
    document.querySelectorAll("form[data-theme-form] [aria-pressed]").forEach((one) =>
      one.setAttribute("aria-pressed", String(one.value === wanted)));
    const data = new FormData(form);
    data.set("theme", wanted);
    fetch(form.action, { method: "POST", body: data, keepalive: true, redirect: "manual" });
  });

  /* Menus open beside their button and stay inside the window. */
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches(".menu, .more") || event.newState !== "open") return;
    const opener = document.querySelector(`[popovertarget="${menu.id}"]`);
    if (!opener || getComputedStyle(menu).display === "contents") return;
    menu.dataset.placed = "";
    const from = opener.getBoundingClientRect();
    const own = menu.getBoundingClientRect();
    const gap = 4;
    const below = from.bottom + gap + own.height <= innerHeight || from.top < own.height + gap;
    const left = from.left + own.width + gap > innerWidth ? from.right - own.width : from.left;
    menu.style.top = `${Math.max(gap, below ? Math.min(from.bottom + gap, innerHeight - own.height - gap) : from.top - own.height - gap)}px`;
    menu.style.left = `${Math.max(gap, left)}px`;
  }, true);
  addEventListener("scroll", (event) => {
    if (event.target instanceof Element && event.target.closest("[popover]")) return;
    document.querySelectorAll(".menu:popover-open").forEach((menu) => menu.hidePopover());
  }, true);

  /* A link that asks first opens its page's question (#ask) as a dialog. */
  const dialog = document.getElementById("dialog");
  const ask = (html) => {
    const found = new DOMParser().parseFromString(html, "text/html").getElementById("ask");
    if (!found || !dialog) return false;
    dialog.replaceChildren(found);
    dialog.setAttribute("aria-label", found.querySelector("h1")?.textContent ?? "");
    if (!dialog.open) dialog.showModal();
    (found.querySelector("[aria-invalid=true], textarea, input:not([type=hidden]), select") ?? found.querySelector(".buttons button"))?.focus();
    return true;
  };
  on("click", "a[data-dialog]", async (event, link) => {
    if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.closest(".menu:popover-open")?.hidePopover();
    const answer = await fetch(link.href, { headers: { "X-Dialog": "1" } }).catch(() => null);
    if (!answer || !answer.ok || !ask(await answer.text())) location.assign(link.href);
  });
  on("click", "[data-dialog-close]", (event, button) => {
    const open = button.closest("dialog");
    if (!open) return;
    event.preventDefault();
    open.close();
  });
  dialog?.addEventListener("submit", async (event) => {
    if ("leaves" in event.target.dataset) return;
    event.preventDefault();
    const form = event.target;
    const data = new FormData(form, event.submitter);
    busy(form, true);
    const answer = await fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => null);
    busy(form, false);
    if (answer?.type === "opaqueredirect") location.reload();
    else if (!answer || !ask(await answer.text())) HTMLFormElement.prototype.submit.call(form);
  });

  /* What is chosen in the frame is shown at once and remembered by the server. */
  const post = (address, values, extra = {}) => {
    const form = document.getElementById("post");
    const data = new FormData(form);
    Object.entries({ ...values, ...extra }).forEach(([name, value]) => data.set(name, value));
    return fetch(address, { method: "POST", body: data, keepalive: true, redirect: "manual" });
  };
  const shell = document.querySelector(".shell");
  on("submit", "form[data-display-form]", (event, form) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    shell.dataset.density = button.value;
    form.querySelectorAll("[aria-pressed]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    post(form.action, { density: button.value });
  });
  on("click", "[data-fold]", (event, button) => {
    event.preventDefault();
    const folded = shell.toggleAttribute("data-folded");
    post(button.formAction, { folded: folded ? "1" : "0" });
    button.value = folded ? "0" : "1";
    button.setAttribute("aria-pressed", String(folded));
  });
  on("click", "[data-seen]", (event, button) => {
    event.preventDefault();
    post(button.formAction, {});
    button.closest(".toast-line").remove();
  });

  /* A column moves in its menu; the list follows when the choice is applied. */
  on("click", "[data-column-choice] button[name=up], [data-column-choice] button[name=down]", (event, button) => {
    event.preventDefault();
    const line = button.closest("li");
    const other = button.name === "up" ? line.previousElementSibling : line.nextElementSibling;
    if (!other || other.querySelector(":disabled")) return;
    other[button.name === "up" ? "before" : "after"](line);
    button.focus();
  });

  /* A form is sent once, whatever the finger does; empty filters stay out of the address. */
  const busy = (form, state) => [...form.elements].filter((one) => one.type === "submit").forEach((one) => {
    one.disabled = state;
    one.toggleAttribute("data-was-busy", state);
    if (state) one.setAttribute("aria-busy", "true"); else one.removeAttribute("aria-busy");
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.closest("dialog")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    const here = form.elements.namedItem("next");
    if (form.id === "post" && here) here.value = location.pathname + location.search;
    setTimeout(() => busy(form, true));
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; busy(form, false); });
  });
  on("formdata", "form[data-tidy]", (event) => {
    [...event.formData.entries()].forEach(([name, value]) => {
      if (value === "") event.formData.delete(name);
    });
  });
  /* The form shows the filters in force: when a chip or a page changed them, not what was typed before. */
  let query = document.getElementById("filters")?.dataset.query;
  document.addEventListener("htmx:after:swap", () => {
    const filters = document.getElementById("filters");
    if (filters && filters.dataset.query !== query) filters.reset();
    query = filters?.dataset.query;
  });
  on("submit", "form.filters", (event, form) => {
    form.querySelectorAll(":popover-open").forEach((sheet) => sheet.hidePopover());
  });

  /* Times tick in the words of the server. */
  const words = JSON.parse(document.body.dataset.span || "{}");
  const fill = (pattern, values) => pattern.replace(/%\((\w)\)s/g, (_, name) => values[name]).replaceAll(" ", "\u00a0");
  const span = (seconds) => {
    if (seconds < 60) return fill(words.second, { n: seconds });
    if (seconds < 3600) return fill(words.minute, { n: Math.floor(seconds / 60) });
    if (seconds < 86400) return fill(words.hour, { h: Math.floor(seconds / 3600), m: String(Math.floor((seconds % 3600) / 60)).padStart(2, "0") });
    return fill(words.day, { n: Math.floor(seconds / 86400) });
  };
  const tick = () => {
    if (document.hidden || !words.second) return;
    document.querySelectorAll("time[data-ago]").forEach((time) => {
      const text = span(Math.max(0, Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000)));
      if (time.textContent !== text) time.textContent = text;
    });
  };
  setInterval(tick, 1000);

  /* The tab that is open is in sight, also where a phone shows only some of them. */
  document.querySelectorAll(".tabs > [aria-current]").forEach((tab) => tab.scrollIntoView({ block: "nearest", inline: "center" }));

  /* Toasts: good news goes by itself (not under the pointer), bad news stays. */
  on("click", "[data-dismiss]", (event, button) => button.closest(".toast-line").remove());
  document.querySelectorAll(".toast-line[data-fades]").forEach((toast) => {
    const go = () => (toast.matches(":hover, :focus-within") ? setTimeout(go, 2000) : toast.remove());
    setTimeout(go, 8000);
  });

  /* When the server asks to sign in again, go there; when it fails, say so instead of standing still. */
  const toast = (words) => {
    const line = document.createElement("div");
    line.className = "toast-line s-fault";
    const text = document.createElement("span");
    text.textContent = words;
    line.append(text);
    document.getElementById("toasts").append(line);
    setTimeout(() => line.remove(), 10_000);
  };
  document.addEventListener("htmx:before:response", (event) => {
    const answer = event.detail.ctx.response.raw;
    if (!answer.redirected) return;
    event.preventDefault();
    location.assign(answer.url);
  });
  ["htmx:response:error", "htmx:error"].forEach((name) =>
    document.addEventListener(name, () => toast(document.body.dataset.failed)));

  /* Copy */
  on("click", "[data-copy]", async (event, button) => {
    const label = button.querySelector("span") ?? button;
    const before = label.textContent;
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = document.body.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 1500);
  });

  on("click", "[data-print]", () => print());

  /* A page that waits for the house to come back. */
  const again = document.querySelector("[data-again]");
  if (again) setTimeout(() => location.reload(), Number(again.dataset.again) * 1000);

  /* Ticked rows */
  const count = () => {
    const picks = [...document.querySelectorAll("input.pick")];
    const picked = picks.filter((one) => one.checked).length;
    document.querySelectorAll("[data-picked]").forEach((one) => { one.textContent = picked; });
    const all = document.querySelector("[data-pick-all]");
    if (all) { all.checked = picked > 0 && picked === picks.length; all.indeterminate = picked > 0 && picked < picks.length; }
  };
  on("change", "[data-pick-all]", (event, all) => {
    document.querySelectorAll("input.pick").forEach((one) => { one.checked = all.checked; });
    count();
  });
  on("change", "input.pick", count);
  on("click", "[data-pick-none]", () => setTimeout(count));
  document.addEventListener("htmx:after:swap", count);
})();
