/* What the driver's pages do beyond links and forms; each of them works without it.

   [data-age="7"] is so many seconds old and ticks on; [data-left="102"] counts down as m:ss, or in words.
   [data-live] is fetched again when its stream (data-stream) says so, every ten seconds besides, and every
   five while there is no stream; an answer of another kind (data-kind) means another page. Nothing is
   fetched while the page is hidden. [data-lost] is shown while the phone itself has no connection. */
(() => {
  "use strict";
  const body = document.body;
  const words = body.dataset;
  const born = new WeakMap();

  const fill = (pattern, values) => pattern.replace(/%\((\w)\)s/g, (_, name) => values[name]).replace(/ /g, "\u00a0");
  const span = (seconds) => {
    if (seconds < 60) return fill(words.second, { n: seconds });
    if (seconds < 3600) return fill(words.minute, { n: Math.floor(seconds / 60) });
    if (seconds < 86400) return fill(words.hour, { h: Math.floor(seconds / 3600), m: String(Math.floor(seconds % 3600 / 60)).padStart(2, "0") });
    return fill(words.day, { n: Math.floor(seconds / 86400) });
  };
  const gone = (element) => {
    if (!born.has(element)) born.set(element, performance.now());
    return (performance.now() - born.get(element)) / 1000;
  };
  function tick() {
    document.querySelectorAll("[data-age]").forEach((element) => {
      element.textContent = span(Math.max(0, Math.floor(Number(element.dataset.age) + gone(element))));
    });
    document.querySelectorAll("[data-left]").forEach((element) => {
      const left = Math.max(0, Math.ceil(Number(element.dataset.left) - gone(element)));
      element.textContent = element.dataset.words ? span(left) : `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      const after = element.dataset.shows && document.getElementById(element.dataset.shows);
      if (!left && after) { after.hidden = false; element.closest("[data-until]")?.setAttribute("hidden", ""); }
    });
  }
  if (words.second) { tick(); setInterval(tick, 1000); }

  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "1";
    event.target.querySelectorAll(".btn").forEach((button) => button.setAttribute("aria-busy", "true"));
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) { location.reload(); return; }
    document.querySelectorAll("[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    });
  });

  const live = document.querySelector("[data-live]");
  if (!live) return;
  const lost = document.querySelector("[data-lost]");
  const { kind, stream: address } = live.dataset;
  let busy = false, wanted = false, last = performance.now(), streaming = false, pause = 1000;

  async function refresh() {
    if (busy || document.hidden) return;
    busy = true; wanted = false; last = performance.now();
    try {
      const answer = await fetch(`${location.pathname}?part`, { headers: { Accept: "text/html" } });
      if (answer.status === 429 || answer.status >= 500) { pause = 10000; return; }
      if (!answer.ok || answer.headers.get("X-Page") !== kind) { location.reload(); return; }
      const text = await answer.text();
      const focus = document.activeElement?.id;
      live.innerHTML = text;
      if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
      const title = live.querySelector("[data-title]");
      if (title) document.title = title.dataset.title;
      pause = 1000;
      if (lost) lost.hidden = true;
      tick();
    } catch {
      if (lost) lost.hidden = false;
    } finally {
      busy = false;
    }
  }

  if (address && window.EventSource) {
    const stream = new EventSource(address);
    stream.onopen = () => { streaming = true; };
    stream.onerror = () => { streaming = false; };
    stream.addEventListener("order", () => { wanted = true; });
    addEventListener("pagehide", () => stream.close());
  }
  setInterval(() => {
    const age = performance.now() - last;
    if ((wanted && age > pause) || age > Math.max(pause, streaming ? 10000 : 5000)) refresh();
  }, 500);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
})();
