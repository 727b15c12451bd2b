"""The speed of one bar through the whole path, and the memory of a year of ten symbols.

    python benchmarks/cycle.py                       (make bench)
    python benchmarks/cycle.py --against FOLDER      (CPU against another checkout of this program)

Simulated market, rules mind, gate, ledger, durable journal; no report. Each scenario runs in its own process, to
measure its own memory. The results are bars per second of wall time and of CPU time (the machine may be busy), and
peak RSS; for one symbol the median of three runs, in turn. For comparison, LangGraph alone runs six empty nodes.

`--against` runs each scenario on the code of both checkouts, in turn, and prints the ratio of their CPU: below 1, this one needs
less. Both run this file, in this environment, with their own defaults and the same voters. The row of LangGraph alone, which is
the same work in both, shows how much of a ratio is chance. Where more bars go to court, or more is traded, a bar is more work.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, TypedDict

from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

TEN = ["BTC", "ETH", "SOL", "BNB", "XRP", "ADA", "DOGE", "LINK", "AVAX", "DOT"]
EVENTS = [{"strategy": name} for name in ("ema_cross", "golden_cross", "rsi_bounce", "momentum_breakout")]
"""Voters of single events, which may call the court at any bar; those of the profile speak once a day."""
NEVER_BUYS = [
    {"strategy": "ema_cross", "params": {"rsi_max": 1}},
    {"strategy": "rsi_bounce", "params": {"low": 1}},
    {"strategy": "momentum_breakout", "params": {"volume_min": 100}},
]
"""Voters that vote at every bar, sometimes to sell and never to buy: the cost of a bar without a hearing."""
SCENARIOS: dict[str, dict[str, Any]] = {
    "one symbol, court at every bar": {"symbols": TEN[:1], "days": 90, "call": "every_bar", "short": True},
    "one symbol, court on proposals": {"symbols": TEN[:1], "days": 365, "call": "on_proposal", "short": True},
    "one symbol, no case is heard": {
        "symbols": TEN[:1],
        "days": 365,
        "call": "on_proposal",
        "never_buys": True,
        "short": True,
    },
    "three symbols, court on proposals": {"symbols": TEN[:3], "days": 90, "call": "on_proposal"},
    "ten symbols, one year": {"symbols": TEN, "days": 365, "call": "on_proposal"},
    "LangGraph alone, six empty nodes": {"empty": 2000, "short": True},
}
_TURNS = 3
_HERE = Path(__file__).resolve().parent.parent

Found = dict[str, float]


def measure(scenario: dict[str, Any]) -> Found:
    """Run one scenario in this process."""
    from agents.desk.description import describe
    from agents.desk.outside import outside_of
    from agents.desk.paper import open_paper
    from agents.session import run_session
    from config.clock import Stopwatch
    from config.reading.load import load_profile
    from execution.journal.chain import Journal
    from market.tape import simulated_tape

    settings = load_profile(
        "paper",
        {
            "market.symbols": [f"{base}/USDT" for base in scenario["symbols"]],
            "market.session_days": scenario["days"],
            "court.call": scenario["call"],
            "strategies": NEVER_BUYS if scenario.get("never_buys") else EVENTS,
        },
    )
    key = b"benchmark".ljust(32, b".")
    heard = 0

    def count(record: Any) -> None:
        nonlocal heard
        heard += bool(record.hearings)

    with tempfile.TemporaryDirectory() as folder:
        tape = simulated_tape(settings)
        journal = Journal(Path(folder) / "journal.db", key, settings.journal.group_commit)
        session = describe(settings, tape, key)
        desk = open_paper(settings, session, tape, journal, key, outside_of(settings, None, journal))
        watch, cpu = Stopwatch(), _cpu()
        asyncio.run(run_session(desk, lambda: False, count))
        journal.close()
        wall, used = watch.elapsed().total_seconds(), _cpu() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bars = len(tape)
    return {"bars": bars, "heard": heard, "wall": bars / wall, "cpu": bars / used, "rss": peak}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure_empty(scenario: dict[str, Any]) -> Found:
    """Run the court's state machine with empty nodes."""
    from langgraph.graph import END, START, StateGraph

    from config.clock import Stopwatch

    names = ("analyst", "risk_agent", "devils_advocate", "supervisor", "adjust", "gate")

    def silent(name: str) -> Any:
        async def node(state: Any) -> dict[str, int]:
            return {name: 0}

        return node

    graph: Any = StateGraph(TypedDict("State", dict.fromkeys(names, int)))  # type: ignore[operator]
    for name in names:
        graph.add_node(f"ask_{name}", silent(name))
    graph.add_edge(START, "ask_analyst")
    graph.add_edge(START, "ask_risk_agent")
    graph.add_edge(["ask_analyst", "ask_risk_agent"], "ask_devils_advocate")
    graph.add_edge("ask_devils_advocate", "ask_supervisor")
    graph.add_edge("ask_supervisor", "ask_adjust")
    graph.add_edge("ask_adjust", "ask_gate")
    graph.add_edge("ask_gate", END)
    empty = graph.compile()

    async def all_of_them() -> None:
        for _ in range(scenario["empty"]):
            await empty.ainvoke({"analyst": 0}, version="v2", output_keys="gate")

    watch, cpu = Stopwatch(), _cpu()
    asyncio.run(all_of_them())
    wall, used, bars = watch.elapsed().total_seconds(), _cpu() - cpu, scenario["empty"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"bars": bars, "heard": bars, "wall": bars / wall, "cpu": bars / used, "rss": peak}


