/* Pages that move by themselves.

   One event stream a page (data-live-url on .shell). An event is named after a topic, its data are the
   references of the rows that changed ("event: orders / data: order:8F2K,order:8F2M"). Every element
   with an id and data-live="orders" is then fetched again from data-live-src (else the address of the
   page) and morphed in place, so focus and scrolling stay; data-live="orders=order:8F2K piles" narrows a
   topic to one row and names a second one. At most one fetch every data-live-every seconds (2); what no
   event tells of, such as the frames of a pile, has data-live-poll and is fetched that often. Nothing is
   fetched while the page is hidden, or while somebody works in the element: a ticked row, an open menu,
   a field in use (data-live-anyway moves all the same). When the stream is down, everything is fetched every 10 seconds
   instead. An element with data-live-own fetches by itself: it gets the event live:due in place of all that. */
(() => {
  "use strict";
  const shell = document.querySelector("[data-live-url]");
  const parts = () => [...document.querySelectorAll("[data-live][id]")];
  if (!shell || !parts().length || !window.htmx) return;

  const FALLBACK = 10_000;
  const PATIENCE = 5_000;
  const HELD = "input.pick:checked, :popover-open, input:focus, select:focus, textarea:focus";
  const wishes = (part) => part.dataset.live.split(/\s+/).filter(Boolean).map((wish) => wish.split("="));
  const due = new Map();
  let lostAt = Date.now();
  let over = false;

  const say = (state) => document.querySelectorAll("[data-live-mark]").forEach((mark) => {
    if (mark.dataset.state === state) return;
    mark.dataset.state = state;
    mark.textContent = mark.dataset[state];
  });
  const held = (part) => !("liveAnyway" in part.dataset) && (Boolean(part.querySelector(HELD)) || Boolean(document.querySelector("dialog[open]")));
  const tell = () => say(lostAt && Date.now() - lostAt > PATIENCE ? "waiting" : parts().some(held) ? "held" : "on");

  function want(topic, references) {
    parts().forEach((part) => {
      const meant = !topic || wishes(part).some(([name, only]) => name === topic && (!only || references.includes(only)));
      if (!meant) return;
      // The same object for as long as the page lives: a fetch under way marks its end on it.
      if (!due.has(part.id)) due.set(part.id, { last: 0, busy: false });
      due.get(part.id).wanted = true;
    });
  }

  async function refresh(id, state) {
    const part = document.getElementById(id);
    if (!part || over || !state.wanted || state.busy || document.hidden || held(part)) return;
    if (Date.now() - state.last < (Number(part.dataset.liveEvery) || 2) * 1000) return;
    if ("liveOwn" in part.dataset) {
      Object.assign(state, { wanted: false, last: Date.now() });
      part.dispatchEvent(new Event("live:due"));
      return;
    }
    Object.assign(state, { busy: true, wanted: false, last: Date.now() });
    const headers = { "HX-Request": "true", "X-Live": "1" };
    try {
      const answer = await fetch(part.dataset.liveSrc || location.pathname + location.search, { headers });
      if (answer.redirected) { over = true; location.reload(); return; }
      const text = answer.ok ? await answer.text() : "";
      if (text.includes(`id="${id}"`) && part.isConnected && !held(part)) {
        await htmx.swap({ sourceElement: part, target: part, text, select: `#${CSS.escape(id)}`, swap: "outerMorph", hx: {}, request: {} });
      }
    } catch {
      state.wanted = true;
    } finally {
      state.busy = false;
    }
  }

  const stream = new EventSource(shell.dataset.liveUrl);
  const listened = new Set();
  const listen = () => parts().flatMap(wishes).forEach(([topic]) => {
    if (listened.has(topic)) return;
    listened.add(topic);
    stream.addEventListener(topic, (event) => { want(topic, event.data.split(",")); due.forEach((state, id) => refresh(id, state)); });
  });
  // What changed between the rendering of the page and this moment was told to nobody here.
  stream.onopen = () => { lostAt = 0; want(); tell(); };
  stream.onerror = () => { lostAt ||= Date.now(); };
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) want(); });

  listen();
  const poll = () => parts().filter((part) => "livePoll" in part.dataset).forEach((part) => {
    if (!due.has(part.id)) due.set(part.id, { last: 0, busy: false });
    due.get(part.id).wanted = true;
  });
  setInterval(() => { listen(); poll(); tell(); due.forEach((state, id) => refresh(id, state)); }, 500);
  setInterval(() => { if (lostAt) want(); }, FALLBACK);
})();
