/* Charts: values come as JSON beside the element (kit.frame.Chart), colours from the style sheets, so a
   change of theme draws anew. Canvas, and tips built from elements: no inline style, a strict policy holds. */
(() => {
  "use strict";
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const faded = (rgb, share) => rgb.replace(/^rgb\((.*)\)$/, (_, parts) => `rgba(${parts.replaceAll(" ", ",").replace(/,+/g, ",")},${share})`);
  const clock = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(Math.floor(minute % 60)).padStart(2, "0")}`;
  const TONES = { accent: "--accent", ink: "--ink-2", quiet: "--ink-3", waiting: "--f-waiting", fault: "--f-fault", charging: "--f-charging", idle: "--s-idle", offline: "--f-offline" };
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  function tip(spec, language) {
    const figure = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
    return (rows) => {
      const box = document.createElement("div");
      box.className = "plot-tip";
      const head = document.createElement("b");
      const at = rows[0].axisValue;
      head.textContent = spec.labels.length ? at : clock(at);
      box.append(head);
      rows.filter((row) => row.value != null).forEach((row) => {
        const value = Array.isArray(row.value) ? row.value[1] : row.value;
        if (value == null) return;
        const line = document.createElement("div");
        line.textContent = `${row.seriesName}: ${figure.format(value)} ${spec.units[spec.series[row.seriesIndex].axis] ?? ""}`;
        box.append(line);
      });
      return box;
    };
  }

  function options(spec, width) {
    const ink = colour("--ink-3");
    // Where the page is drawn larger (the big screen), its charts are too.
    const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    const small = { color: ink, fontSize: 11 * scale };
    const byLabel = spec.labels.length > 0;
    // A third axis stands beside the second one; where there is no room for it, its line says at its end what it came to.
    const beside = spec.units.length > 2 && width > 520 * scale;
    const figure = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 3 });
    const series = spec.series.map((one, index) => {
      const paint = colour(TONES[one.tone] ?? "--accent");
      const drawn = {
        name: one.name, type: one.bars ? "bar" : "line", data: one.data, yAxisIndex: one.axis, symbol: "none",
        smooth: byLabel && !one.bars ? 0.25 : false, itemStyle: { color: paint },
        lineStyle: { width: (one.dashed ? 1.4 : 1.9) * scale, color: paint, type: one.dashed ? [5, 3] : "solid" },
      };
      if (one.area) drawn.areaStyle = { color: paint, opacity: 0.1 };
      if (one.bars) drawn.barMaxWidth = 26 * scale;
      if (spec.stacked) drawn.stack = "all";
      if (one.axis > 1 && !beside) {
        drawn.endLabel = {
          show: true, align: "right", offset: [-4 * scale, -10 * scale], color: paint, fontSize: 11 * scale, fontWeight: 600,
          textBorderColor: colour("--surface"), textBorderWidth: 3 * scale,
          formatter: ({ value }) => `${figure.format(Array.isArray(value) ? value[1] : value)} ${spec.units[one.axis]}`,
        };
      }
      if (index === 0 && spec.bands.length) {
        drawn.markArea = {
          silent: true,
          label: { position: "insideTop", color: colour("--ink-2"), fontSize: 11 * scale, fontWeight: 560 },
          data: spec.bands.map(([from, to, band, words]) => [
            { name: words, xAxis: from, itemStyle: { color: colour(`--b-${band}`), opacity: 0.8 } }, { xAxis: to }]),
        };
      }
      if (index === 0 && spec.limit) {
        drawn.markLine = {
          silent: true, symbol: "none", lineStyle: { color: colour("--f-waiting"), type: [3, 3], width: 1 },
          label: { formatter: spec.limit[1], position: "insideEndBottom", color: ink, fontSize: 11 * scale },
          data: [{ yAxis: spec.limit[0] }],
        };
      }
      const last = one.data.findLastIndex((value) => (Array.isArray(value) ? value[1] : value) != null);
      if (index === 0 && spec.now && last >= 0) {
        const value = one.data[last];
        drawn.markPoint = {
          silent: true, symbol: "circle", symbolSize: 8 * scale,
          itemStyle: { color: paint, borderColor: colour("--surface"), borderWidth: 2 },
          label: {
            formatter: spec.now, position: "right", offset: [4 * scale, -18 * scale], padding: [3 * scale, 6 * scale], borderRadius: 4, borderWidth: 1,
            backgroundColor: colour("--surface"), borderColor: colour("--line"), color: colour("--ink"), fontSize: 12 * scale, fontWeight: 600,
          },
          data: [{ coord: Array.isArray(value) ? value : [last, value] }],
        };
      }
      return drawn;
    });
    const xs = spec.series.flatMap((one) => one.data.map((value) => (Array.isArray(value) ? value[0] : 0)));
    const xAxis = byLabel
      ? { type: "category", data: spec.labels, boundaryGap: spec.series.some((one) => one.bars) }
      : { type: "value", min: Math.min(...xs), max: Math.max(...xs), minInterval: 10, interval: Math.max(...xs) - Math.min(...xs) >= 1380 ? 180 : undefined };
    const label = { ...small, hideOverlap: true, interval: byLabel ? Math.ceil(spec.labels.length / 8) - 1 : undefined };
    const brief = Math.max(...xs) - Math.min(...xs) < 30; // minutes: too few for marks in between, its ends say when it was
    if (!byLabel) Object.assign(label, { formatter: clock, showMinLabel: brief, showMaxLabel: brief });
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 44 * scale, right: (beside ? 88 : spec.units.length > 1 ? 44 : 24) * scale, top: 26 * scale, bottom: 26 * scale },
      tooltip: {
        trigger: "axis", confine: true, formatter: tip(spec, document.documentElement.lang),
        backgroundColor: "transparent", borderWidth: 0, padding: 0, extraCssText: "box-shadow:none",
        axisPointer: { lineStyle: { color: faded(ink, 0.5) } }, transitionDuration: still.matches ? 0 : 0.2,
      },
      xAxis: { ...xAxis, axisLabel: label, axisTick: { show: false }, splitLine: { show: false }, axisLine: { lineStyle: { color: colour("--line") } } },
      yAxis: spec.units.map((unit, index) => ({
        show: index < 2 || beside, position: index ? "right" : "left", offset: index > 1 ? 42 * scale : 0,
        name: unit, nameGap: 8 * scale, nameTextStyle: small, max: spec.tops[index] ?? null, splitNumber: 3,
        axisLabel: { ...small, showMaxLabel: byLabel || spec.tops[index] == null }, axisLine: { show: false }, axisTick: { show: false },
        splitLine: { show: index === 0, lineStyle: { color: colour("--line-soft") } },
      })),
      series,
    };
  }

  const drawn = new Map();
  function draw() {
    drawn.forEach((chart, element) => { if (!element.isConnected) { chart.dispose(); drawn.delete(element); } });
    document.querySelectorAll("[data-chart]").forEach((element) => {
      const json = element.parentElement.querySelector("script[type='application/json']");
      if (!json) return;
      const chart = drawn.get(element) ?? echarts.init(element, null, { renderer: "canvas" });
      drawn.set(element, chart);
      chart.setOption(options(JSON.parse(json.textContent), element.clientWidth), true);
    });
  }

  (document.fonts ? document.fonts.ready : Promise.resolve()).then(draw);
  document.addEventListener("themechange", draw);
  document.addEventListener("htmx:after:swap", draw);
  addEventListener("resize", () => {
    drawn.forEach((chart) => chart.resize());
    draw();
  });
})();
