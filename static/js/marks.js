/* Stations on a map, as the server gathered them (stations/map_answer.py): a disc in the colour of the worst state,
   around it the share of each state, in it how many stations. What did not change is left alone, so that the
   keyboard keeps its place. */
const SVG = "http://www.w3.org/2000/svg";
// Where the page is drawn larger (the big screen), its marks are too.
const scale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

const shape = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  return made;
};

function drawing(radius, rim, stations, counts, legend) {
  const whole = (radius + rim) * 2;
  const middle = whole / 2;
  const svg = shape("svg", { viewBox: `0 0 ${whole} ${whole}`, width: whole, height: whole, "aria-hidden": "true" });
  svg.append(shape("circle", { class: "mark-rim", cx: middle, cy: middle, r: middle - rim / 2, "stroke-width": rim }));
  const total = counts.reduce((sum, count) => sum + count, 0);
  let start = 0;
  counts.forEach((count, index) => {
    if (!count) return;
    const share = (count / total) * 100;
    svg.append(shape("circle", {
      class: `mark-share s-${legend[index].tone}`, cx: middle, cy: middle, r: middle - rim / 2, pathLength: 100, "stroke-width": rim,
      "stroke-dasharray": `${share} ${100 - share}`, "stroke-dashoffset": -start, transform: `rotate(-90 ${middle} ${middle})`,
    }));
    start += share;
  });
  svg.append(shape("circle", { class: "mark-disc", cx: middle, cy: middle, r: radius }));
  if (stations > 1) {
    const text = shape("text", { x: middle, y: middle, "text-anchor": "middle", "dominant-baseline": "central" });
    text.textContent = stations < 10_000 ? stations : `${Math.round(stations / 1000)}k`;
    svg.append(text);
  }
  return svg;
}

/* What a mark says in words: “12 stations: Fault 2, Idle 30”. */
function wording([, , , stations, , counts, , name], { legend, words }) {
  const figure = new Intl.NumberFormat(document.documentElement.lang);
  const states = counts.flatMap((count, index) => (count ? [`${legend[index].word} ${figure.format(count)}`] : []));
  const who = stations > 1 ? words.stations.replace("{n}", figure.format(stations)) : name;
  return `${who}: ${states.join(", ") || words.none}`;
}

/* The layer of marks. open(mark, marker) is called when one is chosen; without it they are a picture. */
export function marksOn(map, config, open) {
  const shown = new Map();
  return (marks) => {
    const left = new Set(shown.keys());
    const by = scale();
    const rim = 4 * by;
    marks.forEach((mark) => {
      const [lat, lng, size, stations, tone, counts, id, name] = mark;
      const key = id ? `s${id}` : `${lat},${lng},${name}`;
      const radius = size * by;
      const look = JSON.stringify([mark, by]);
      left.delete(key);
      const known = shown.get(key);
      if (known?.look === look) return;
      const label = wording(mark, config);
      const icon = L.divIcon({ className: `map-mark s-${tone}`, html: drawing(radius, rim, stations, counts, config.legend), iconSize: [2 * (radius + rim), 2 * (radius + rim)] });
      const marker = known?.marker ?? L.marker([lat, lng], { icon, interactive: Boolean(open), keyboard: Boolean(open), riseOnHover: true, bubblingMouseEvents: false });
      if (known) marker.setLatLng([lat, lng]).setIcon(icon);
      else {
        marker.addTo(map);
        if (open) marker.on("click", () => open(shown.get(key).mark, marker)).on("keypress", (event) => { if (event.originalEvent.key === "Enter") open(shown.get(key).mark, marker); });
      }
      marker.setZIndexOffset(counts[0] * 10);
      const element = marker.getElement();
      if (open) { element.setAttribute("aria-label", label); element.title = label; }
      else { element.removeAttribute("role"); element.setAttribute("aria-hidden", "true"); }
      shown.set(key, { look, marker, mark });
    });
    left.forEach((key) => { shown.get(key).marker.remove(); shown.delete(key); });
  };
}
