"""What the window costs a session: time of a bar with five who look on, beside without; processor, memory, first paint.

    python benchmarks/serve.py [--days 10] [--pace 0.02]      (make bench)

Each session is a process of its own, on the simulated market with paper money. Those who look on are another process,
each with an open stream of *Now*, who also asks for the curves every second. The time of a bar is that between the
end of one pause (`--pace`) and the beginning of the next: all that the session does. Sessions take turns, and each
figure is the lowest of its rounds, since other programs of a machine only add to it. First paint is measured on a
year of hourly bars: the answer of the server, and Chromium where that is installed.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = 5
_LOOKS_ON = """
import sys, threading, time, urllib.request
base = sys.argv[1]
def stream():
    try:
        with urllib.request.urlopen(base + "stream/now") as answer:
            while answer.readline(): pass
    except OSError: pass
def curves():
    while True:
        try: urllib.request.urlopen(base + "api/series").read()
        except OSError: return
        time.sleep(1)
for _ in range(int(sys.argv[2])):
    for what in (stream, curves): threading.Thread(target=what, daemon=True).start()
sys.stdin.read()
"""


def session(days: int, pace_s: float, clients: int | None, out: Path) -> dict[str, Any]:
    """The figures of one session in a process of its own; `clients` None: without a window."""
    told = subprocess.run(
        [sys.executable, __file__, "--child", json.dumps([days, pace_s, clients, str(out)])],
        check=True,
        stdout=subprocess.PIPE,
        cwd=out.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    found: dict[str, Any] = json.loads(told.stdout.decode().splitlines()[-1])
    return found


def child(days: int, pace_s: float, clients: int | None, out: str) -> None:
    """Run one session and print its figures."""
    import agents.run
    from ops.commands.sessions import session as sessions
    from ops.live.web import server

    bars: list[float] = []
    state = {"began": 0.0, "cpu": 0.0, "wall": 0.0}
    crowd: list[subprocess.Popen[bytes]] = []
    entered = server.Serving.__enter__

    def enter(self: server.Serving) -> server.Serving:
        made = entered(self)
        if clients:
            crowd.append(
                subprocess.Popen([sys.executable, "-c", _LOOKS_ON, made.address, str(clients)], stdin=subprocess.PIPE)
            )
        return made

    setattr(server.Serving, "__enter__", enter)  # noqa: B010 - the clients come when it serves

    def paced(seconds: float | None, stop: object) -> Any:
        def wait(record: object) -> None:
            now = time.perf_counter()
            if state["began"]:
                bars.append(now - state["began"])
            else:
                state["cpu"], state["wall"] = time.process_time(), now
            time.sleep(seconds or 0.0)
            state["began"] = time.perf_counter()

        return wait

    setattr(sessions, "paced", paced)  # noqa: B010 - it measures beside waiting
    options = ["--profile", "paper", "--days", str(days), "--out", out, "--quiet", "--json", "--pace", str(pace_s)]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout, kept = nowhere, sys.stdout
        code = agents.run.main([*options, *(() if clients is None else ("--serve", "0"))])
        sys.stdout = kept
    cpu, wall = time.process_time() - state["cpu"], state["began"] - state["wall"]
    for each in crowd:
        each.kill()
    bars.sort()
    figures = {
        "code": code,
        "p50_ms": 1000 * bars[len(bars) // 2],
        "p99_ms": 1000 * bars[int(len(bars) * 0.99)],
        "cpu_share": cpu / wall,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def year() -> dict[str, float]:
    """First paint on a year of hourly bars: the records of a kept journal, again and again, with new times."""
    from datetime import timedelta

    from agents.records.events import read_events
    from agents.records.record import CycleRecord
    from config.clock import SystemClock
    from ops.live.auth.access import Access
    from ops.live.auth.operator import Operator
    from ops.live.following.window import Window
    from ops.live.web.app import application
    from ops.live.web.server import Place, Serving
    from ops.live.web.source import Source

    kept, key = ROOT / "tests/journals/rules-0.6.0/journal.db", bytes.fromhex("ab" * 32)
    told = [recorded.event for recorded in read_events(kept, key)]
    records = [event for event in told if isinstance(event, CycleRecord)]
    hourly = [
        records[hour % len(records)].model_copy(update={"as_of_utc": records[0].as_of_utc + timedelta(hours=hour)})
        for hour in range(8760)
    ]
    window = Window("a year")
    before = _resident_mb()
    began = time.perf_counter()
    window.take(told[0], 1)
    for number, record in enumerate(hourly, 2):
        window.take(record, number)
    folded = time.perf_counter() - began
    window.caught_up()
    memory = _resident_mb() - before
    clock = SystemClock()
    app = application(Source(window, kept, key), Access(Operator(), clock, guests_read=True), clock)
    with Serving(lambda _: app, Place(port=0)) as serving:
        page, series = (_asked(f"{serving.address}{path}") for path in ("", "api/series"))
        return {
            "fold_us": 1e6 * folded / 8760,
            "page_ms": page,
            "series_ms": series,
            "mb": memory,
            **_painted(serving.address),
        }


def _resident_mb() -> float:
    """What this process holds in memory now [MB]."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20


