"""The bars that all engines are given: recorded candles of five minutes, or random ones where there are none."""

from functools import cache
from pathlib import Path

import numpy as np

from config.seeds import generator
from execution.kernel.records import Floats, Ints

RECORDED = Path(__file__).resolve().parents[3] / "shared/data/ohlcv/futures_5m/binance_BTCUSDT_perp_5m.parquet"


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


@cache
def moments(n: int) -> Ints:
    """Return when each of n bars closes [ms since 1970 UTC]."""
    return 1_577_836_800_000 + 300_000 * np.arange(1, n + 1, dtype=np.int64)
