"""How many markets a session bears before a bar comes late, one recorded day end to end, and four exchanges in one process.

    python benchmarks/stress.py [--whole] [--markets 20 100 300] [--bars 40] [--data FILES]      (make bench)

The shortest bars of this program are those of a minute. So the time that a close takes is held against a minute, and against a
second, as if there were bars of a second: closes queue, and a bar is late when its record is written more than a bar after its
close. Since the machine may be busy, CPU time is what is held against it, as on a core of its own; the wall time stands beside
it. The bars have the moves of an hour, as with `tribunal simulator --as 1m`. What is measured:

closes     voters of single events, court, gate, ledger and a journal that is durable event by event, in a process of its own
feed       asking a live exchange (on loopback, by ccxt with its rate limiter) for the candles of one close; how many answered
day        1,440 closes of twenty markets by the command, from files to the report
exchanges  four sessions in one process, each on an exchange of its own through ccxt, with five markets each
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import pandas as pd
from orders import SECRET, Served, drawn_market, no_news, served, venue_on, world
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from agents.approval.petition import AUTO
from agents.desk.description import describe, warmup_of
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.paper import open_paper
from agents.desk.wiring import open_desk
from agents.session import run_session
from config.clock import SystemClock
from config.reading.load import load_profile
from execution.journal.chain import Journal
from execution.kill_switch.halting import NoSwitch
from execution.venues.continued import ContinuedVenue
from market.bar import Slice
from market.live.exchange import Exchange
from market.live.feed import LiveFeed, Pace
from market.tape import Tape, simulated_tape
from market.timeframe import Timeframe
from rl.adjuster import Off

EVENTS = [{"strategy": name} for name in ("ema_cross", "golden_cross", "rsi_bounce", "momentum_breakout")]
MINUTE, DAY, WARM = "1m", 1440, 250
EXCHANGES, MARKETS_EACH = 4, 5


def first_late(took_s: Sequence[float], bar_s: float) -> int | None:
    """The number of the first bar whose work ends more than a bar after its close, if bars queue; None if none does."""
    free_s = 0.0
    for number, took in enumerate(took_s):
        close_s = number * bar_s
        free_s = max(free_s, close_s) + took
        if free_s - close_s > bar_s:
            return number + 1
    return None


# --- closes of many markets


def closes_of(asked: dict[str, Any]) -> dict[str, Any]:
    """Trade bars in this process: how long each close took and its CPU time [s], and the peak of its memory [MB]."""
    changed = {**drawn_market(asked["markets"], asked["bars"]), "strategies": EVENTS, "sentiment.sources": []}
    settings = load_profile("paper", changed)
    tape = simulated_tape(settings)
    with tempfile.TemporaryDirectory() as place:
        took = asyncio.run(_trade(settings, tape, Path(place), asked["bars"]))
    return {"took_s": took, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


async def _trade(settings: Any, tape: Tape, folder: Path, most: int) -> list[tuple[float, float]]:
    journal = Journal(folder / "journal.db", SECRET, 1)
    desk = open_paper(settings, describe(settings, tape, SECRET), tape, journal, SECRET, NOTHING_OUTSIDE)
    ends = [(time.perf_counter(), time.process_time())]
    await run_session(
        desk, lambda: len(ends) > most, lambda record: ends.append((time.perf_counter(), time.process_time()))
    )
    journal.close()
    return [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(ends)]


# --- the candles of one close


class Counts:
    """Judges nothing: counts the markets that told their bar of a close."""

    told = 0

    def judge(self, close_utc: datetime, raw: Mapping[str, object]) -> Slice:
        self.told = sum(each is not None for each in raw.values())
        return Slice(close_utc=close_utc, bars={})


async def feed_of(markets: int, folder: Path) -> tuple[float, int]:
    """Ask for the candles of a close that is past: how long until it is passed on [s], and how many markets had told it then."""
    asked = {"symbols": markets, "bars": 24, "now": True, "folder": str(folder), "notes": str(folder / "notes")}
    _, tape = world(markets, 24, folder)
    async with served(asked) as there, Exchange("binance", there.url, tries=1) as exchange:
        await exchange.refuse_unknown(list(tape.symbols), Timeframe.M1)
        clock, counts = SystemClock(), Counts()
        at = Timeframe.M1.floor(clock.now()) - timedelta(minutes=5)
        feed = LiveFeed(exchange, counts, tape.symbols, Timeframe.M1, at, clock, Pace(20.0, 60.0))
        began = time.perf_counter()
        await feed.next()
        return time.perf_counter() - began, counts.told


# --- a recorded day


class Day(NamedTuple):
    """A day by the command: markets, closes, and the time from its start to its report, wall and CPU [s]."""

    markets: int
    closes: int
    wall_s: float
    cpu_s: float


def day_of(files: Sequence[str], folder: Path) -> Day:
    """Run the command on one day of bars of a minute."""
    paths = list(files) or _written(folder)
    voters = [one["strategy"] for one in EVENTS]
    settings = ("sentiment.sources=[]", "market.context=none", f"market.warmup_bars={WARM}")
    said = ["--set", *settings, "--strategy", *voters]
    command = [
        sys.executable,
        "-m",
        "agents.run",
        "--data",
        *paths,
        "--timeframe",
        MINUTE,
        "--profile",
        "paper",
        "--quiet",
    ]
    began, used = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(
        [*command, "--out", str(folder / "day"), *said],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **_state(folder)},
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    wall_s, cpu_s = time.perf_counter() - began, _cpu_of_children() - used
    told = json.loads((folder / "day" / "summary.json").read_text(encoding="utf-8"))
    return Day(len(told["symbols"]), told["bars"], wall_s, cpu_s)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _written(folder: Path) -> list[str]:
    """A day of minutes of twenty markets and its warm-up, as files of an exchange."""
    tape = simulated_tape(load_profile("paper", drawn_market(20, DAY)))
    opens = pd.date_range("2024-01-01", periods=DAY + WARM, freq="min", tz="UTC")
    paths = []
    for symbol, candles in tape.candles.items():
        columns = {name: getattr(candles, name)[-len(opens) :] for name in ("open", "high", "low", "close", "volume")}
        path = folder / f"venue_{symbol.replace('/', '')}_1m.parquet"
        pd.DataFrame({"timestamp": opens, **columns}).to_parquet(path)
        paths.append(str(path))
    return paths


def _state(folder: Path) -> dict[str, str]:
    return {"TRIBUNAL_STATE_DIR": str(folder / "state"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


# --- four exchanges in one process


class Ticking:
    """A feed that gives a bar every so many seconds, after the exchange has traded it."""

    def __init__(self, tape: Tape, there: Served, every_s: float, most: int) -> None:
        self._slices, self.there, self._every_s, self._most = tape.slices(), there, every_s, most
        self.given = 0
        self.begin_s = 0.0
        """When the first bar opens [s]."""

    @property
    def due_s(self) -> float:
        """When the present bar has closed [s]."""
        return self.begin_s + self.given * self._every_s

    async def next(self) -> Slice | None:
        if self.given == self._most:
            return None
        self.given += 1
        await asyncio.sleep(max(0.0, self.due_s - time.perf_counter()))
        url = f"{self.there.url}/sim/advance?bars=1"
        await asyncio.to_thread(lambda: urlopen(Request(url, method="POST")).read())
        return next(self._slices)


async def exchanges_of(bars: int, every_s: float, folder: Path) -> tuple[list[float], int]:
    """Trade on four exchanges at once: from each close to its record [s], and the number of orders that were sent."""
    took, orders = list[float](), 0
    async with AsyncExitStack() as held:
        sessions = []
        for number in range(EXCHANGES):
            place = folder / f"exchange-{number}"
            place.mkdir()
            settings, tape = world(MARKETS_EACH, bars, place)
            asked = {"symbols": MARKETS_EACH, "bars": bars, "folder": str(place), "notes": str(place / "orders.jsonl")}
            there = await held.enter_async_context(served(asked))
            exchange = await held.enter_async_context(
                venue_on(there.url, settings, tape.symbols, place, f"run-{number}")
            )
            session = describe(settings, tape, SECRET)
            journal = Journal(place / "journal.db", SECRET, 1)
            journal.append(session)
            journal.append(warmup_of(tape))
            venue = ContinuedVenue(exchange, dict(session.instruments), 60.0)
            feed = Ticking(tape, there, every_s, bars)
            desk = open_desk(
                session, warmup_of(tape), feed=feed, venue=venue, driver=None, sentiment=no_news(settings), sink=journal,
                switch=NoSwitch(), approver=AUTO, key=SECRET, adjuster=Off(),
            )  # fmt: skip
            venue.ledger = desk.trader.ledger

            def seen(record: Any, feed: Ticking = feed) -> None:
                took.append(time.perf_counter() - feed.due_s)

            sessions.append((run_session(desk, lambda: False, seen), feed))
        for _, feed in sessions:
            feed.begin_s = time.perf_counter()
        await asyncio.gather(*(session for session, _ in sessions))
        orders = sum(len(feed.there.arrived("POST")) for _, feed in sessions)
    return sorted(took), orders


# --- what is printed


def spot(times: Sequence[float], part: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def table_of_markets(counts: Sequence[int], bars: int, console: Console) -> None:
    columns = (
        "markets", "p50, ms", "CPU p50", "CPU p99", "worst", "closes/CPU s", "peak RSS, MB", "feed, s", "told", "late at 1 s",
        "at 1 min",
    )  # fmt: skip
    table = Table(title=f"Closes of many markets, {bars} bars", box=ROUNDED)
    for name in columns:
        table.add_column(name, justify="right")
    for markets in counts:
        asked = json.dumps({"markets": markets, "bars": bars})
        done = subprocess.run(
            [sys.executable, __file__, "--closes", asked], capture_output=True, text=True, encoding="utf-8"
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        found = json.loads(done.stdout)
        wall, cpu = zip(*found["took_s"], strict=True)
        with tempfile.TemporaryDirectory() as place:
            feed_s, told = asyncio.run(feed_of(markets, Path(place)))
        late = (first_late(cpu, 1.0), first_late([each + feed_s for each in cpu], 60.0))
        table.add_row(
            f"{markets:,}", f"{spot(wall, 0.5) * 1e3:,.0f}", *(f"{spot(cpu, part) * 1e3:,.0f}" for part in (0.5, 0.99, 1.0)),
            f"{len(cpu) / sum(cpu):,.1f}", f"{found['rss']:,.0f}", f"{feed_s:,.1f}", f"{told:,}",
            *("none" if each is None else f"bar {each}" for each in late),
        )  # fmt: skip
    console.print(table)


def main() -> None:
    """Print the tables."""
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--closes", help=argparse.SUPPRESS)
    parse.add_argument("--whole", action="store_true", help="20, 50, 100, 200 and 500 markets, and more bars")
    parse.add_argument("--markets", type=int, nargs="+", default=None)
    parse.add_argument("--bars", type=int, default=None)
    parse.add_argument("--every", type=float, default=2.0, help="seconds from bar to bar on four exchanges")
    parse.add_argument("--data", nargs="+", default=[], help="files of one day of bars of a minute, with their warm-up")
    asked = parse.parse_args()
    if asked.closes:
        sys.stdout.write(json.dumps(closes_of(json.loads(asked.closes))))
        return
    console = Console(width=130)
    bars = asked.bars or (240 if asked.whole else 40)
    table_of_markets(asked.markets or ([20, 50, 100, 200, 500] if asked.whole else [20, 100, 300]), bars, console)
    with tempfile.TemporaryDirectory() as place:
        day = day_of(asked.data, Path(place))
        console.print(
            f"A recorded day of {day.markets} markets, {day.closes:,} closes, from files to report: {day.wall_s:.1f} s, "
            f"{day.cpu_s:.1f} s of CPU, {day.cpu_s / day.closes * 1e3:.1f} ms a close."
        )
        took, orders = asyncio.run(exchanges_of(bars, asked.every, Path(place)))
    spots = ", ".join(
        f"{name} {spot(took, part) * 1e3:.0f} ms" for name, part in (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))
    )
    late = sum(each > asked.every for each in took)
    console.print(
        f"{EXCHANGES} exchanges, {EXCHANGES * MARKETS_EACH} markets, one process, a bar every {asked.every:g} s: "
        f"{len(took)} closes and {orders} orders; from close to record {spots}; {late} late."
    )
    console.print(f"Load of this machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
