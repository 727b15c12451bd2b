"""The speed of the fast engine, compared with vectorbt and backtesting.py in one process on the same bars.

    python benchmarks/backtest.py [--bars 100000] [--sets 1000] [--data FILE]      (make bench)

The strategy: enter when EMA 12 crosses above EMA 26 with RSI 14 under 70; exit when it crosses below. The time
includes the indicators. The other engines run the simple form with a stop. Ours has stop, target, trailing stop,
order book, and the whole gate with VaR and ES, under the loosest limits that allow half of the account in one trade.
Times are CPU seconds, the best of several warm runs. A ratio of two engines is printed only if both made the same
fills; otherwise it is said how they differ, since two different amounts of trading are no race. So a second table runs
the signals alone: one coin each time, bought at the ask and sold at the bid of the next open, with the same fees, and
with our stop, target and limits so far away that none acts. There all engines make the same fills: same bars,
quantities and prices to the last digit, fees to 12 digits, since the others multiply floats; `peers/stages.py` says what
each side includes. On a perpetual (`peers/contracts.py`) ours is also short, with margin, marks, funding and liquidation; no
other engine is beside it. Bars are recorded
5-minute candles if available (`--data`, or the shared folder), repeated to the length; otherwise they are random.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from peers.alone import ours_alone
from peers.bars import RECORDED, candles, recorded
from peers.clocks import cold, measure, seconds, side_by_side, sweep_line
from peers.contracts import ours_on_both_sides
from peers.fills import difference
from peers.others import fills_of_backtesting, of_backtesting, of_backtesting_alone, of_vectorbt
from peers.stages import both_fills, stages
from peers.strategy import our_fills, ours
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table


def peers(n: int, path: Path) -> Table:
    """Return the table of engines: the same bars, one process."""
    bars = candles(n, path)
    made = ours(bars)
    base = seconds(lambda: ours(bars))
    table = _table(f"{n:,} bars of 5 minutes, {'recorded' if path.is_file() else 'drawn'}, indicators included")
    for column in ("engine", "CPU s", "M bars/s", "times ours", "fills"):
        table.add_column(column, justify="left" if column == "engine" else "right")
    fills = our_fills(made)
    table.add_row("Tribunal: stop, target, trailing, VaR gate", *_row(base, n), "1.0", f"{len(fills):,}")
    turned, on_contracts = ours_on_both_sides(bars), seconds(lambda: ours_on_both_sides(bars))
    told = f"{on_contracts / base:.1f}", f"{len(turned.fills):,}"
    table.add_row("Tribunal: a perpetual, both sides", *_row(on_contracts, n), *told)
    for name, make, times in (("vectorbt: stop", of_vectorbt, 3), ("backtesting.py: stop", of_backtesting, 2)):
        try:
            run = make(bars)
        except ImportError:
            table.add_row(name, "-", "-", "-", "pip install '.[bench]'")
            continue
        theirs = run()
        taken, why = seconds(run, times), difference(fills, theirs)
        table.add_row(name, *_row(taken, n), f"none: {why}" if why else f"{taken / base:.1f}", f"{len(theirs):,}")
    return table


def alone(n: int, path: Path, *, slow: bool = True) -> Table:
    """Return the table of engines that make the same fills: the signals alone. `slow`: with backtesting.py."""
    bars = candles(n, path)
    table = _table(f"{n:,} bars of 5 minutes, the signals alone: same fills")
    for column in ("what is run", "beside", "ours, CPU s", "theirs, CPU s", "times ours", "fills"):
        table.add_column(column, justify="left" if column in ("what is run", "beside") else "right")
    try:
        run = stages(bars)
    except ImportError:
        table.add_row("engine", "vectorbt", "-", "-", "-", "pip install '.[bench]'")
        return table
    fills, theirs = both_fills(bars, run)
    why = difference(fills, theirs)
    for name, pair in run.items():
        own, other = side_by_side(pair)
        told = f"none: {why}" if why else f"{other / own:.1f}"
        table.add_row(name, "vectorbt", f"{own:.4f}", f"{other:.4f}", told, f"{len(theirs):,}")
    if slow:
        last = of_backtesting_alone(bars)
        theirs = fills_of_backtesting(last())
        own, other = side_by_side((lambda: ours_alone(bars), last), 2)
        why = difference(fills, theirs)
        told = f"none: {why}" if why else f"{other / own:.1f}"
        table.add_row(
            "prices", "backtesting.py, its statistics", f"{own:.4f}", f"{other:.4f}", told, f"{len(theirs):,}"
        )
    return table


def growth(path: Path) -> Table:
    """Measure ten thousand to ten million bars: each length in its own process, for its memory, without pandas."""
    table = _table("Growth, indicators included")
    for column in ("bars", "CPU s", "ns/bar", "peak memory, MB"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "candles.npy"
        np.save(file, recorded(path))
        for n in (10_000, 100_000, 1_000_000, 10_000_000):
            command = [sys.executable, __file__, "--measure", str(n), "--data", str(file)]
            taken, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            table.add_row(f"{n:,}", f"{float(taken):.4f}", f"{float(taken) / n * 1e9:.0f}", f"{float(peak):,.0f}")
    return table


def _table(title: str) -> Table:
    return Table(box=ROUNDED, title=title)


def _row(taken: float, n: int) -> tuple[str, str]:
    return f"{taken:.4f}", f"{n / taken / 1e6:.2f}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="The fast engine beside its peers.")
    parser.add_argument("--bars", type=int, default=100_000, help="length of the peer table's run [bars]")
    parser.add_argument("--sets", type=int, default=1000, help="parameter sets of the sweep")
    parser.add_argument("--data", type=Path, default=RECORDED, help="Parquet of recorded 5-minute candles")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments.data)
        return
    console = Console(width=110)
    ours(candles(10_000, arguments.data))
    console.print(cold())
    console.print(peers(arguments.bars, arguments.data))
    console.print(alone(arguments.bars, arguments.data))
    console.print(alone(1_000_000, arguments.data, slow=False))
    console.print(growth(arguments.data))
    console.print(sweep_line(arguments.sets, arguments.data))


if __name__ == "__main__":
    main()
