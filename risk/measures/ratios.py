"""Performance ratios: growth, Sharpe, Sortino, Calmar, Omega, tail ratio. Pure functions on simple returns of one bar each.

A ratio with a zero denominator (no volatility, no loss) is None: it is not known, and is neither 0 nor infinity. Bad input
raises ValueError. `bars_per_year` is always an argument; 1 gives a ratio per bar.
"""

import math

import numpy as np
import numpy.typing as npt

from risk.measures.basic import finite_series, is_constant, positive_bars, sample_std
from risk.measures.drawdown import max_drawdown, wealth_curve

LEAST_DAYS = 30
"""Days below which no figure of growth a year is told, in any place: a month says little about a year."""


def tells_a_year(bars: int, *, bars_per_year: float) -> bool:
    """Whether so many bars are enough for growth a year and what is divided by it (CAGR, Calmar): `LEAST_DAYS` days.

    A year has 365 days. Raises ValueError for a `bars_per_year` that is not positive.
    """
    return bars * 365 >= LEAST_DAYS * positive_bars(bars_per_year)


def cagr(returns: npt.ArrayLike, *, bars_per_year: float) -> float:
    """Compound annual growth rate [fraction a year]: final wealth ^ (bars_per_year / n) - 1.

    `returns`: shape (n,), float64 [simple return], oldest first. A total loss gives -1. Raises ValueError for bad returns,
    one below -1, or a rate that is too large for a float.
    """
    final = float(wealth_curve(returns)[-1])
    try:
        return float(final ** (positive_bars(bars_per_year) / len(finite_series(returns)))) - 1.0
    except OverflowError as error:
        raise ValueError("these returns are too few to be annualised: the yearly growth has no finite value") from error


def sharpe(returns: npt.ArrayLike, *, bars_per_year: float, risk_free: npt.ArrayLike = 0.0) -> float | None:
    """Annualised Sharpe ratio: mean excess return over its standard deviation (n - 1), times sqrt(bars_per_year).

    Sharpe (1994), annualised for independent returns (Lo 2002). `returns`: shape (n,), n >= 2, float64 [simple return].
    `risk_free`: one number or shape (n,), float64 [simple return a bar]. The result is dimensionless; None for constant
    excess returns. Raises ValueError for bad input.
    """
    excess = _excess(returns, risk_free, at_least=2)
    if is_constant(excess):
        return None
    return float(excess.mean()) / sample_std(excess) * math.sqrt(positive_bars(bars_per_year))


def downside_deviation(returns: npt.ArrayLike, *, target: npt.ArrayLike = 0.0) -> float:
    """Root mean square shortfall below a target [simple return], over all n bars (Sortino & Price 1994).

    `returns`: shape (n,), float64 [simple return]. `target`: one number or shape (n,), float64 [simple return a bar]. Raises
    ValueError for bad input.
    """
    shortfall = np.minimum(_excess(returns, target), 0.0)
    return math.sqrt(float((shortfall**2).mean()))


def sortino(returns: npt.ArrayLike, *, bars_per_year: float, target: npt.ArrayLike = 0.0) -> float | None:
    """Annualised Sortino ratio: mean return above `target` over the downside deviation (Sortino & Price 1994).

    `returns`: shape (n,), float64 [simple return]. `target`: one number or shape (n,), float64 [simple return a bar]. The
    result is dimensionless; None when no bar is below the target. Raises ValueError for bad input.
    """
    deviation = downside_deviation(returns, target=target)
    if deviation == 0.0:
        return None
    return float(_excess(returns, target).mean()) / deviation * math.sqrt(positive_bars(bars_per_year))


def calmar(returns: npt.ArrayLike, *, bars_per_year: float) -> float | None:
    """Calmar ratio: compound annual growth over maximum drawdown of the whole series (Young 1991).

    `returns`: shape (n,), float64 [simple return], oldest first. The result is dimensionless; None when wealth never fell.
    Raises ValueError as `cagr` does.
    """
    deepest = max_drawdown(wealth_curve(returns))
    return None if deepest == 0.0 else cagr(returns, bars_per_year=bars_per_year) / deepest


def omega(returns: npt.ArrayLike, *, target: float = 0.0) -> float | None:
    """Omega ratio: sum of gains above `target` over sum of shortfalls below it (Keating & Shadwick 2002).

    `returns`: shape (n,), float64 [simple return]; `target` [simple return a bar]. The result is dimensionless; None when no
    bar is below the target. Raises ValueError for bad input.
    """
    excess = _excess(returns, target)
    shortfall = float(np.maximum(-excess, 0.0).sum())
    return None if shortfall == 0.0 else float(np.maximum(excess, 0.0).sum()) / shortfall


def tail_ratio(returns: npt.ArrayLike) -> float | None:
    """Tail ratio: the 95 % quantile of returns over the absolute value of the 5 % quantile.

    Above 1 the best bars gain more than the worst bars lose. As in empyrical; type 7 quantiles. `returns`: shape (n,), float64
    [simple return]. The result is dimensionless; None when the 5 % quantile is zero. Raises ValueError for bad input.
    """
    low, high = np.quantile(finite_series(returns), (0.05, 0.95))
    return None if low == 0.0 else abs(float(high)) / abs(float(low))


def _excess(returns: npt.ArrayLike, target: npt.ArrayLike, *, at_least: int = 1) -> npt.NDArray[np.float64]:
    series = finite_series(returns, at_least=at_least)
    level = np.asarray(target, dtype=np.float64)
    if level.shape not in ((), series.shape) or not np.isfinite(level).all():
        raise ValueError(f"the target must be one finite number or {series.size} of them, got shape {level.shape}")
    return series - level
