/* The small map of the overview: the same marks as on the live map. A mark leads to its place there. */
import { layGround } from "./land.js";
import { marksOn } from "./marks.js";

const config = JSON.parse(document.getElementById("map-config").textContent);
const card = document.getElementById("map-card");
const map = L.map("map", { minZoom: 1, maxZoom: 18, zoomControl: false, worldCopyJump: true, scrollWheelZoom: false, attributionControl: Boolean(config.tiles.url) });
map.attributionControl?.setPrefix(false);
L.control.zoom({ zoomInTitle: config.words.in, zoomOutTitle: config.words.out }).addTo(map);

const draw = marksOn(map, config, ([lat, lng, , stations, , , id]) => {
  const query = new URLSearchParams({ z: stations > 1 ? map.getZoom() + 2 : 14, lat, lng });
  if (id) query.set("station", id);
  location.assign(`${config.page}?${query}`);
});
let running = null;
async function refresh() {
  running?.abort();
  const own = running = new AbortController();
  const box = map.getBounds();
  const sides = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((side) => side.toFixed(5)).join();
  try {
    const answer = await fetch(`${config.view}?z=${map.getZoom()}&bbox=${sides}`, { signal: own.signal });
    if (answer.ok && !answer.redirected) draw((await answer.json()).marks);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  } finally {
    if (running === own) running = null;
  }
}

if (config.extent) {
  const [south, west, north, east] = config.extent;
  map.fitBounds([[south, west], [north, east]], { paddingTopLeft: [60, 30], paddingBottomRight: [30, 30], maxZoom: 12 });
} else map.setView([25, 20], 2);
layGround(map, config.tiles);
refresh();
map.on("moveend", refresh);
card.addEventListener("live:due", () => { if (!running) refresh(); });
