/* The live map: asks the server for what lies in the window after each move, each news and each change of a filter,
   and keeps the address in step, so that it can be sent to somebody. The list beside it comes with the same answer. */
import { layGround } from "./land.js";
import { marksOn } from "./marks.js";

const config = JSON.parse(document.getElementById("map-config").textContent);
const stage = document.getElementById("map-stage");
const form = document.getElementById("map-filters");
const asked = new URLSearchParams(location.search);
const figure = new Intl.NumberFormat(document.documentElement.lang);
const PAUSE = 150;
const CLOSE_TO = 14;
const SAME_PLACE = 0.00002; // degrees: two metres

// All stations of many countries fit a phone only between two whole steps.
const steps = matchMedia("(max-width: 820px)").matches ? { minZoom: 1, zoomSnap: 0.25 } : { minZoom: 2 };

const map = L.map("map", { ...steps, maxZoom: 18, zoomControl: false, worldCopyJump: true, attributionControl: Boolean(config.tiles.url), zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches });
map.attributionControl?.setPrefix(false);
L.control.zoom({ zoomInTitle: config.words.in, zoomOutTitle: config.words.out }).addTo(map);
const draw = marksOn(map, config, open);
let page = 1;
let running = null;
let again = false;
let opened = null;
let from = null; // where the keyboard was before a card took it
let card = Number(asked.get("station")) || 0;

/* Where it begins: at the place in the address, else around all stations, else around the world. */
function begin() {
  const [z, lat, lng] = ["z", "lat", "lng"].map((name) => Number(asked.get(name) || NaN));
  if ([z, lat, lng].every(Number.isFinite) && Math.abs(lat) <= 90) map.setView([lat, lng], z);
  else if (config.extent) fit(config.extent);
  else map.setView([25, 20], 2);
  layGround(map, config.tiles);
}
function fit([south, west, north, east], most = CLOSE_TO) {
  map.fitBounds([[south, west], [north, east]], { padding: [40, 40], maxZoom: most });
}

function filters() {
  const query = new URLSearchParams();
  new FormData(form).forEach((value, name) => { if (value) query.set(name, value); });
  return query;
}
function keepAddress() {
  const query = filters();
  const middle = map.getCenter().wrap();
  query.set("z", map.getZoom());
  query.set("lat", middle.lat.toFixed(5));
  query.set("lng", middle.lng.toFixed(5));
  if (card) query.set("station", card);
  history.replaceState(null, "", `${location.pathname}?${query}`);
}
function box([south, west, north, east], zoom) {
  const query = filters();
  query.set("z", Math.floor(zoom)); // gathered by whole steps
  query.set("bbox", [west, south, east, north].map((side) => side.toFixed(5)).join());
  return query;
}
async function answer(address, options) {
  const found = await fetch(address, options);
  if (found.redirected) location.reload();
  return found.ok ? found : null;
}

async function refresh() {
  running?.abort();
  const own = running = new AbortController();
  again = false;
  const began = performance.now();
  const window_ = map.getBounds();
  const query = box([window_.getSouth(), window_.getWest(), window_.getNorth(), window_.getEast()], map.getZoom());
  if (page > 1) query.set("page", page);
  try {
    const found = await answer(`${config.view}?${query}`, { signal: own.signal });
    if (!found) return;
    const seen = await found.json();
    draw(seen.marks);
    seen.counts.forEach((count, index) => { stage.querySelector(`[data-count="${index}"]`).textContent = figure.format(count); });
    await put(seen.list);
    // A map of many stations costs the server something: it is asked the less often, the longer it takes.
    stage.dataset.liveEvery = Math.max(1, (performance.now() - began) / 250).toFixed(1);
    map.getContainer().removeAttribute("aria-busy");
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  } finally {
    if (running === own) {
      running = null;
      if (again) refresh();
    }
  }
}
/* News wait for the answer that is on its way; only where somebody looks elsewhere, it is given up. */
function hear() {
  if (running) again = true;
  else refresh();
}
async function put(text) {
  const list = document.getElementById("map-list");
  await htmx.swap({ sourceElement: list, target: list, text, select: "#map-list", swap: "outerMorph", hx: {}, request: {} });
}

/* A card: of one station, or a list of those that stand at one place. */
async function show(address, at) {
  const found = await answer(address);
  if (!found) return;
  const text = address.startsWith(config.view) ? (await found.json()).list : await found.text();
  const content = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
  content.removeAttribute("id");
  const popup = L.popup({ maxWidth: 340, minWidth: 240, maxHeight: 380, autoPanPadding: [20, 20] }).setLatLng(at).setContent(content);
  opened = popup;
  from = document.activeElement;
  popup.openOn(map);
  const close = popup.getElement().querySelector(".leaflet-popup-close-button");
  close.setAttribute("aria-label", config.words.close);
  content.querySelector("a")?.focus({ preventScroll: true });
}
function open([lat, lng, , stations, , , id, , bounds], marker) {
  if (stations === 1) { choose(id, [lat, lng], marker); return; }
  const [south, west, north, east] = bounds;
  const narrow = north - south < SAME_PLACE && east - west < SAME_PLACE;
  if (!narrow && map.getZoom() < map.getMaxZoom()) { fit(bounds, map.getMaxZoom()); return; }
  const query = box([south - SAME_PLACE, west - SAME_PLACE, north + SAME_PLACE, east + SAME_PLACE], map.getZoom());
  show(`${config.view}?${query}`, [lat, lng]);
}
function choose(id, at) {
  card = id;
  keepAddress();
  return show(config.card.replace("/0/", `/${id}/`), at);
}

let pause = 0;
const soon = () => { clearTimeout(pause); pause = setTimeout(refresh, PAUSE); };
map.on("moveend", () => { page = 1; keepAddress(); soon(); });
map.on("popupclose", ({ popup }) => { if (popup === opened) { card = 0; keepAddress(); } });
stage.addEventListener("live:due", hear);
stage.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !opened?.isOpen()) return;
  opened.close();
  if (from?.isConnected) from.focus();
});
form.addEventListener("submit", (event) => { event.preventDefault(); page = 1; keepAddress(); refresh(); });
form.addEventListener("change", () => { page = 1; keepAddress(); soon(); });
stage.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const step = event.target.closest(".map-side a[data-page]");
  const station = event.target.closest("a[data-station][data-at]");
  if (!step && !station) return;
  event.preventDefault();
  if (step) { page = Math.max(1, page + (step.rel === "next" ? 1 : -1)); refresh(); return; }
  const at = station.dataset.at.split(",").map(Number);
  map.setView(at, Math.max(map.getZoom(), CLOSE_TO), { animate: false });
  choose(Number(station.dataset.station), at);
});
document.querySelectorAll("a[data-view]").forEach((link) => link.addEventListener("click", () => {
  const query = filters();
  const to = new URL(link.href);
  to.searchParams.forEach((value, name) => { if (name === "view") query.set(name, value); });
  link.href = `?${query}`;
}));

map.getContainer().setAttribute("aria-busy", "true"); // until the first answer
begin();
clearTimeout(pause); // to begin is no move: asked twice, the second question would drop the first
refresh();
if (card) {
  const known = document.querySelector(`a[data-station="${card}"][data-at]`);
  show(config.card.replace("/0/", `/${card}/`), known ? known.dataset.at.split(",").map(Number) : map.getCenter());
}
