"""The figures of a market that only its bars decide: returns, and how large each was against those before it."""

import math
from typing import Any

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.records import Flags, Floats, Records, Small
from risk.window import DECAY, MIN_RETURNS


@compiled
def show(columns: Any, now: Records, t: int) -> None:
    """Lay out bar `t` of each market in `now`, shape (n_symbols,): records of BAR [quote, base].

    `columns`: prices, shape (5, n_bars, n_symbols) [quote, base]; states and frozen markets, shape (n_bars, n_symbols); moves and
    stale bars, of that shape, or without a row where nobody asks for them (`execution.kernel.grid`).
    """
    prices, state, frozen, sigma, stale = columns
    for s in range(len(now)):
        bar = now[s]
        bar.open, bar.high, bar.low = prices[w.OPEN, t, s], prices[w.HIGH, t, s], prices[w.LOW, t, s]
        bar.close, bar.volume = prices[w.CLOSE, t, s], prices[w.VOLUME, t, s]
        bar.state, bar.frozen = state[t, s], frozen[t, s]
        bar.sigma = sigma[t, s] if len(sigma) else np.nan
        bar.stale = stale[t, s] if len(stale) else 0


@compiled
def show_marks(marks: Floats, rates: Floats, now: Records, t: int) -> None:
    """Lay out the mark prices of bar `t`, and the funding rates that were due last, in `now`, shape (n_symbols,).

    `marks`, shape (4, n_bars, n_symbols): open, high, low and close [quote]; `rates`, shape (n_bars, n_symbols) [fraction].
    """
    for s in range(len(now)):
        bar = now[s]
        bar.mark_open, bar.mark_high = marks[w.OPEN, t, s], marks[w.HIGH, t, s]
        bar.mark_low, bar.mark_close = marks[w.LOW, t, s], marks[w.CLOSE, t, s]
        bar.rate = rates[t, s]


@compiled
def sound(prices: Floats, state: Flags) -> tuple[int, bool, float]:
    """The bar of the first close of any market, -1 if a bar is not finite, positive and in order; whether each bar of each market
    is believed; and the largest return of any bar, up or down [simple return].

    `prices`, shape (5, n_bars, n_symbols): open, high, low, close [quote] and volume [base]; `state`, shape (n_bars, n_symbols):
    int8, as in `execution.kernel.grid.grid_of`. Absent bars may hold anything.
    """
    bars, origin, whole, fine, most, least = len(state), len(state), True, True, 1.0, 1.0
    for s in range(state.shape[1]):
        before = 0.0
        for t in range(bars):
            kind = state[t, s]
            if kind != w.ABSENT:
                low, high, close = prices[w.LOW, t, s], prices[w.HIGH, t, s], prices[w.CLOSE, t, s]
                first, volume = prices[w.OPEN, t, s], prices[w.VOLUME, t, s]
                fine &= (low > 0.0) & (high < np.inf) & (volume >= 0.0) & (volume < np.inf)
                fine &= (low <= first) & (first <= high) & (low <= close) & (close <= high)
            if kind != w.BELIEVED:
                whole = False
                continue
            if before > 0.0:
                ratio = prices[w.CLOSE, t, s] / before
                most, least = max(most, ratio), min(least, ratio)
            else:
                origin = min(origin, t)
            before = prices[w.CLOSE, t, s]
    return origin if fine else w.NONE, whole, max(most - 1.0, 1.0 - least)


@compiled
def measured(prices: Floats, state: Flags, returns: Floats, seen: Small, sigma: Floats, stale: Small, s: int) -> None:
    """Measure one symbol's returns, and how large these were against those before (`risk.window`).

    `prices`, `state`: as in `sound`. Changed: `returns`, shape (n_symbols, n_bars) [simple return], and `seen`, of that shape:
    how many there were [count]; `sigma`, shape (n_bars, n_symbols) [standard deviations], NaN where unknown, and `stale`, of that
    shape: bars in a row without a believed one [bars].
    """
    before, variance, moves, absent = 0.0, 0.0, 0, 0
    for t in range(len(state)):
        value, size = 0.0, np.nan
        absent += 1
        if state[t, s] == w.BELIEVED:
            absent = 0
            close = prices[w.CLOSE, t, s]
            if before > 0.0:
                value = close / before - 1.0
                if moves >= MIN_RETURNS and variance > 0.0:
                    size = value / math.sqrt(variance)
                variance += (1.0 if moves == 0 else 1.0 - DECAY) * (value * value - variance)
                moves += 1
            before = close
        returns[s, t], seen[s, t], sigma[t, s], stale[t, s] = value, moves, size, absent
