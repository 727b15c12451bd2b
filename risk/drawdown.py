"""How far wealth has fallen from its peak. Drawdowns are positive fractions: 0.1 is 10 % below the highest level so far."""

import numpy as np
import numpy.typing as npt

from risk.measures import Floats, finite_series


def wealth_curve(returns: npt.ArrayLike) -> Floats:
    """What 1 becomes under simple returns, shape (n,), oldest first; shape (n + 1,), beginning with 1.

    Raises ValueError for bad returns or one below -1 (more than everything lost).
    """
    series = finite_series(returns)
    if series.min() < -1.0:
        raise ValueError(f"a return of {series.min()} loses more than everything")
    return np.concatenate(([1.0], np.cumprod(1.0 + series)))


def drawdown_series(wealth: npt.ArrayLike) -> Floats:
    """Fall from the running peak at each moment, in [0, 1]: 1 - wealth / peak (Magdon-Ismail & Atiya 2004).

    `wealth` (equity in any unit), shape (n,), oldest first. Raises ValueError for bad or negative levels and for a
    first level that is not above 0.
    """
    levels = finite_series(wealth)
    if levels[0] <= 0 or levels.min() < 0:
        raise ValueError("wealth must start above 0 and never be negative")
    return 1.0 - levels / np.maximum.accumulate(levels)


def max_drawdown(wealth: npt.ArrayLike) -> float:
    """The deepest drawdown, in [0, 1]. Arguments and errors as `drawdown_series`."""
    return float(drawdown_series(wealth).max())
