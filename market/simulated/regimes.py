"""The regimes of the simulated market: bull, calm, bear and panic.

A Markov chain in continuous time (the idea is from Hamilton 1989): each regime lasts an exponentially distributed time, then
another one follows with given probabilities. The parameters are chosen, not fitted; they give a volatility like Bitcoin's.
"""

from typing import NamedTuple

import numpy as np

from market.candles import Floats

_YEAR_DAYS = 365.0


class Regime(NamedTuple):
    """One regime: annual drift and volatility of the market factor [log return]; `mood`, -1 to 1, for headlines."""

    name: str
    drift: float
    volatility: float
    mean_days: float
    mood: float
    next_odds: tuple[float, ...]


REGIMES = (
    Regime("bull", 1.3, 0.45, 10.0, 0.3, (0.0, 0.55, 0.35, 0.10)),
    Regime("calm", 0.1, 0.30, 8.0, 0.0, (0.50, 0.0, 0.45, 0.05)),
    Regime("bear", -0.9, 0.60, 8.0, -0.3, (0.30, 0.45, 0.0, 0.25)),
    Regime("panic", -6.0, 1.10, 1.5, -0.6, (0.35, 0.30, 0.35, 0.0)),
)


def regime_path(
    chance: np.random.Generator, bars: int, bar_days: float, regimes: tuple[Regime, ...] = REGIMES, first: int = 1
) -> "np.typing.NDArray[np.int64]":
    """The row in `regimes` of each bar, shape (bars,), int64 [row number]. A longer path begins with the shorter one."""
    if not bars:
        return np.empty(0, dtype=np.int64)
    path: list[tuple[int, int]] = []
    current, told = first, 0
    while told < bars:
        length = max(1, round(chance.exponential(regimes[current].mean_days) / bar_days))
        path.append((current, length))
        told += length
        current = int(np.searchsorted(np.cumsum(regimes[current].next_odds), chance.random(), side="right"))
        current = min(current, len(regimes) - 1)
    indices, lengths = zip(*path, strict=True)
    return np.repeat(np.array(indices, dtype=np.int64), np.array(lengths))[:bars]


def per_bar(
    path: "np.typing.NDArray[np.int64]", bar_days: float, regimes: tuple[Regime, ...] = REGIMES
) -> tuple[Floats, Floats, Floats]:
    """Drift and volatility of one bar [log return] and mood [dimensionless], each of shape (bars,), float64.

    `path` has shape (bars,), int64 [row number], as `regime_path` returns it.
    """
    years = bar_days / _YEAR_DAYS
    drift = np.array([regime.drift for regime in regimes])[path] * years
    volatility = np.array([regime.volatility for regime in regimes])[path] * np.sqrt(years)
    return drift, volatility, np.array([regime.mood for regime in regimes])[path]