def repeated(folders: Sequence[Path]) -> dict[str, list[list[Found]]]:
    """Run each scenario in its own process on the code of each folder; the short ones three times, in turn. What is found by
    scenario: a list of turns, with one result a folder."""
    found: dict[str, list[list[Found]]] = {name: [] for name in SCENARIOS}
    for turn in range(_TURNS):
        for name, scenario in SCENARIOS.items():
            if turn == 0 or scenario.get("short"):
                found[name].append([_in_its_own_process(folder, scenario) for folder in folders])
    return found


def _in_its_own_process(folder: Path, scenario: dict[str, Any]) -> Found:
    asked = [sys.executable, __file__, "--measure", json.dumps(scenario)]
    done = subprocess.run(
        asked, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(
            f"The code in {folder} cannot be measured: {(done.stderr.strip() or 'it ended early').splitlines()[-1]}"
        )
    return dict(json.loads(done.stdout))


def table_of(names: Sequence[str], title: str, rows: Iterable[tuple[str, ...]]) -> Table:
    """A table whose first column is text."""
    table = Table(box=ROUNDED, title=title)
    for name in names:
        table.add_column(name, justify="left" if name == "scenario" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def alone() -> Table:
    """The speed of this checkout."""
    rows = []
    for name, turns in repeated([_HERE]).items():
        found = {key: median(here[key] for (here,) in turns) for key in turns[0][0]}
        figures = (found[key] for key in ("bars", "heard", "wall", "cpu", "rss"))
        rows.append((name, *(f"{figure:,.0f}" for figure in figures)))
    names = ("scenario", "bars", "bars in court", "bars/s", "bars/CPU s", "peak RSS, MB")
    return table_of(names, "One bar through the whole path", rows)


def beside(other: Path) -> Table:
    """The CPU of a bar in this checkout against another one."""
    rows = []
    for name, turns in repeated([other, _HERE]).items():
        there, here = turns[0]
        costs = [median(1e6 / turn[which]["cpu"] for turn in turns) for which in (0, 1)]
        ratio = median(turn[0]["cpu"] / turn[1]["cpu"] for turn in turns)
        counts = (there["bars"], there["heard"], here["heard"], *costs)
        rows.append((name, *(f"{figure:,.0f}" for figure in counts), f"{ratio:.2f}"))
    names = ("scenario", "bars", "heard there", "heard here", "us/bar there", "us/bar here", "here / there")
    return table_of(names, f"CPU of one bar, against {other}", rows)


def main() -> None:
    """Run all scenarios and print the table."""
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument(
        "--against", type=Path, metavar="FOLDER", help="another checkout of this program to measure beside"
    )
    parse.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    given = parse.parse_args()
    if given.measure is not None:
        found = measure_empty(given.measure) if "empty" in given.measure else measure(given.measure)
        sys.stdout.write(json.dumps(found))
        return
    if given.against is not None and not (given.against / "agents" / "session.py").is_file():
        sys.exit(f"{given.against} is no checkout of this program: it has no agents/session.py. Name its folder.")
    Console(width=130).print(alone() if given.against is None else beside(given.against.resolve()))


if __name__ == "__main__":
    main()
