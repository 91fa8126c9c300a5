/* The ground of every map: coastlines of Natural Earth that come with the house, so that it is there without
   internet; above them the tiles of a server, where the house has one. Drawn on one canvas in the colours of the theme.
   Rings that cross the antimeridian are unwound, and drawn beside the world too, so that none is torn apart. */
const FINE_FROM = 4;
const FILES = { coarse: "land-110m.json", fine: "land-50m.json" };
const HERE = new URL("../npm/world-atlas/", import.meta.url);
const fetched = new Map();

export function colour(name) {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function unwound(ring) {
  let turn = 0;
  return ring.map(([lng, lat], index) => {
    const step = index ? lng - ring[index - 1][0] : 0;
    if (step > 180) turn -= 360;
    else if (step < -180) turn += 360;
    return [lng + turn, lat];
  });
}

function around(rings) {
  const outer = unwound(rings[0]);
  if (outer.every(([, lat]) => lat < -60)) return []; // nobody charges in Antarctica
  const all = [outer, ...rings.slice(1).map(unwound)];
  return [-360, 0, 360].map((shift) => all.map((ring) => ring.map(([lng, lat]) => [lng + shift, lat])));
}

async function land(kind) {
  if (!fetched.has(kind)) {
    const answer = await fetch(new URL(FILES[kind], HERE));
    const world = await answer.json();
    const found = topojson.feature(world, world.objects.land);
    const shapes = (found.features ?? [found]).flatMap(({ geometry }) =>
      geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);
    fetched.set(kind, { type: "MultiPolygon", coordinates: shapes.flatMap(around) });
  }
  return fetched.get(kind);
}

/* Lay the ground below a Leaflet map. tiles: {url, dark, attribution}, addresses empty without a server. */
export function layGround(map, tiles) {
  const pane = map.createPane("ground");
  pane.style.zIndex = 150;
  pane.style.pointerEvents = "none";
  const renderer = L.canvas({ pane: "ground", padding: 0.4 });
  let shown = "";
  let coast = null;
  let above = null;

  async function draw() {
    const kind = map.getZoom() >= FINE_FROM ? "fine" : "coarse";
    if (kind === shown) return;
    shown = kind;
    const shape = await land(kind);
    if (kind !== shown) return;
    coast?.remove();
    coast = L.geoJSON(shape, { pane: "ground", renderer, interactive: false, style: { stroke: false, fillOpacity: 1, fillColor: colour("--land") } }).addTo(map);
  }
  function paint() {
    coast?.setStyle({ fillColor: colour("--land") });
    if (!tiles?.url) return;
    above?.remove();
    const dark = document.documentElement.dataset.bsTheme === "dark";
    above = L.tileLayer(dark ? tiles.dark : tiles.url, { attribution: tiles.attribution, maxZoom: 19 }).addTo(map);
  }

  draw();
  paint();
  map.on("zoomend", draw);
  document.addEventListener("themechange", paint);
}
