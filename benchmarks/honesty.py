"""The result of the honesty tools on a family of rules that looks good: the table of docs/honesty.md, and its run
time.

    python benchmarks/honesty.py --data BTC.parquet ETH.parquet SOL.parquet

64 crosses of two exponential averages, long or flat, decided on a close and held over the next bar, 10 bps a side.
Without --data the market is simulated and has no trend to find.
"""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.box import ROUNDED
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.signal import lfilter

from config.clock import Stopwatch, to_ms
from config.reading.load import load_profile
from evidence.statistics.bootstrap import curve_returns, intervals, paired_differences
from evidence.statistics.deflated import deflate
from evidence.statistics.key_figures import Measure, measure_rows
from evidence.statistics.overfitting import probability_of_overfitting
from market.candles import RawCandles
from market.files.bars import read_market_files
from market.simulated.prices import simulate
from market.timeframe import Timeframe

Floats = npt.NDArray[np.float64]

FAST = (6, 12, 24, 48, 72, 96, 120, 168)
TIMES = (2, 3, 4, 6, 8, 12, 16, 24)
FEE = 0.001
HOURS = Timeframe.H1.bars_per_year


def average(closes: Floats, bars: int) -> Floats:
    """Return the exponential average, started at the first close; shape of `closes` [quote]."""
    weight = 2.0 / (bars + 1)
    smooth, _ = lfilter([weight], [1.0, weight - 1.0], closes, zi=[(1.0 - weight) * closes[0]])
    return np.asarray(smooth, dtype=np.float64)


def family(closes: Floats) -> Floats:
    """Return the bar returns of each rule after fees [fraction], shape (n_bars - 1, 64)."""
    moves, columns = curve_returns(closes), []
    for fast in FAST:
        for times in TIMES:
            held = (average(closes, fast) > average(closes, fast * times)).astype(np.float64)
            changed = np.abs(np.diff(np.concatenate(([0.0], held))))
            columns.append(held[:-1] * moves - changed[:-1] * FEE)
    return np.array(columns).T


def judged(candles: RawCandles, seed: int) -> tuple[str, ...]:
    """Return one row of the table."""
    closes = candles.close[candles.sound()]
    trials, moves = family(closes), curve_returns(closes)
    ratios = measure_rows(np.ascontiguousarray(trials.T), 1.0)[Measure.SHARPE]
    best = trials[:, int(ratios.argmax())]
    own = intervals(best, bars_per_year=HOURS, seed=seed).of(Measure.SHARPE)
    apart = paired_differences(best, moves, bars_per_year=HOURS, seed=seed).of(Measure.SHARPE)
    luck = deflate(best, bars_per_year=HOURS, trials=len(ratios), trial_variance=float(ratios.var(ddof=1)))
    fitted = probability_of_overfitting(trials, bars_per_year=HOURS)
    assert luck is not None  # there are trades
    return (
        candles.symbol,
        f"{own.value:.2f} [{own.low:.2f}, {own.high:.2f}]",
        f"{luck.hurdle:.2f}",
        f"{luck.dsr:.2f}",
        f"{apart.value:.2f} [{apart.low:.2f}, {apart.high:.2f}]",
        f"{fitted.probability:.2f}",
    )


def main() -> None:
    """Print the table."""
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--data", nargs="+", type=Path, metavar="PATH", help="recorded bars of an hour or less")
    parse.add_argument("--since", type=int, default=2021, help="first year (default 2021)")
    parse.add_argument("--seed", type=int, default=1)
    arguments = parse.parse_args()
    if arguments.data:
        markets: Mapping[str, RawCandles] = read_market_files(arguments.data, Timeframe.H1, None)
        first = to_ms(datetime(arguments.since, 1, 1, tzinfo=UTC))
    else:
        markets, first = simulate(load_profile("paper", {"market.session_days": 365}), arguments.seed).candles, 0
    table = Table("market", "best Sharpe", "luck's best", "deflated", "less buy and hold", "PBO", box=ROUNDED)
    watch = Stopwatch()
    for candles in track(markets.values(), description="judging", transient=True):
        table.add_row(*judged(since(candles, first), arguments.seed))
    Console().print(table)
    Console().print(f"{len(FAST) * len(TIMES)} rules a market, {watch.elapsed().total_seconds():.1f} s in all")


def since(candles: RawCandles, first_ms: int) -> RawCandles:
    """Return the bars that close after a time."""
    rows = candles.close_ms > first_ms
    open_, high, low, close, volume = (column[rows] for column in candles.columns)
    return RawCandles(candles.symbol, candles.timeframe, candles.close_ms[rows], open_, high, low, close, volume)


if __name__ == "__main__":
    main()
