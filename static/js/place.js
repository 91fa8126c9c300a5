/* A place on a map: shown ([data-spot]), or picked ([data-picker]). The two number fields are the truth: what is clicked,
   dragged or moved with the arrow keys is written into them, and what is typed there moves the pin. */
import { layGround } from "./land.js";

const STEP = 0.0002; // degrees: some twenty metres
const LARGE = 20;
const DIGITS = 6;
const tiles = JSON.parse(document.getElementById("map-tiles")?.textContent ?? "null");
const PLACED = tiles?.url ? 13 : 7; // without tiles there is land and sea alone: near enough to tell the coast
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const pin = () => L.divIcon({ className: "pin", iconSize: [18, 18] });

function mapOn(box, options) {
  const map = L.map(box, { minZoom: 2, maxZoom: 18, attributionControl: false, worldCopyJump: true, zoomAnimation: !still, fadeAnimation: !still, ...options });
  layGround(map, tiles);
  return map;
}

function show(box) {
  box.hidden = false;
  const place = [Number(box.dataset.lat), Number(box.dataset.lng)];
  const map = mapOn(box, { zoomControl: false, dragging: false, scrollWheelZoom: false, doubleClickZoom: false, boxZoom: false, keyboard: false, touchZoom: false });
  map.setView(place, 6);
  L.marker(place, { icon: pin(), interactive: false, keyboard: false }).addTo(map);
}

function pick(holder) {
  holder.hidden = false;
  const box = holder.querySelector("[data-map]");
  const latitude = document.getElementById(box.dataset.lat);
  const longitude = document.getElementById(box.dataset.lng);
  const map = mapOn(box, { scrollWheelZoom: false });
  let marker = null;

  const typed = () => {
    const place = [latitude, longitude].map((field) => (field.value.trim() ? Number(field.value.replace(",", ".")) : NaN));
    return place.every(Number.isFinite) && Math.abs(place[0]) <= 90 && Math.abs(place[1]) <= 180 ? place : null;
  };
  const write = (place) => {
    const inside = L.latLng(Math.max(-90, Math.min(90, place.lat)), place.lng).wrap();
    latitude.value = inside.lat.toFixed(DIGITS);
    longitude.value = inside.lng.toFixed(DIGITS);
    put(inside);
  };
  function put(place) {
    if (marker) { marker.setLatLng(place); return; }
    marker = L.marker(place, { icon: pin(), draggable: true, keyboard: true, title: box.dataset.pin, alt: box.dataset.pin }).addTo(map);
    marker.on("dragend", () => write(marker.getLatLng()));
    marker.getElement().setAttribute("aria-label", box.dataset.pin);
    marker.getElement().addEventListener("keydown", (event) => {
      const way = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      const from = marker.getLatLng();
      const step = STEP * (event.shiftKey ? LARGE : 1);
      write(L.latLng(from.lat + way[0] * step, from.lng + way[1] * step));
      map.panInside(marker.getLatLng(), { animate: !still, padding: [30, 30] });
    });
  }

  const place = typed();
  map.setView(place ?? [25, 60], place ? PLACED : 2);
  if (place) put(place);
  map.on("click", (event) => write(event.latlng));
  [latitude, longitude].forEach((field) => field.addEventListener("change", () => {
    const wanted = typed();
    if (!wanted) return;
    put(wanted);
    map.setView(wanted, Math.max(map.getZoom(), 6));
  }));
}

document.querySelectorAll("[data-spot]").forEach(show);
document.querySelectorAll("[data-picker]").forEach(pick);
