/* Pages that move by themselves.

   One event stream a page (data-live-url on .shell). A message is a list of topics, parted by spaces
   ("orders order:8F2K"). Every element with data-live naming one of them is fetched again from
   data-live-src (else the address of the page) and morphed in place, so focus and scrolling stay.
   It needs an id. At most one fetch every data-live-every seconds (2). Nothing is fetched while the
   page is hidden, or while somebody works in the element: a ticked row, an open menu, a field in use.
   When the stream is down, everything is fetched every 10 seconds instead. */
(() => {
  "use strict";
  const shell = document.querySelector("[data-live-url]");
  const parts = () => [...document.querySelectorAll("[data-live][id]")];
  if (!shell || !parts().length || !window.htmx) return;

  const FALLBACK = 10_000;
  const HELD = "input.pick:checked, :popover-open, input:focus, select:focus, textarea:focus";
  const due = new Map();
  let connected = false;

  const say = (state) => document.querySelectorAll("[data-live-mark]").forEach((mark) => {
    const words = mark.dataset[state];
    if (mark.dataset.state === state) return;
    mark.dataset.state = state;
    mark.textContent = words;
  });
  const held = (part) => Boolean(part.querySelector(HELD)) || Boolean(document.querySelector("dialog[open]"));
  const tone = () => say(!connected ? "waiting" : parts().some(held) ? "held" : "on");

  async function refresh(id) {
    const part = document.getElementById(id);
    const state = due.get(id);
    if (!part || !state || state.busy || document.hidden || held(part)) return;
    const gap = (Number(part.dataset.liveEvery) || 2) * 1000;
    if (!state.wanted || Date.now() - state.last < gap) return;
    Object.assign(state, { busy: true, wanted: false, last: Date.now() });
    const source = part.dataset.liveSrc || location.pathname + location.search;
    try {
      await htmx.ajax("GET", source, { target: `#${CSS.escape(id)}`, select: `#${CSS.escape(id)}`, swap: "outerMorph", headers: { "X-Live": "1" } });
    } finally {
      state.busy = false;
    }
  }

  function want(topics) {
    parts().forEach((part) => {
      const own = part.dataset.live.split(/\s+/);
      if (topics && !own.some((topic) => topics.includes(topic))) return;
      const state = due.get(part.id) ?? { last: 0, busy: false };
      due.set(part.id, Object.assign(state, { wanted: true }));
    });
  }

  const url = new URL(shell.dataset.liveUrl, location.href);
  url.searchParams.set("topics", [...new Set(parts().flatMap((part) => part.dataset.live.split(/\s+/)))].join(" "));
  const stream = new EventSource(url);
  let opened = 0;
  stream.onopen = () => { connected = true; if (opened++) want(null); tone(); };
  stream.onerror = () => { connected = false; tone(); };
  stream.onmessage = (event) => want(event.data.split(/\s+/));
  addEventListener("pagehide", () => stream.close());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) want(null); });

  setInterval(() => { tone(); due.forEach((state, id) => refresh(id)); }, 500);
  setInterval(() => { if (!connected) want(null); }, FALLBACK);
})();
