"""The key figures of many curves at once, for resampling: `risk.measures.ratios` and `risk.measures.drawdown` by rows.

One row gives the same result as those functions (a test checks it); a thousand rows cost a fiftieth of a thousand calls. A value
that is undefined there is NaN here; the bootstrap counts it and never uses it as a number.
"""

import math
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Measure(StrEnum):
    """The main measures of a backtest. Ratios and growth are annual; `max_drawdown` is a positive fraction, lower is better."""

    SHARPE = "sharpe"
    SORTINO = "sortino"
    CALMAR = "calmar"
    CAGR = "cagr"
    MAX_DRAWDOWN = "max_drawdown"
    MEAN_RETURN = "mean_return"


def measure_rows(returns: Floats, bars_per_year: float) -> dict[Measure, Floats]:
    """Each measure of each row, shape (n_rows,), float64; NaN when it is undefined.

    `returns`: shape (n_rows, n_bars >= 2), float64 [simple return], oldest first; the caller has checked that they are finite
    and at least -1. CAGR is undefined when it is too large for a float; the others as in `risk.measures.ratios`.
    """
    n_bars, year = returns.shape[1], math.sqrt(bars_per_year)
    mean = returns.mean(axis=1)
    varied = (returns != returns[:, :1]).any(axis=1)
    deepest, final = _wealth(returns)
    with np.errstate(over="ignore"):
        grown = final ** (bars_per_year / n_bars) - 1.0
    growth = np.where(np.isfinite(grown), grown, np.nan)
    shortfall = np.sqrt((np.minimum(returns, 0.0) ** 2).mean(axis=1))
    return {
        Measure.SHARPE: _over(mean, np.where(varied, returns.std(axis=1, ddof=1), 0.0)) * year,
        Measure.SORTINO: _over(mean, shortfall) * year,
        Measure.CALMAR: _over(growth, deepest),
        Measure.CAGR: growth,
        Measure.MAX_DRAWDOWN: deepest,
        Measure.MEAN_RETURN: mean,
    }


def _wealth(returns: Floats) -> tuple[Floats, Floats]:
    """The maximum drawdown of each row, and its final wealth when it starts at 1."""
    wealth = np.asarray(np.cumprod(1.0 + returns, axis=1), dtype=np.float64)
    peak = np.maximum(np.maximum.accumulate(wealth, axis=1), 1.0)
    deepest: Floats = np.maximum(0.0, (1.0 - wealth / peak).max(axis=1))
    return deepest, wealth[:, -1]


def _over(number: Floats, divisor: Floats) -> Floats:
    """The quotient; NaN for a zero divisor, and infinite where it is too large."""
    with np.errstate(over="ignore"):
        return np.divide(number, divisor, out=np.full_like(number, np.nan), where=divisor > 0.0)
