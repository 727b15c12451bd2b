"""Stylised facts of bars: what the returns of real markets have in common (Cont 2001), as one number each.

All are of log returns. `excess_kurtosis`: 0 for a normal law. `tail_index`: Hill's estimator on the largest 1 % of absolute
returns. `clustering_L`: autocorrelation of absolute returns at a lag of L bars. `memory`: autocorrelation of returns at one
bar. `leverage`: correlation of a day's return with the change of its volatility on the next (Bouchaud et al. 2001; negative
when falls make markets nervous). `persistence_H`: variance ratio of returns over H bars (Lo and MacKinlay 1988); above 1 when
trends go on. `drawdown`: the deepest fall from a peak [share]. `busy_hour`: volatility of the busiest hour of the day over
the quietest.
"""

from typing import NamedTuple

import numpy as np

from market.candles import Floats, Millis

_DAY = 24
_TAIL = 0.01
LEAST_BARS = 60 * _DAY
"""Fewer hourly bars than these say nothing about a market."""


class Facts(NamedTuple):
    """The facts of one market on hourly bars; see the module for each. Dimensionless."""

    volatility: float
    excess_kurtosis: float
    excess_kurtosis_day: float
    tail_index: float
    memory: float
    clustering_1: float
    clustering_24: float
    clustering_168: float
    leverage: float
    persistence_24: float
    persistence_168: float
    drawdown: float
    busy_hour: float


def facts_of(close_ms: Millis, close: Floats) -> Facts:
    """The facts of hourly closes. `close_ms`: shape (n,), int64 [ms since 1970 UTC]; `close`: shape (n,), float64 [quote].

    `volatility` is annualised. Raises ValueError for fewer than `LEAST_BARS` bars.
    """
    if len(close) < LEAST_BARS:
        raise ValueError(f"{len(close)} hourly bars are too few: {LEAST_BARS} are needed")
    log = np.log(close)
    returns = np.diff(log)
    days = np.diff(log[::_DAY])
    return Facts(
        volatility=float(returns.std() * np.sqrt(365 * _DAY)),
        excess_kurtosis=_kurtosis(returns),
        excess_kurtosis_day=_kurtosis(days),
        tail_index=_tail_index(returns),
        memory=_correlation(returns, 1),
        clustering_1=_correlation(np.abs(returns), 1),
        clustering_24=_correlation(np.abs(returns), _DAY),
        clustering_168=_correlation(np.abs(returns), 7 * _DAY),
        leverage=_leverage(returns),
        persistence_24=_variance_ratio(log, _DAY),
        persistence_168=_variance_ratio(log, 7 * _DAY),
        drawdown=float(1 - np.exp(log - np.maximum.accumulate(log)).min()),
        busy_hour=_busy_hour(close_ms[1:], returns),
    )


def common_move(one: Floats, other: Floats, step: int) -> float:
    """Correlation of two markets' log returns over `step` bars. Closes of one grid, each of shape (n,), float64 [quote]."""
    first, second = (np.diff(np.log(each[::step])) for each in (one, other))
    return float(np.corrcoef(first, second)[0, 1])


def _kurtosis(values: Floats) -> float:
    deviations = values - values.mean()
    return float((deviations**4).mean() / (deviations**2).mean() ** 2 - 3)


def _tail_index(returns: Floats) -> float:
    """Hill (1975)."""
    ordered = np.sort(np.abs(returns))[::-1]
    count = max(10, int(_TAIL * len(ordered)))
    return float(1 / np.mean(np.log(ordered[:count] / ordered[count])))


def _correlation(values: Floats, lag: int) -> float:
    deviations = values - values.mean()
    return float((deviations[lag:] * deviations[:-lag]).sum() / (deviations**2).sum())


def _leverage(returns: Floats) -> float:
    whole = returns[: len(returns) // _DAY * _DAY].reshape(-1, _DAY)
    day, nervous = whole.sum(axis=1), np.log(whole.std(axis=1) + 1e-12)
    return float(np.corrcoef(day[:-1], np.diff(nervous))[0, 1])


def _variance_ratio(log: Floats, step: int) -> float:
    single = np.diff(log)
    several = log[step:] - log[:-step]
    return float(several.var() / (step * single.var()))


def _busy_hour(close_ms: Millis, returns: Floats) -> float:
    hour = close_ms // 3_600_000 % 24
    sizes = np.array([np.abs(returns[hour == each]).mean() for each in range(24)])
    return float(sizes.max() / sizes.min())


class Range(NamedTuple):
    """Where a fact lies over many markets and years: the least, a tenth, the middle, nine tenths, the most."""

    least: float
    tenth: float
    middle: float
    ninth: float
    most: float


def range_of(values: Floats) -> Range:
    """`values`: one fact of many markets and years, shape (n,), float64 [dimensionless]. Raises ValueError for none."""
    if not len(values):
        raise ValueError("a range needs at least one value")
    return Range(*(float(value) for value in np.quantile(values, [0.0, 0.1, 0.5, 0.9, 1.0])))