def _asked(address: str) -> float:
    from urllib.request import urlopen

    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        urlopen(address).read()
        best = min(best, time.perf_counter() - began)
    return 1000 * best


def _painted(address: str) -> dict[str, float]:
    """Until the figures, and until the curves, are there in Chromium [ms]; nothing without it."""
    program = shutil.which("chromium")
    if program is None:
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program)
        page = browser.new_page()
        page.goto("about:blank")
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator(".tile").first.wait_for()
        figures = time.perf_counter() - began
        page.wait_for_selector("html[data-drawn]")
        curves = time.perf_counter() - began
        browser.close()
    return {"figures_ms": 1000 * figures, "curves_ms": 1000 * curves}


def main() -> None:
    """Measure, and print the tables."""
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parse.add_argument("--rounds", type=int, default=3, help="how often each session runs (default: %(default)s)")
    parse.add_argument("--days", type=int, default=10, help="length of each session [days] (default: %(default)s)")
    parse.add_argument("--pace", type=float, default=0.02, help="pause after each bar [s] (default: %(default)s)")
    parse.add_argument("--child", help=argparse.SUPPRESS)
    asked = parse.parse_args()
    if asked.child:
        child(*json.loads(asked.child))
        return
    console = Console(width=100)
    table = Table(title=f"{24 * asked.days} bars of a session, {asked.pace:g} s between them", box=ROUNDED)
    for column in ("session", "bar p50, ms", "bar p99, ms", "of one core", "memory, MB"):
        table.add_column(column, justify="left" if column == "session" else "right")
    with tempfile.TemporaryDirectory() as folder:
        kinds = {"without a window": None, "window, nobody looks": 0, f"window, {CLIENTS} look on": CLIENTS}
        rounds = [
            {
                name: session(asked.days, asked.pace, clients, Path(folder) / f"{n}-{clients}")
                for name, clients in kinds.items()
            }
            for n in range(asked.rounds)
        ]
        for name in kinds:
            best = {key: min(float(each[name][key]) for each in rounds) for key in rounds[0][name]}
            table.add_row(
                name,
                f"{best['p50_ms']:.2f}",
                f"{best['p99_ms']:.2f}",
                f"{best['cpu_share']:.1%}",
                f"{best['rss_mb']:.0f}",
            )
    console.print(table)
    made = year()
    paint = Table(title="a year of hourly bars", box=ROUNDED, show_header=False)
    words = {
        "fold_us": "to fold one bar, us",
        "mb": "memory of the window, MB",
        "page_ms": "answer with the page, ms",
        "series_ms": "answer with the curves, ms",
        "figures_ms": "Chromium shows the figures after, ms",
        "curves_ms": "Chromium shows the curves after, ms",
    }
    for name, word in words.items():
        if name in made:
            paint.add_row(word, f"{made[name]:,.1f}")
    console.print(paint)


if __name__ == "__main__":
    main()
