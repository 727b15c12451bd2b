"""CPU seconds, peak memory and cold starts, each measured where nothing else has left its traces."""

import gc
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from config.clock import SystemClock
from execution.kernel.engine import sweep
from peers.bars import candles
from peers.strategy import grid, ours, rules, votes


def seconds(run: Callable[[], object], times: int = 5) -> float:
    """Return the CPU seconds of the best of several runs, after one that compiles."""
    run()
    found = []
    for _ in range(times):
        gc.collect()
        begin = time.process_time()
        run()
        found.append(time.process_time() - begin)
    return min(found)


def side_by_side(runs: Sequence[Callable[[], object]], times: int = 7) -> list[float]:
    """Return the CPU seconds of the best of several runs of each, in turn, after one that compiles."""
    found: list[list[float]] = [[] for _ in runs]
    for number in range(times + 1):
        for own, run in zip(found, runs, strict=True):
            gc.collect()
            begin = time.process_time()
            run()
            if number:
                own.append(time.process_time() - begin)
    return [min(own) for own in found]


def sweep_line(sets: int, path: Path) -> str:
    """Measure a sweep over a year of 5-minute bars on two cores."""
    bars = candles(105_120, path)
    shared = grid(bars)
    chosen = [(6 + i % 20, 28 + i // 20 % 25, 0.006 + 0.007 * (i // 500)) for i in range(sets)]
    clock, begin, cpu = SystemClock(), SystemClock().now(), time.process_time()
    ends = list(
        sweep(
            shared,
            chosen,
            lambda one: (votes(bars, one[0], one[1]), rules(one[2])),
            lambda one, made: float(made.equity[-1]),
            workers=2,
        )
    )
    wall, used = (clock.now() - begin).total_seconds(), time.process_time() - cpu
    return (
        f"Sweep of {len(ends):,} sets over a year of 5-minute bars, two threads: {wall:.1f} s wall, {used:.1f} s CPU; "
        f"final equity {min(ends):,.0f} to {max(ends):,.0f} out of 10,000."
    )


_COLD = """
import numpy as np
from config.reading.load import load_profile
from execution.kernel.engine import simulate
from execution.kernel.lanes.votes import Votes
from execution.kernel.grid import grid_of
from execution.kernel.rules import rules_of
from market.catalogue import instrument_of
from market.timeframe import Timeframe
profile = load_profile("backtest")
close = 30_000 + 100 * np.sin(np.arange(10_000.0))
bars = grid_of(("BTC/USDT",), Timeframe.M5, 300_000 * np.arange(10_000), np.stack([close] * 5)[:, :, None], first=100)
said = Votes(*(np.ones((10_000, 1)) for _ in range(4)))
instrument = instrument_of(profile.market, "BTC/USDT")
simulate(bars, said, rules_of([instrument], profile.limits, profile.exits, profile.venue, 288.0))
"""


def cold() -> str:
    """Measure a process that reads a profile, imports the engine, loads its compiled code and runs ten thousand bars."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), SystemClock().now()
    subprocess.run([sys.executable, "-c", _COLD], check=True)
    wall = (SystemClock().now() - begin).total_seconds()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (
        f"Cold start with compiled code on disk, profile and 10,000 bars included: {used:.1f} s CPU, {wall:.1f} s wall."
    )


def measure(n: int, path: Path) -> None:
    """Print CPU seconds and peak memory [MB] of a run over n bars, for a parent that reads them."""
    bars = candles(n, path)
    taken = seconds(lambda: ours(bars), 3)
    status = Path("/proc/self/status").read_text(encoding="utf-8")  # getrusage reports the parent's peak for a child
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    sys.stdout.write(f"{taken} {peak}")
