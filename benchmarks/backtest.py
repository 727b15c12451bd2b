"""The speed of the fast engine, compared with vectorbt and backtesting.py in one process on the same bars.

    python benchmarks/backtest.py [--bars 100000] [--sets 1000] [--data FILE]      (make bench)

The strategy: enter when EMA 12 crosses above EMA 26 with RSI 14 under 70; exit when it crosses below. The time
includes the indicators. The other engines run the simple form with a stop. Ours has stop, target, trailing stop,
order book, and the whole gate with VaR and ES, under the loosest limits that allow half of the account in one trade.
Times are CPU seconds, the best of several warm runs. A ratio of two engines is printed only if both made the same
fills; otherwise it is said how they differ, since two different amounts of trading are no race. So a second table runs
the signals alone: one coin each time, bought at the ask and sold at the bid of the next open, with the same fees, and
with our stop, target and limits so far away that none acts. There all engines make the same fills: same bars,
quantities and prices to the last digit, fees to 12 digits, since the others multiply floats. Bars are recorded
5-minute candles if available (`--data`, or the shared folder), repeated to the length; otherwise they are random.
"""

import argparse
import gc
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import talib
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from config.clock import SystemClock
from config.reading.load import load_profile
from config.seeds import generator
from execution.kernel.engine import simulate, sweep
from execution.kernel.grid import Grid, grid_of
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import Floats, Ints
from execution.kernel.rules import Rules, rules_of
from market.catalogue import instrument_of
from market.timeframe import Timeframe
from risk.limits.catalogue import loosest

RECORDED = Path(__file__).resolve().parents[2] / "shared/data/ohlcv/futures_5m/binance_BTCUSDT_perp_5m.parquet"
SYMBOL = "BTC/USDT"
WARMUP = 50
"""Bars before the first that may be traded."""
STOP, FEE, SLIPPAGE = 0.015, 0.001, 0.0005
SETTINGS = load_profile(
    "backtest",
    {
        "market.timeframe": "5m", "limits.max_position_fraction": 0.5, "limits.max_deployed_fraction": 0.5,
        "limits.max_var_1d": 0.05, "limits.max_es_1d": 0.06,
    },
)  # fmt: skip
LIMITS = loosest(SETTINGS.limits, but=("position", "deployed", "var_1d", "es_1d"))
"""Each limit of the catalogue at its loosest, but the four that the profile sets."""


ALONE = load_profile(
    "backtest",
    {
        "market.timeframe": "5m", "venue.starting_cash": "1000000000", "venue.spread_bps": 2, "venue.levels": 1,
        "venue.depth_fraction": 1, "venue.latency_ms": 0, "exits.take_profit_fraction": 10,
    },
)  # fmt: skip
"""The account that trades the signals alone: one level of the book, and cash beside which one coin is nothing."""
SMALL = 2e-4
"""Share of that account in one trade at most: a few coins, fewer than any bar's book shows."""
ASK, BID = 10_001, 9_999
"""Best prices around the open [ten thousandths of it]: half of `venue.spread_bps` away."""


class Traded(NamedTuple):
    """One fill of any engine: row of its bar, whether it bought, base units, price and fee [quote]."""

    bar: int
    bought: bool
    quantity: float
    price: float
    fee: float = 0.0


def recorded(path: Path) -> Floats:
    """Return open, high, low, close [quote] and volume [base] of a file of candles, or random ones without a file:
    shape (5, rows).
    """
    if path.suffix == ".npy":
        return np.asarray(np.load(path), dtype=np.float64)
    if path.is_file():
        import pandas as pd

        return pd.read_parquet(path)[["open", "high", "low", "close", "volume"]].to_numpy(np.float64).T
    chance = generator(7, "benchmark", "candles")
    close = 30_000 * np.exp(np.cumsum(chance.normal(0.0, 0.0016, 144_000)))
    opened = np.concatenate(([30_000.0], close[:-1]))
    wick = close * np.abs(chance.normal(0.0, 0.0005, len(close)))
    prices = (opened, np.maximum(opened, close) + wick, np.minimum(opened, close) - wick, close)
    return np.stack((*prices, chance.uniform(20.0, 900.0, len(close))))


