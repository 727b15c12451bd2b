"""The speed of the signals: whole columns, one bar at a time, and plain pandas beside them.

    python benchmarks/signals.py            (make bench)

Ten years of hourly bars of a random walk. Pandas computes what takes a line or two in it: the averages, MACD, Bollinger, RSI,
ATR, channels, stochastic, OBV, VWAP of 20 bars, Keltner, returns and volatilities. It has no ADX, no Supertrend, no levels, no
regime and no patterns, and its first values differ, so its row shows less work than ours. Rates are bars per second of CPU
time, the fastest of seven runs (the machine may be busy); a bar of each timeframe counts as one.
"""

import resource
from collections.abc import Callable

import numpy as np
import pandas as pd
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from config.seeds import generator
from market.candles import Candles
from market.indicators.batch import columns_of_all, signal_columns
from market.indicators.engine import SignalEngine
from market.indicators.patterns import KINDS
from market.timeframe import Timeframe

BARS = 87_600
STREAMED = 6_000
_TURNS = 7
_HOUR_MS = 3_600_000


def history(n: int, seed: int = 1) -> Candles:
    """Hourly bars of a random walk with a volatility that changes."""
    chance = generator(seed, "benchmark", "signals")
    sizes = 0.004 * np.exp(0.5 * np.sin(np.arange(n) / 500.0))
    close = 30_000 * np.exp(np.cumsum(sizes * chance.standard_normal(n)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) * (1 + sizes * chance.random(n))
    low = np.minimum(open_, close) * (1 - sizes * chance.random(n))
    first_ms = 1_514_764_800_000  # Monday, 2018-01-01
    close_ms = first_ms + _HOUR_MS * np.arange(1, n + 1, dtype=np.int64)
    return Candles.validated("BTC/USDT", Timeframe.H1, close_ms, open_, high, low, close, chance.exponential(100.0, n))


def with_pandas(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns that pandas has."""
    high, low, close, volume = frame["high"], frame["low"], frame["close"], frame["volume"]
    before, moved = close.shift(1), pd.Series(np.log(close / close.shift(1)))
    span = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)
    fast, slow = close.ewm(span=12, adjust=False).mean(), close.ewm(span=26, adjust=False).mean()
    rise, fall = close.diff().clip(lower=0), -close.diff().clip(upper=0)
    signed: pd.Series = volume.where(close.diff() > 0, 0.0) - volume.where(close.diff() < 0, 0.0)
    strength = rise.ewm(alpha=1 / 14, adjust=False).mean() / fall.ewm(alpha=1 / 14, adjust=False).mean()
    ranges = {bars: span.ewm(alpha=1 / bars, adjust=False).mean() for bars in (10, 14)}
    middle, spread = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    keltner, typical = close.ewm(span=20, adjust=False).mean(), (high + low + close) / 3
    lowest, highest = low.rolling(14).min(), high.rolling(14).max()
    place = (100 * (close - lowest) / (highest - lowest)).rolling(3).mean()
    found: dict[str, pd.Series] = {
        "return_1": moved, "rsi_14": 100 - 100 / (1 + strength), "macd": fast - slow, "atr_14_quote": ranges[14],
        "macd_signal": (fast - slow).ewm(span=9, adjust=False).mean(), "bb_upper": middle + 2 * spread,
        "bb_lower": middle - 2 * spread, "sma_20": middle, "ema_12": fast, "ema_26": slow, "stoch_k": place,
        "stoch_d": place.rolling(3).mean(), "obv": signed.cumsum(),
        "vwap_20": (typical * volume).rolling(20).sum() / volume.rolling(20).sum(),
        "keltner_upper": keltner + 2 * ranges[10], "keltner_lower": keltner - 2 * ranges[10],
        "volume_ratio_20": volume / volume.rolling(20).mean().shift(1),
    }  # fmt: skip
    found |= {f"sma_{bars}": close.rolling(bars).mean() for bars in (50, 200)}
    found |= {f"highest_{bars}": high.rolling(bars).max().shift(1) for bars in (10, 20, 55)}
    found |= {f"lowest_{bars}": low.rolling(bars).min().shift(1) for bars in (10, 20, 55)}
    found |= {f"return_{days}d": pd.Series(np.log(close / close.shift(24 * days))) for days in (1, 7, 30)}
    found |= {f"realized_volatility_{bars}": moved.rolling(bars).std() * np.sqrt(8760.0) for bars in (20, 100)}
    return found


def agrees(candles: Candles, frame: pd.DataFrame) -> int:
    """The number of columns in which pandas and we agree at the last bar. Raises SystemExit where one differs."""
    ours, theirs = signal_columns(candles).values, with_pandas(frame)
    for name, column in theirs.items():
        mine = ours[name][-1] - (ours[name][0] if name == "obv" else 0.0)
        if not np.isclose(mine, column.iloc[-1], rtol=1e-6):
            raise SystemExit(f"{name}: pandas has {column.iloc[-1]!r}, we have {mine!r}")
    return len(theirs)


def used(work: Callable[[], object]) -> float:
    """CPU seconds of one call, the least of seven after one that compiles."""
    work()
    taken = []
    for _ in range(_TURNS):
        begun = _cpu()
        work()
        taken.append(_cpu() - begun)
    return min(taken)


def streamed(candles: Candles) -> list[float]:
    """CPU seconds of each bar that is pushed and read on all timeframes, as a case and every voter could read it."""
    engine, taken = SignalEngine(candles.symbol, candles.timeframe), []
    for row in range(len(candles)):
        bar, begun = candles.bar(row), _cpu()
        engine.push(bar)
        engine.signals(candles.timeframe)
        engine.view()
        taken.append(_cpu() - begun)
    return taken


def _cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def main() -> None:
    """Print the table."""
    candles = history(BARS)
    frame = pd.DataFrame(dict(zip(("open", "high", "low", "close", "volume"), candles.columns, strict=True)))
    shared, lengths = agrees(candles, frame), columns_of_all(candles)
    bars = sum(len(each.values["rsi_14"]) for each in lengths.values())
    fields = len(lengths[Timeframe.H1].values)
    table = Table("work", "bars", "ms", "bars/s", box=ROUNDED, title="Signals")
    for name, count, seconds in (
        (f"{fields} fields and {len(KINDS)} patterns, one timeframe", BARS, used(lambda: signal_columns(candles))),
        (f"the same on four timeframes, {bars:,} bars in all", bars, used(lambda: columns_of_all(candles))),
        (f"pandas, {shared} of the fields, no pattern, one timeframe", BARS, used(lambda: with_pandas(frame))),
    ):
        table.add_row(name, f"{count:,}", f"{seconds * 1000:.0f}", f"{count / seconds:,.0f}")
    taken = np.array(streamed(history(STREAMED))) * 1000
    console = Console(width=110)
    console.print(table)
    console.print(
        f"One bar of one symbol, pushed and read on all timeframes: {taken.mean():.3f} ms on average, "
        f"{np.percentile(taken, 99):.3f} ms in the slowest hundredth."
    )


if __name__ == "__main__":
    main()
