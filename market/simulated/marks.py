"""The mark prices of simulated perpetuals: near the traded price, with a small basis that comes and goes, and shorter wicks.

An exchange's mark follows the index of several exchanges, so it takes part in a wick of one of them only in part. Each market has
its own random stream: marks change no traded price.
"""

import math

import numpy as np

from config.seeds import generator
from market.candles import Candles
from market.plausible.marks import MarkBars
from market.simulated.drawn import autoregression

_BASIS, _BASIS_H, _MOST_BASIS = 0.0003, 4.0, 0.003  # standard deviation, memory [hours], most [fractions of the price]
_WICK = 0.85  # how much of a wick the mark follows


def drawn_marks(seed: int, candles: Candles, start_ms: int, end_ms: int) -> MarkBars:
    """The marks of the bars that close after `start_ms` and not after `end_ms` [ms since 1970 UTC]."""
    memory = math.exp(-candles.timeframe.seconds / 3600 / _BASIS_H)
    shocks = generator(seed, "market", candles.symbol, "mark").standard_normal(len(candles) + 1)
    wave = autoregression(shocks * _BASIS * math.sqrt(1 - memory**2), memory)
    basis = 1 + np.clip(wave, -_MOST_BASIS, _MOST_BASIS)
    open_, close = candles.open * basis[:-1], candles.close * basis[1:]
    top, bottom = np.maximum(candles.open, candles.close), np.minimum(candles.open, candles.close)
    high = np.maximum(open_, close) + _WICK * (candles.high - top)
    low = np.minimum(open_, close) - _WICK * (bottom - candles.low)
    inside = (candles.close_ms > start_ms) & (candles.close_ms <= end_ms)
    prices = np.stack([open_, high, low, close], axis=1)
    return MarkBars(candles.close_ms[inside].copy(), prices[inside])