def candles(n: int, path: Path) -> Floats:
    """Return the same, repeated to n bars, prices in cents: shape (5, n)."""
    raw = recorded(path)
    bars = np.empty((5, n))
    for row, column in zip(bars, raw, strict=True):
        row[:] = np.resize(column, n)
    np.round(bars[:4], 2, out=bars[:4])
    return bars


def moments(n: int) -> Ints:
    return 1_577_836_800_000 + 300_000 * np.arange(1, n + 1, dtype=np.int64)


def signals(bars: Floats, fast: int = 12, slow: int = 26) -> tuple[Any, Any]:
    """Return the entries and the exits, shape (n,) each."""
    close = bars[3]
    quick, lazy, rsi = talib.EMA(close, fast), talib.EMA(close, slow), talib.RSI(close, 14)
    above = quick > lazy
    before = np.concatenate(([False], above[:-1]))
    known = ~np.isnan(lazy)
    known &= np.concatenate(([False], known[:-1]))
    return known & above & ~before & (rsi < 70.0), known & ~above & before


def votes(bars: Floats, fast: int = 12, slow: int = 26) -> Votes:
    enter, leave = signals(bars, fast, slow)
    direction = (enter.astype(np.int8) - leave.astype(np.int8))[:, None]
    full, unknown = (np.broadcast_to(np.float64(value), direction.shape) for value in (1.0, np.nan))
    return Votes(direction, full, full, unknown)


def rules(stop: float = STOP) -> Rules:
    limits = LIMITS.model_copy(update={"stop_fraction": stop})
    instrument = instrument_of(SETTINGS.market, SYMBOL)
    return rules_of([instrument], limits, SETTINGS.exits, SETTINGS.venue, 288.0)


def grid(bars: Floats) -> Grid:
    return grid_of((SYMBOL,), Timeframe.M5, moments(bars.shape[1]), bars[:, :, None], first=WARMUP)


def ours(bars: Floats) -> KernelResult:
    """Run everything from columns of prices to the result."""
    return simulate(grid(bars), votes(bars), rules())


def our_fills(made: KernelResult, lot: Decimal | None = None) -> list[Traded]:
    """Return our fills with rows of the whole grid, levels of one order at one bar as they were taken."""
    rules = instrument_of(SETTINGS.market, SYMBOL)
    lot, tick = lot or rules.lot_size, rules.tick_size
    return [
        Traded(
            int(f["bar"]) + WARMUP, bool(f["buys"]), float(int(f["lots"]) * lot), float(int(f["ticks"]) * tick),
            float(f["fee"]),
        )
        for f in made.fills
    ]  # fmt: skip


def signals_alone(bars: Floats) -> tuple[Any, Any]:
    """Return the same signals from the first bar on at which our gate has enough history, shape (n,) each."""
    enter, leave = signals(bars)
    enter[: WARMUP + int(rules_alone().limits["least_bars"][0]) + 1] = False
    return enter, leave


def rules_alone() -> Rules:
    """Return the rules of an account that none of our limits and exits holds back; a lot is one coin."""
    far: dict[str, Any] = {"stop_fraction": 0.49, "max_stop_fraction": 0.89, "max_position_fraction": SMALL}
    far |= {"turbulence": "account", "turbulence_sigma": math.inf}  # prices jump where the recording begins again
    limits = loosest(ALONE.limits).model_copy(update=far)
    instrument = instrument_of(ALONE.market, SYMBOL).model_copy(update={"lot_size": Decimal(1)})
    return rules_of([instrument], limits, ALONE.exits, ALONE.venue, 288.0)


