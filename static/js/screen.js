/* The big screen: fetches its moving part when something happens in the scope, at most every few seconds, and every half
   minute in any case; draws the map; lets the clock go. When it may not look any more, it says what the server says. */
import { layGround } from "./land.js";
import { marksOn } from "./marks.js";

const config = JSON.parse(document.getElementById("screen-config").textContent);
const EVERY = 30_000;
const PAUSE = 3_000;
const MAP_PAUSE = 6_000;
const figure = new Intl.NumberFormat(document.documentElement.lang);
const tongue = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang; // 27 Nov 2026, 05:18:06, as on the pages

function exchange(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  document.querySelectorAll("#screen-part > [id]").forEach((old) => {
    const now = fresh.getElementById(old.id);
    if (now && now.innerHTML !== old.innerHTML) {
      // A drawn chart is told its new values; the element stays, so that nothing flickers.
      const values = old.querySelector("script[type='application/json']");
      const plot = old.querySelector("[data-chart]");
      if (values && plot) {
        plot.setAttribute("aria-label", now.querySelector("[data-chart]").getAttribute("aria-label"));
        values.textContent = now.querySelector("script[type='application/json']").textContent;
      } else old.replaceWith(now);
    }
  });
  document.dispatchEvent(new Event("htmx:after:swap"));
  tick();
}

/* Do something at most every so often, and once more after the last wish. */
function paced(act, pause) {
  let last = 0;
  let waiting = 0;
  return () => {
    if (waiting) return;
    waiting = setTimeout(async () => { waiting = 0; last = Date.now(); await act(); }, Math.max(0, last + pause - Date.now()));
  };
}
async function look(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html,application/json" } });
    if (answer.redirected || [403, 404, 410].includes(answer.status)) { location.reload(); return null; }
    mark(answer.ok);
    return answer.ok ? answer : null;
  } catch {
    mark(false);
    return null;
  }
}
function mark(on) {
  document.querySelectorAll("[data-live-mark]").forEach((one) => {
    one.dataset.state = on ? "on" : "waiting";
    one.textContent = on ? one.dataset.on : one.dataset.waiting;
  });
}

const map = L.map("map", { zoomControl: false, attributionControl: Boolean(config.tiles.url), dragging: false, scrollWheelZoom: false, doubleClickZoom: false, boxZoom: false, keyboard: false, touchZoom: false, zoomSnap: 0.25, minZoom: 1, maxZoom: 15 });
map.attributionControl?.setPrefix(false);
function fit() {
  map.invalidateSize();
  if (config.extent) {
    const [south, west, north, east] = config.extent;
    const edge = Math.min(map.getSize().x, map.getSize().y) / 10;
    map.fitBounds([[south, west], [north, east]], { padding: [edge, edge], maxZoom: 12 });
  } else map.setView([25, 20], 2);
}
const draw = marksOn(map, config, null);
const showMap = paced(async () => {
  const window_ = map.getBounds();
  const box = [window_.getWest(), window_.getSouth(), window_.getEast(), window_.getNorth()].map((side) => side.toFixed(5)).join();
  const answer = await look(`${config.view}?z=${Math.floor(map.getZoom())}&bbox=${box}`);
  if (!answer) return;
  const seen = await answer.json();
  draw(seen.marks);
  seen.counts.forEach((count, index) => { document.querySelector(`[data-count="${index}"]`).textContent = figure.format(count); });
}, MAP_PAUSE);
const show = paced(async () => {
  const answer = await look(config.part);
  if (answer) exchange(await answer.text());
}, PAUSE);
const both = () => { show(); showMap(); };

function tick() {
  document.querySelectorAll("[data-clock]").forEach((one) => {
    one.textContent = new Intl.DateTimeFormat(tongue, { timeZone: one.dataset.clock, dateStyle: "medium", timeStyle: "medium" }).format(new Date());
  });
}

fit();
layGround(map, config.tiles);
showMap();
tick();
setInterval(tick, 1_000);
setInterval(both, EVERY);
addEventListener("resize", () => { fit(); showMap(); });
const stream = new EventSource(config.live);
["changed", "orders", "connectors", "piles", "alarms"].forEach((topic) => stream.addEventListener(topic, both));
stream.onerror = () => { if (stream.readyState === EventSource.CLOSED) setTimeout(both, PAUSE); };
addEventListener("pagehide", () => stream.close());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
