"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const coloured = (value) => {
    if (typeof value === "string") return value.startsWith("var(") ? css(value.slice(4, -1)) : value;
    if (Array.isArray(value)) return value.map(coloured);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
  };
  const layoutOf = (own) => {
    const layout = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: css("--muted") },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--muted"), activecolor: css("--ink") },
      margin: { l: 58, r: 14, t: 26, b: 34 }, dragmode: innerWidth < 720 ? false : "zoom",
      legend: { orientation: "h", x: 0, y: 1.0, yanchor: "bottom" },
      hoverlabel: { bgcolor: css("--surface"), bordercolor: css("--line"), font: { color: css("--ink"), size: 12 }, align: "left" },
      ...coloured(own),
    };
    for (const key of Object.keys(layout).filter((name) => /^[xy]axis\d?$/.test(name))) {
      layout[key] = { gridcolor: css("--grid"), linecolor: css("--line"), zerolinecolor: css("--line"), automargin: true, ...layout[key] };
    }
    return layout;
  };
  const openHearing = (decision) => {
    const found = [...document.querySelectorAll("details.hearing")].find((each) => each.dataset.decision === decision);
    if (!found) return false;
    found.hidden = false;
    found.open = true;
    found.scrollIntoView({ block: "start" });
    return true;
  };
  const draw = (id, figure) => {
    const place = document.getElementById(id);
    if (!place || !figure) return;
    const first = !drawn.has(id);
    drawn.set(id, figure);
    // plotly's own tool bar offers to upload a chart: only these buttons, and no server to send anything to
    const config = { responsive: true, displaylogo: false, plotlyServerURL: "", modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]] };
    Plotly.react(place, coloured(figure.data), layoutOf(figure.layout), config);
    if (first) place.on("plotly_click", (event) => openHearing(event.points[0].customdata));
  };

  draw("chart-account", figures.account);
  draw("chart-exposure", figures.exposure);
  draw("chart-models", figures.models);
  draw("chart-months", figures.months);
  const press = (group, button) => group.forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
  const symbols = [...document.querySelectorAll("#symbols button")];
  const pick = (button) => {
    press(symbols, button);
    draw("chart-candles", figures.candles[button.dataset.symbol]);
  };
  symbols.forEach((button) => button.addEventListener("click", () => pick(button)));
  if (symbols.length) pick(symbols[0]);
  dark.addEventListener("change", () => drawn.forEach((figure, id) => draw(id, figure)));

  const hearings = [...document.querySelectorAll("details.hearing")];
  const fates = [...document.querySelectorAll("#filters button")];
  const symbol = document.getElementById("of-symbol");
  const filter = () => {
    const fate = fates.find((each) => each.getAttribute("aria-pressed") === "true").dataset.fate;
    let shown = 0;
    for (const each of hearings) {
      each.hidden = (fate !== "all" && each.dataset.fate !== fate) || (symbol.value !== "" && each.dataset.symbol !== symbol.value);
      shown += each.hidden ? 0 : 1;
    }
    document.getElementById("shown").textContent = `${shown.toLocaleString("en")} ${shown === 1 ? "hearing" : "hearings"}`;
  };
  fates.forEach((button) => button.addEventListener("click", () => { press(fates, button); filter(); }));
  if (symbol) symbol.addEventListener("change", filter);
  document.querySelectorAll("a.why").forEach((link) => link.addEventListener("click", (event) => {
    if (openHearing(link.dataset.decision)) event.preventDefault();
  }));
})();
