"""Return against risk: growth, Sharpe, Sortino, Calmar, Omega, tails. Pure functions on simple returns of one bar each.

A ratio whose denominator is zero (no volatility, no loss) is None: unknown, and neither 0 nor infinity. Bad input raises
ValueError. `bars_per_year` is always an argument; 1 leaves a ratio per bar.
"""

import math

import numpy as np
import numpy.typing as npt

from risk.measures.basic import finite_series, is_constant, positive_bars, sample_std
from risk.measures.drawdown import max_drawdown, wealth_curve


def cagr(returns: npt.ArrayLike, *, bars_per_year: float) -> float:
    """Compound annual growth rate of returns, shape (n,), oldest first: final wealth ^ (bars_per_year / n) - 1.

    A total loss gives -1. Raises ValueError for bad returns, one below -1, or a rate too large for a float.
    """
    final = float(wealth_curve(returns)[-1])
    try:
        return float(final ** (positive_bars(bars_per_year) / len(finite_series(returns)))) - 1.0
    except OverflowError as error:
        raise ValueError("these returns are too few to be annualised: the yearly growth has no finite value") from error


def sharpe(returns: npt.ArrayLike, *, bars_per_year: float, risk_free: npt.ArrayLike = 0.0) -> float | None:
    """Annualised Sharpe ratio: mean excess return over its standard deviation (n - 1), times sqrt(bars_per_year).

    Sharpe (1994), annualised as for independent returns (Lo 2002). `returns` shape (n,), n >= 2; `risk_free` per bar,
    one number or shape (n,). None for constant excess returns. Raises ValueError for bad input.
    """
    excess = _excess(returns, risk_free, at_least=2)
    if is_constant(excess):
        return None
    return float(excess.mean()) / sample_std(excess) * math.sqrt(positive_bars(bars_per_year))


def downside_deviation(returns: npt.ArrayLike, *, target: npt.ArrayLike = 0.0) -> float:
    """Root mean square shortfall below a target return per bar, over all n bars (Sortino & Price 1994).

    `returns` shape (n,); `target` one number or shape (n,). Raises ValueError for bad input.
    """
    shortfall = np.minimum(_excess(returns, target), 0.0)
    return math.sqrt(float((shortfall**2).mean()))


def sortino(returns: npt.ArrayLike, *, bars_per_year: float, target: npt.ArrayLike = 0.0) -> float | None:
    """Annualised Sortino ratio: mean return above `target` over the downside deviation (Sortino & Price 1994).

    None when no bar falls short. Arguments and errors as `downside_deviation`.
    """
    deviation = downside_deviation(returns, target=target)
    if deviation == 0.0:
        return None
    return float(_excess(returns, target).mean()) / deviation * math.sqrt(positive_bars(bars_per_year))


def calmar(returns: npt.ArrayLike, *, bars_per_year: float) -> float | None:
    """Compound annual growth over maximum drawdown (Young 1991), over the whole series, shape (n,), oldest first.

    None when wealth never fell. Raises ValueError as `cagr` does.
    """
    deepest = max_drawdown(wealth_curve(returns))
    return None if deepest == 0.0 else cagr(returns, bars_per_year=bars_per_year) / deepest


def omega(returns: npt.ArrayLike, *, target: float = 0.0) -> float | None:
    """Sum of gains above `target` over sum of shortfalls below it (Keating & Shadwick 2002); target per bar.

    `returns` shape (n,). None when no bar falls short. Raises ValueError for bad input.
    """
    excess = _excess(returns, target)
    shortfall = float(np.maximum(-excess, 0.0).sum())
    return None if shortfall == 0.0 else float(np.maximum(excess, 0.0).sum()) / shortfall


def tail_ratio(returns: npt.ArrayLike) -> float | None:
    """95 % quantile over the size of the 5 % quantile of returns, shape (n,): above 1 the good days outdo the bad ones.

    As in empyrical; type 7 quantiles. None where the 5 % quantile is zero. Raises ValueError for bad input.
    """
    low, high = np.quantile(finite_series(returns), (0.05, 0.95))
    return None if low == 0.0 else abs(float(high)) / abs(float(low))


def _excess(returns: npt.ArrayLike, target: npt.ArrayLike, *, at_least: int = 1) -> npt.NDArray[np.float64]:
    series = finite_series(returns, at_least=at_least)
    level = np.asarray(target, dtype=np.float64)
    if level.shape not in ((), series.shape) or not np.isfinite(level).all():
        raise ValueError(f"the target must be one finite number or {series.size} of them, got shape {level.shape}")
    return series - level