def ours_alone(bars: Floats) -> KernelResult:
    """Run the signals alone: each purchase is scaled to one and a half coins, which is one whole lot."""
    enter, leave = signals_alone(bars)
    close, direction = bars[3][:, None], (enter.astype(np.int8) - leave.astype(np.int8))[:, None]
    scale = close * (1.5 / (float(ALONE.venue.starting_cash) * SMALL))
    return simulate(grid(bars), Votes(direction, np.broadcast_to(1.0, close.shape), scale, close), rules_alone())


def prices_alone(bars: Floats) -> tuple[Any, Any, Floats]:
    """Return where each side's signal trades, one bar later, and the price there: our book's ask or bid at the open."""
    enter, leave = (np.concatenate(([False], side[:-1])) for side in signals_alone(bars))
    ticks = np.rint(bars[0] * 100).astype(np.int64)
    bid = ticks * BID // 10_000
    return enter, leave, np.where(enter, np.maximum(-(-ticks * ASK // 10_000), bid + 1), bid) / 100


def difference(ours: Sequence[Traded], theirs: Sequence[Traded]) -> str:
    """Return why two engines cannot be compared by their times, in words; empty if both made the same fills."""
    if not ours or not theirs:
        return "nothing was traded"
    if len(ours) != len(theirs):
        return f"{len(ours):,} fills and {len(theirs):,}"
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if (one.bar, one.bought) != (other.bar, other.bought):
            return f"fill {number:,} is at bar {one.bar:,} and at bar {other.bar:,}"
        for name, a, b in (("quantity", one.quantity, other.quantity), ("price", one.price, other.price)):
            if a != b:
                return f"fill {number:,} has {name} {a:.12g} and {b:.12g}"
        if not math.isclose(one.fee, other.fee, rel_tol=1e-12):
            return f"fill {number:,} has fee {one.fee:.14g} and {other.fee:.14g}"
    return ""


def of_vectorbt(bars: Floats) -> Callable[[], list[Traded]]:
    import pandas as pd
    import vectorbt as vbt

    close = pd.Series(bars[3])

    def run() -> list[Traded]:
        enter, leave = signals(bars)
        made = vbt.Portfolio.from_signals(
            close, pd.Series(enter), pd.Series(leave), open=bars[0], high=bars[1], low=bars[2], sl_stop=STOP, fees=FEE,
            slippage=SLIPPAGE, init_cash=10_000, freq="5min",
        )  # fmt: skip
        made.stats()
        orders = made.orders.records
        return [
            Traded(*row)
            for row in zip(
                orders["idx"], orders["side"] == 0, orders["size"], orders["price"], orders["fees"], strict=True
            )
        ]

    return run


def of_vectorbt_alone(bars: Floats) -> Callable[[], Any]:
    """Orders and equity, without the statistics, which we do not make either."""
    import pandas as pd
    import vectorbt as vbt

    close = pd.Series(bars[3])

    def run() -> Any:
        enter, leave, price = prices_alone(bars)
        made = vbt.Portfolio.from_signals(
            close, pd.Series(enter), pd.Series(leave), price=price, size=1.0, fees=FEE, init_cash=1e9, freq="5min"
        )
        made.value()
        return made.orders.records

    return run


def fills_of_vectorbt(orders: Any) -> list[Traded]:
    columns = (orders["idx"], orders["side"] == 0, orders["size"], orders["price"], orders["fees"])
    return [Traded(int(t), bool(bought), *map(float, row)) for t, bought, *row in zip(*columns, strict=True)]


def of_backtesting_alone(bars: Floats) -> Callable[[], Any]:
    """It buys and sells at one open, so its open is the price of the side that trades there."""
    import pandas as pd
    from backtesting import Backtest, Strategy

    index = pd.to_datetime(moments(bars.shape[1]), unit="ms")

    class Alone(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            enter, leave = signals_alone(bars)
            self.enter, self.leave = self.I(lambda: enter, plot=False), self.I(lambda: leave, plot=False)

        def next(self) -> None:
            if self.position and self.leave[-1]:
                self.position.close()
            elif not self.position and self.enter[-1]:
                self.buy(size=1)

    def run() -> Any:
        names = ("Open", "High", "Low", "Close", "Volume")
        columns = (prices_alone(bars)[2], *bars[1:])
        frame = pd.DataFrame(dict(zip(names, columns, strict=True)), index=index)
        return Backtest(frame, Alone, cash=1e9, commission=FEE).run()

    return run


def fills_of_backtesting(made: Any) -> list[Traded]:
    """Its closed trades, whose fee it gives as one, and the purchase of a trade that is open at the end."""
    fills = []
    for entry, leave, size, bought, sold, fee in made["_trades"][
        ["EntryBar", "ExitBar", "Size", "EntryPrice", "ExitPrice", "Commission"]
    ].itertuples(index=False):
        first = size * bought * FEE
        fills += [Traded(entry, True, size, bought, first), Traded(leave, False, size, sold, fee - first)]
    left = [
        Traded(t.entry_bar, True, t.size, t.entry_price, t.size * t.entry_price * FEE) for t in made["_strategy"].trades
    ]
    return sorted(fills + left)


def of_backtesting(bars: Floats) -> Callable[[], list[Traded]]:
    import pandas as pd
    from backtesting import Backtest, Strategy

    names = ("Open", "High", "Low", "Close", "Volume")
    frame = pd.DataFrame(dict(zip(names, bars, strict=True)), index=pd.to_datetime(moments(bars.shape[1]), unit="ms"))

    class Cross(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            enter, leave = signals(bars)
            self.enter, self.leave = self.I(lambda: enter, plot=False), self.I(lambda: leave, plot=False)

        def next(self) -> None:
            if self.position and self.leave[-1]:
                self.position.close()
            elif not self.position and self.enter[-1]:
                self.buy(size=0.9, sl=self.data.Close[-1] * (1 - STOP))

    def run() -> list[Traded]:
        made = Backtest(frame, Cross, cash=1e7, commission=FEE, spread=SLIPPAGE).run()
        trades = made["_trades"]
        bought = zip(trades["EntryBar"], trades["Size"], trades["EntryPrice"], strict=True)
        sold = zip(trades["ExitBar"], trades["Size"], trades["ExitPrice"], strict=True)
        return sorted([Traded(t, True, q, p) for t, q, p in bought] + [Traded(t, False, q, p) for t, q, p in sold])

    return run


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
    fills, base = our_fills(ours_alone(bars), Decimal(1)), seconds(lambda: ours_alone(bars))
    table = _table(f"{n:,} bars of 5 minutes, the signals alone: same fills, indicators included")
    for column in ("engine", "CPU s", "M bars/s", "times ours", "fills"):
        table.add_column(column, justify="left" if column == "engine" else "right")
    table.add_row("Tribunal: its gate and exits, never acting", *_row(base, n), "1.0", f"{len(fills):,}")
    others: list[Any] = [("vectorbt: orders and equity", of_vectorbt_alone, fills_of_vectorbt, 5)]
    if slow:
        others.append(("backtesting.py: with its statistics", of_backtesting_alone, fills_of_backtesting, 2))
    for name, make, read, times in others:
        try:
            run = make(bars)
        except ImportError:
            table.add_row(name, "-", "-", "-", "pip install '.[bench]'")
            continue
        theirs = read(run())
        taken, why = seconds(run, times), difference(fills, theirs)
        table.add_row(name, *_row(taken, n), f"none: {why}" if why else f"{taken / base:.1f}", f"{len(theirs):,}")
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


def _measure(n: int, path: Path) -> None:
    bars = candles(n, path)
    taken = seconds(lambda: ours(bars), 3)
    status = Path("/proc/self/status").read_text(encoding="utf-8")  # getrusage reports the parent's peak for a child
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    sys.stdout.write(f"{taken} {peak}")


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
        _measure(arguments.measure, arguments.data)
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
