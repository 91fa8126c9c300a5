/* Keys for hands that stay on the keyboard. They do nothing while somebody types, or while a dialog is open.

   ?  shows them · /  goes to the first filter (or to the search) · j k  next and previous row ·
   x  ticks the row, with Shift all since the last one · Enter  opens the row that is ticked off with j k ·
   b  goes to what may be done with the ticked rows. */
(() => {
  "use strict";
  const help = document.getElementById("keys");
  /* The field of a dialog that was just closed keeps the focus until the next frame is drawn. */
  const typing = (target) =>
    target instanceof Element && target.checkVisibility() &&
    target.matches("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
  const rows = () => [...document.querySelectorAll("#rows tbody tr")];
  const handle = (row) => row?.querySelector("input.pick") ?? row?.querySelector("a, button");
  const here = () => document.activeElement?.closest("#rows tbody tr");
  let last = null;

  document.querySelectorAll("[data-keys]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => help?.showModal());
  });

  function step(by) {
    const all = rows();
    const at = all.indexOf(here());
    const next = at < 0 ? all[0] : all[Math.min(Math.max(at + by, 0), all.length - 1)];
    handle(next)?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  /* Everything from the row that was ticked last to this one gets the state of this one. */
  function through(pick) {
    const picks = [...document.querySelectorAll("input.pick")];
    const [from, to] = [picks.indexOf(last), picks.indexOf(pick)].sort((a, b) => a - b);
    if (from < 0) return;
    picks.slice(from, to + 1).forEach((one) => { one.checked = pick.checked; });
  }
  function tick(pick, wide) {
    if (wide) through(pick);
    last = pick;
    pick.dispatchEvent(new Event("change", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const pick = event.target instanceof Element && event.target.closest("input.pick");
    if (!pick) return;
    if (event.shiftKey) through(pick);
    last = pick;
  });

  const keys = {
    "?": () => help?.showModal(),
    "/": () => {
      const field = [...document.querySelectorAll("#filters :is(.form-control, .form-select)")].find((one) => one.checkVisibility());
      if (field) field.focus();
      else document.querySelector("a[data-palette]")?.click();
    },
    j: () => step(1),
    k: () => step(-1),
    x: (event) => {
      const pick = here()?.querySelector("input.pick");
      if (!pick) return;
      pick.checked = !pick.checked;
      tick(pick, event.shiftKey);
    },
    b: () => {
      const first = document.querySelector("#bulk button");
      if (!first?.checkVisibility()) return false;
      first.focus();
      return true;
    },
    Enter: (event) => {
      const link = event.target instanceof Element && event.target.matches("input.pick") && here()?.querySelector(".c-name a");
      if (!link) return false;
      link.click();
      return true;
    },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const act = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (act && act(event) !== false) event.preventDefault();
  });
})();
