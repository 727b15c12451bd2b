"use strict";
(() => {
  const link = document.getElementById("link");
  const say = (text, lost) => { if (link) { link.textContent = text; link.classList.toggle("lost", lost); } };
  const localise = (root) => {
    for (const at of root.querySelectorAll("time[datetime]")) at.title = new Date(at.dateTime).toLocaleString();
  };
  localise(document);
  let last = 0;
  document.addEventListener("htmx:sse:after:message", () => {
    last = Date.now();
    say("live", false);
    const live = document.getElementById("live");
    if (live) { localise(live); live.dataset.messages = String(Number(live.dataset.messages || 0) + 1); }
  });
  document.addEventListener("htmx:sse:after:connection", () => say("live", false));
  document.addEventListener("htmx:sse:error", () => say("connection lost; trying again", true));
  document.addEventListener("htmx:sse:before:connection", (event) => {
    const attempt = event.detail && event.detail.connection ? event.detail.connection.attempt : 0;
    if (attempt > 0) say("connection lost; trying again", true);
  });
  document.addEventListener("htmx:after:swap", () => {
    const typed = document.querySelector("#confirm [autofocus]");
    if (typed && !typed.dataset.seen) { typed.dataset.seen = "1"; typed.focus(); typed.closest("section").scrollIntoView({ block: "center" }); }
  });
  document.addEventListener("signed-out", () => { window.location.assign("/login"); });
  document.addEventListener("full", () => say("too many pages are open", true));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const links = document.querySelectorAll(".bar nav a");
    if (/^[1-5]$/.test(event.key) && links.length) { links[Number(event.key) - 1].click(); return; }
    if (event.key === "/") {
      const search = document.getElementById("q");
      event.preventDefault();
      if (search) search.focus(); else window.location.assign("/decisions");
    }
  });
  if (document.querySelector("[data-again]")) setTimeout(() => window.location.reload(), 1000);
})();
