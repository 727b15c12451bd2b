"""The figures of a market that only its bars decide: returns, and how large each was against those before it."""

import math

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.records import Flags, Floats, Records, Small
from risk.window import DECAY, MIN_RETURNS


@compiled
def measured(
    prices: Floats, state: Flags, frozen: Flags, bars: Records, returns: Floats, seen: Small, s: int
) -> tuple[int, bool]:
    """Lay out one symbol's bars, with their returns and how large these were against those before (`risk.window`).

    `prices`, shape (5, n_bars, n_symbols): open, high, low, close [quote] and volume [base]. `state`, `frozen`, shape (n_bars,
    n_symbols): int8, as in `execution.kernel.grid.grid_of`. `bars`, shape (n_bars, n_symbols): records of BAR [quote, base],
    changed, like `returns`, shape (n_symbols, n_bars) [simple return], and `seen`, of that shape: how many there were [count].

    Gives the bar of its first close, and whether all its bars are finite, positive and in order; absent ones may hold anything.
    """
    before, variance, moves, absent, first, sound = 0.0, 0.0, 0, 0, len(bars), True
    for t in range(len(bars)):
        bar, close, value, sigma = bars[t, s], prices[3, t, s], 0.0, np.nan
        bar.open, bar.high, bar.low, bar.close = prices[0, t, s], prices[1, t, s], prices[2, t, s], close
        bar.volume, bar.state, bar.frozen = prices[4, t, s], state[t, s], frozen[t, s]
        if bar.state != w.ABSENT:
            sound = sound and bar.low > 0.0 and bar.high < np.inf and 0.0 <= bar.volume < np.inf
            sound = sound and bar.low <= bar.open <= bar.high and bar.low <= close <= bar.high
        absent += 1
        if bar.state == w.BELIEVED:
            absent = 0
            if before > 0.0:
                value = close / before - 1.0
                if moves >= MIN_RETURNS and variance > 0.0:
                    sigma = value / math.sqrt(variance)
                variance += (1.0 if moves == 0 else 1.0 - DECAY) * (value * value - variance)
                moves += 1
            else:
                first = t
            before = close
        returns[s, t], seen[s, t], bar.sigma, bar.stale = value, moves, sigma, absent
    return first, sound
