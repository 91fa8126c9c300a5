/* A day of 48 half hours that is painted: with the pointer in the colour of the chosen brush, or with the
   keyboard (arrows move, Shift extends, Home and End, Ctrl A, S P F V paint, Ctrl Z takes back). The rows that
   stand there without scripts give way to it; what is sent is the 48 letters under the name of the field. */
const NAMES = { S: "sharp", P: "peak", F: "flat", V: "valley" };
const COUNT = 48;
const clock = (number) => `${String(Math.floor(number / 2)).padStart(2, "0")}:${number % 2 ? "30" : "00"}`;
const fill = (pattern, values) => pattern.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
const make = (tag, name, attributes = {}) => {
  const one = document.createElement(tag);
  one.className = name;
  Object.entries(attributes).forEach(([key, value]) => one.setAttribute(key, value));
  return one;
};

const upgrade = (box, index) => {
  const rows = box.querySelector(".day-rows");
  const words = Object.fromEntries([...rows.querySelector("select").options].map((one) => [one.value, one.textContent]));
  const codes = [...box.dataset.codes];
  const history = [];
  let cursor = 0;
  let anchor = 0;
  let brush = "P";
  let dragging = false;

  const brushes = make("div", "brushes");
  const buttons = Object.keys(NAMES).map((letter) => {
    const button = make("button", "brush", { type: "button", "aria-keyshortcuts": letter, "data-letter": letter });
    const swatch = make("i", `swatch b-${NAMES[letter]}`, { "aria-hidden": "true" });
    const key = document.createElement("kbd");
    key.textContent = letter;
    button.append(swatch, words[letter], key);
    return button;
  });
  brushes.append(...buttons);
  const strip = make("div", "paint", {
    role: "listbox", tabindex: "0", "aria-multiselectable": "true", "aria-orientation": "horizontal", "aria-label": box.dataset.stripLabel,
  });
  const cells = codes.map((_, number) => make("i", "", { role: "option", id: `half-${index}-${number}`, "data-hour": number / 2 }));
  strip.append(...cells);
  const hours = make("div", "hours", { "aria-hidden": "true" });
  for (let hour = 0; hour <= 24; hour += 3) {
    const mark = document.createElement("span");
    mark.textContent = hour;
    hours.append(mark);
  }
  const said = make("div", "painted-words", { role: "status" });
  const value = make("input", "", { type: "hidden", name: box.dataset.name });

  const range = () => [Math.min(cursor, anchor), Math.max(cursor, anchor) + 1];
  const chooseBrush = (letter) => {
    brush = letter;
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.letter === letter)));
  };
  const draw = () => {
    const [from, to] = range();
    cells.forEach((cell, number) => {
      cell.className = `b-${NAMES[codes[number]]}${number === cursor ? " cursor" : ""}`;
      cell.setAttribute("aria-selected", String(number >= from && number < to));
      cell.setAttribute("aria-label", fill(box.dataset.to, { from: clock(number), to: clock(number + 1), band: words[codes[number]] }));
    });
    strip.setAttribute("aria-activedescendant", cells[cursor].id);
    value.value = codes.join("");
  };
  const say = (pattern, letter) => {
    const [from, to] = range();
    said.textContent = fill(pattern, { from: clock(from), to: clock(to), band: letter ? words[letter] : "" });
  };
  const tellRun = () => {
    const [from, to] = range();
    if (to - from > 1) { say(box.dataset.selected); return; }
    let first = cursor;
    let last = cursor + 1;
    while (first > 0 && codes[first - 1] === codes[cursor]) first -= 1;
    while (last < COUNT && codes[last] === codes[cursor]) last += 1;
    said.textContent = fill(box.dataset.to, { from: clock(first), to: clock(last), band: words[codes[cursor]] });
  };
  const keep = () => {
    if (history.at(-1) !== codes.join("")) history.push(codes.join(""));
  };
  const paint = (letter) => {
    const [from, to] = range();
    codes.fill(letter, from, to);
    draw();
    say(box.dataset.to, letter);
  };
  const move = (to, extend) => {
    cursor = Math.max(0, Math.min(COUNT - 1, to));
    if (!extend) anchor = cursor;
    draw();
    tellRun();
  };

  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 2, ArrowDown: -2, PageUp: 4, PageDown: -4, Home: -COUNT, End: COUNT };
  strip.addEventListener("keydown", (event) => {
    const letter = event.key.toUpperCase();
    const command = event.ctrlKey || event.metaKey;
    if (event.key in steps && !command) move(cursor + steps[event.key], event.shiftKey);
    else if (command && letter === "A") { anchor = 0; move(COUNT - 1, true); }
    else if (command && letter === "Z") {
      const before = history.pop();
      if (before) { codes.splice(0, COUNT, ...before); draw(); tellRun(); }
    } else if (letter in NAMES && !command && !event.altKey) { keep(); chooseBrush(letter); paint(letter); }
    else if (event.key === " " || event.key === "Enter") { keep(); paint(brush); }
    else if (event.key === "Escape") move(cursor, false);
    else return;
    event.preventDefault();
  });
  const under = (event) => {
    const hit = document.elementFromPoint(event.clientX, event.clientY);
    return hit && strip.contains(hit) ? cells.indexOf(hit) : -1;
  };
  strip.addEventListener("pointerdown", (event) => {
    const number = under(event);
    if (number < 0 || event.button) return;
    event.preventDefault();
    strip.focus();
    strip.setPointerCapture(event.pointerId);
    keep();
    dragging = true;
    cursor = number;
    if (!event.shiftKey) anchor = number;
    paint(brush);
  });
  strip.addEventListener("pointermove", (event) => {
    const number = dragging ? under(event) : -1;
    if (number < 0 || number === cursor) return;
    codes.splice(0, COUNT, ...history.at(-1));
    cursor = number;
    paint(brush);
  });
  ["pointerup", "pointercancel"].forEach((name) => strip.addEventListener(name, () => { dragging = false; }));
  brushes.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    chooseBrush(button.dataset.letter);
    const [from, to] = range();
    if (to - from > 1) { keep(); paint(brush); }
    strip.focus();
  });

  rows.querySelectorAll("input, select, button").forEach((one) => { one.disabled = true; });
  box.classList.add("painted");
  box.append(brushes, strip, hours, said, value);
  chooseBrush(brush);
  draw();
};

/* Rows that do not cover the day stay as they are, so that they can be put right. */
document.querySelectorAll("[data-day]").forEach((box, index) => {
  if (!box.closest(".field")?.querySelector(".errorlist")) upgrade(box, index);
});
