"""Drawdowns: the fall of wealth from its peak. They are positive fractions: 0.1 is 10 % below the highest level so far."""

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, finite_series, tail_probability


def wealth_curve(returns: npt.ArrayLike) -> Floats:
    """The wealth that starts at 1 and has these returns, shape (n + 1,), float64 [multiple of the start].

    `returns`: shape (n,), float64 [simple return], oldest first. Raises ValueError for bad returns or one below -1.
    """
    series = finite_series(returns)
    if series.min() < -1.0:
        raise ValueError(f"a return of {series.min()} loses more than everything")
    return np.concatenate(([1.0], np.cumprod(1.0 + series)))


def drawdown_series(wealth: npt.ArrayLike) -> Floats:
    """The drawdown at each moment, shape (n,), float64 [fraction]: 1 - wealth / peak (Magdon-Ismail & Atiya 2004).

    `wealth`: shape (n,), float64 [quote, or any unit of equity], oldest first. Raises ValueError for bad or negative levels
    and for a first level that is not above 0.
    """
    levels = finite_series(wealth)
    if levels[0] <= 0 or levels.min() < 0:
        raise ValueError("wealth must start above 0 and never be negative")
    return 1.0 - levels / np.maximum.accumulate(levels)


def max_drawdown(wealth: npt.ArrayLike) -> float:
    """The maximum drawdown [fraction], in [0, 1].

    `wealth`: shape (n,), float64 [quote, or any unit of equity], oldest first. Raises ValueError as `drawdown_series` does.
    """
    return float(drawdown_series(wealth).max())


def longest_drawdown(wealth: npt.ArrayLike) -> int:
    """The longest drawdown [bars]: from a peak until its level is reached again, or until the end. 0 without a drawdown.

    `wealth`: shape (n,), float64 [quote, or any unit of equity], oldest first. Raises ValueError as `drawdown_series` does.
    """
    falls = drawdown_series(wealth)
    peaks = np.flatnonzero(falls == 0.0)
    ends = np.append(peaks, len(falls) - 1)
    waits = np.diff(ends)
    waits[:-1][waits[:-1] == 1] = 0
    return int(waits.max(initial=0))


def conditional_drawdown(wealth: npt.ArrayLike, *, confidence: float) -> float:
    """Conditional drawdown at risk (CDaR) [fraction]: mean of the worst 1 - confidence share of the drawdowns of all bars.

    Chekhlov, Uryasev & Zabarankin (2005), "Drawdown measure in portfolio optimization", equation 3.5. The bar at the edge of
    the tail counts in part. `wealth`: shape (n,), float64 [quote, or any unit of equity], oldest first. Raises ValueError as
    `drawdown_series` does, and for a confidence outside (0.5, 1).
    """
    falls = np.sort(drawdown_series(wealth))[::-1]
    number = tail_probability(confidence) * len(falls)
    whole = int(number)
    if whole == 0:
        return float(falls[0])
    return float((falls[:whole].sum() + (number - whole) * falls[min(whole, len(falls) - 1)]) / number)


def ulcer_index(wealth: npt.ArrayLike) -> float:
    """Root mean square drawdown [fraction], in [0, 1]; Martin & McCann (1989).

    `wealth`: shape (n,), float64 [quote, or any unit of equity], oldest first. Raises ValueError as `drawdown_series` does.
    """
    return float(np.sqrt((drawdown_series(wealth) ** 2).mean()))
