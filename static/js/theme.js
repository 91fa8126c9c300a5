/* Runs before the first paint. The server says light, dark or system (data-scheme); only "system" has
   to be asked of the device, and Tabler and the charts want the answer as light or dark. */
(() => {
  "use strict";
  const root = document.documentElement;
  const device = window.matchMedia("(prefers-color-scheme: dark)");

  function apply() {
    const scheme = root.dataset.scheme;
    const shown = scheme === "system" ? (device.matches ? "dark" : "light") : scheme;
    if (root.dataset.bsTheme === shown) return;
    root.dataset.bsTheme = shown;
    document.dispatchEvent(new Event("themechange"));
  }

  apply();
  device.addEventListener("change", apply);
  new MutationObserver(apply).observe(root, { attributeFilter: ["data-scheme"] });
})();
