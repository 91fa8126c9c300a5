/* The search of every page: opens on Ctrl K (Cmd K) and asks while somebody types.

   The input is a combobox whose options are what was found: arrows move (aria-activedescendant), Enter
   opens, Escape closes and focus goes back by itself. Before anything is typed it offers what was opened
   last from here, kept in this tab of the browser for the person and the tenant looked at (data-place). */
(() => {
  "use strict";
  const palette = document.getElementById("palette");
  const shell = document.querySelector(".shell");
  if (!palette || !shell) return;

  const KEPT = 8;
  const input = palette.querySelector("input");
  const hits = palette.querySelector(".hits");
  const status = palette.querySelector("[role=status]");
  const drawer = `recent:${shell.dataset.place}`;
  let wait = 0;
  let asked = 0;

  const recent = () => {
    try {
      return JSON.parse(sessionStorage.getItem(drawer)) ?? [];
    } catch {
      return [];
    }
  };
  const remember = (link) => {
    const one = { url: link.getAttribute("href"), label: link.dataset.label, context: link.dataset.context };
    const others = recent().filter((other) => other.url !== one.url);
    sessionStorage.setItem(drawer, JSON.stringify([one, ...others].slice(0, KEPT)));
  };
  const links = () => [...hits.querySelectorAll("a")];
  const current = () => links().find((link) => link.getAttribute("aria-selected") === "true");

  function mark(link) {
    links().forEach((one) => one.setAttribute("aria-selected", String(one === link)));
    if (link) {
      input.setAttribute("aria-activedescendant", link.id);
      link.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function show(nodes) {
    hits.replaceChildren(...nodes);
    links().forEach((link, index) => {
      link.id = `hit-${index}`;
      link.role = "option";
      link.tabIndex = -1;
    });
    hits.querySelectorAll(".hit-group").forEach((group) => { group.role = "group"; });
    input.setAttribute("aria-expanded", String(links().length > 0));
    status.textContent = hits.querySelector("[data-count]")?.dataset.count ?? hits.querySelector("p")?.textContent ?? "";
    mark(links()[0]);
  }

  function showRecent() {
    const kept = recent();
    const group = document.createElement("div");
    group.className = "hit-group";
    group.setAttribute("aria-label", hits.dataset.recent);
    const head = document.createElement("div");
    head.className = "menu-label";
    head.textContent = hits.dataset.recent;
    group.append(head, ...kept.map((one) => {
      const link = document.createElement("a");
      link.className = "menu-item";
      link.href = one.url;
      Object.assign(link.dataset, { label: one.label, context: one.context });
      const text = document.createElement("span");
      const context = document.createElement("small");
      context.textContent = one.context;
      text.append(one.label, context);
      link.append(text);
      return link;
    }));
    const hint = document.createElement("p");
    hint.textContent = hits.dataset.hint;
    show(kept.length ? [group] : [hint]);
  }

  async function look() {
    const turn = ++asked;
    if (!input.value.trim()) { showRecent(); return; }
    const url = new URL(input.form.action);
    url.searchParams.set("q", input.value);
    const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.redirected) { location.reload(); return; }
    if (!answer?.ok || turn !== asked) return;
    show(new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  }

  const open = () => {
    if (palette.open) return;
    palette.showModal();
    input.select();
    look();
  };

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("a[data-palette]")) { event.preventDefault(); open(); }
  });
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
  });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  hits.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a");
    if (link) remember(link);
  });
  input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(look, 150); });
  input.addEventListener("keydown", (event) => {
    const all = links();
    const at = all.indexOf(current());
    if (event.isComposing) return;
    if (event.key === "ArrowDown") mark(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") mark(all.at(at - 1));
    else if (event.key === "Home" && event.ctrlKey) mark(all[0]);
    else if (event.key === "End" && event.ctrlKey) mark(all.at(-1));
    else if (event.key === "Enter" && at >= 0) all[at].click();
    else if (event.key === "Escape") palette.close(); // once, also where the browser would only empty the field
    else return;
    event.preventDefault();
  });
})();
