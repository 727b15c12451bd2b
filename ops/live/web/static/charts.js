"use strict";
(() => {
  const places = ["equity", "drawdown", "exposure"].map((name) => document.getElementById(`curve-${name}`));
  if (places.some((place) => !place) || !window.uPlot) return;
  const style = () => {
    const read = getComputedStyle(document.documentElement);
    return (name) => read.getPropertyValue(name).trim();
  };
  const percent = (_, values) => { const step = values.length > 1 ? Math.abs(values[1] - values[0]) : 1; return values.map((value) => value.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)); };
  const times = (_, values) => {
    const step = values.length > 1 ? values[1] - values[0] : 0;
    return values.map((at) => {
      const text = new Date(at * 1000).toISOString();
      if (step < 86400 && text.slice(11, 16) !== "00:00") return text.slice(11, 16);
      return step > 27 * 86400 ? text.slice(0, 7) : text.slice(5, 10);
    });
  };
  const money = (_, values) => values.map((value) => value.toLocaleString("en", { maximumFractionDigits: 2 }));
  const frame = (place, series, values, bands) => {
    const ink = style();
    const axis = { stroke: ink("--muted"), grid: { stroke: ink("--grid"), width: 1 }, ticks: { stroke: ink("--line"), width: 1 }, font: "11px system-ui" };
    return {
      width: place.clientWidth, height: place.clientHeight - (window.innerWidth > 720 ? 26 : 0),
      cursor: { sync: { key: "account" }, drag: { x: true, y: false } },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      axes: [{ ...axis, values: times, space: 60 }, { ...axis, size: 66, space: 24, values }],
      series: [{ label: "UTC", value: (_, at) => (at == null ? "–" : new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")) }, ...series],
      bands,
    };
  };
  const line = (label, colour, digits, more) => ({ label, stroke: style()(colour), width: 1.5, points: { show: false }, value: (_, value) => (value == null ? "–" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })), ...more });
  const clear = (label, digits) => line(label, "--muted", digits, { width: 0.001 });
  let charts = [];
  const draw = (data) => {
    const hundred = (column) => column.map((value) => value * 100);
    const sets = [
      [data.at_s, data.low, data.high, data.equity],
      [data.at_s, data.drawdown.map((value) => -value * 100)],
      [data.at_s, hundred(data.gross), hundred(data.net)],
    ];
    if (charts.length) {
      charts.forEach((chart, n) => chart.setData(sets[n]));
    } else {
      const ink = style();
      charts = [
        new uPlot(frame(places[0], [clear("low", 2), clear("high", 2), line("equity", "--accent", 2)], money, [{ series: [2, 1], fill: ink("--accent-soft") }]), sets[0], places[0]),
        new uPlot(frame(places[1], [line("drawdown %", "--loss", 2, { fill: ink("--loss-soft"), fillTo: 0 })], percent), sets[1], places[1]),
        new uPlot(frame(places[2], [line("gross %", "--gain", 1), line("net %", "--target", 1)], percent), sets[2], places[2]),
      ];
    }
    const note = document.getElementById("curve-note");
    note.textContent = `${data.at_s.length.toLocaleString("en")} points${data.bars_a_point > 1 ? `, ${data.bars_a_point} bars each` : ""}; drag to look closer, double click to go back.`;
    document.documentElement.dataset.drawn = String(data.at_s.length);
  };
  let asked = 0, busy = false, due = null;
  const load = async () => {
    if (busy) return;
    busy = true;
    asked = Date.now();
    try {
      const answer = await fetch("/api/series", { headers: { Accept: "application/json" } });
      if (answer.ok) draw(await answer.json());
    } catch { /* the state of the connection is told by the stream */ } finally { busy = false; }
  };
  document.addEventListener("moved", () => {
    if (due) return;
    due = setTimeout(() => { due = null; load(); }, Math.max(0, 3000 - (Date.now() - asked)));
  });
  const again = () => { charts.forEach((chart) => chart.destroy()); charts = []; load(); };
  let resize = null;
  window.addEventListener("resize", () => { clearTimeout(resize); resize = setTimeout(again, 200); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  load();
})();
