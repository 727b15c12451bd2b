"""The difference of two Sharpe ratios over several out-of-sample paths of the same days, and how small a one could be seen.

Paths share their days, so they are no independent samples: a day is drawn with all of its paths at once, and days in blocks of
the stationary bootstrap. The two rules are drawn with the same days, so that moves of the market cancel.

The smallest difference is the one that a one-sided test at 5 % would have found with a power of 80 %, by the standard error of
this sample: 2.49 standard errors. A verdict of "not shown" below it says little.
"""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from config.frozen import Frozen
from config.seeds import generator
from evidence.statistics.blocks import LEAST_BARS, stationary_indices

Floats = npt.NDArray[np.float64]

RESAMPLES = 2000
ONE_SIDED = 0.05
POWER = 0.80
_CELLS = 2_000_000


class PooledDifference(Frozen):
    """First less second; Sharpe ratios are annual. None where a Sharpe ratio is undefined, since a rule never traded.

    `low`, `high`: the interval at 90 %, so `low` above 0 is significant at 5 %, one-sided. `share_above`: share of resamples in
    which the first was better. `smallest`: the difference that this sample could have shown.
    """

    first: float | None
    second: float | None
    value: float | None
    low: float | None
    high: float | None
    share_above: float | None
    standard_error: float | None
    smallest: float | None
    paths: int
    days: int
    block: float
    resamples: int

    @property
    def is_shown(self) -> bool:
        """Whether the first is better, at 5 % one-sided."""
        return self.low is not None and self.low > 0.0


def pooled_difference(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    per_year: float,
    seed: int,
    block: float = 7.0,
    resamples: int = RESAMPLES,
) -> PooledDifference:
    """The difference of the Sharpe ratios of two rules over all paths together.

    `first`, `second`: shape (n_paths, n_days), float64 [simple return of a day], oldest first, on the same days.
    `per_year`: days a year. `block`: mean length of a block [days].

    Raises ValueError for other shapes, fewer than 30 days, or what is not finite.
    """
    pair = [np.atleast_2d(np.asarray(each, dtype=np.float64)) for each in (first, second)]
    if pair[0].shape != pair[1].shape or pair[0].ndim != 2 or pair[0].shape[1] < LEAST_BARS:
        raise ValueError(
            f"two rules need the same paths of {LEAST_BARS} days at least, got shapes {pair[0].shape}, {pair[1].shape}"
        )
    if not all(np.isfinite(each).all() for each in pair):
        raise ValueError("a return is NaN or infinite")
    paths, days = pair[0].shape
    own = [pooled_sharpe(each, per_year=per_year) for each in pair]
    told = {"first": own[0], "second": own[1], "paths": paths, "days": days, "block": block, "resamples": resamples}
    drawn = _drawn(pair, per_year, seed, block, resamples)
    drawn = drawn[np.isfinite(drawn)]
    if own[0] is None or own[1] is None or len(drawn) < resamples // 2:
        return PooledDifference(
            **told, value=None, low=None, high=None, share_above=None, standard_error=None, smallest=None
        )
    low, high = np.quantile(drawn, [ONE_SIDED, 1.0 - ONE_SIDED])
    error = float(drawn.std(ddof=1))
    return PooledDifference(
        **told,
        value=own[0] - own[1],
        low=float(low),
        high=float(high),
        share_above=float((drawn > 0.0).mean()),
        standard_error=error,
        smallest=smallest_difference(error),
    )


def smallest_difference(standard_error: float) -> float:
    """The difference that a one-sided test at 5 % finds with a power of 80 %, in the unit of the standard error."""
    normal = NormalDist()
    return (normal.inv_cdf(1.0 - ONE_SIDED) + normal.inv_cdf(POWER)) * standard_error


def pooled_sharpe(returns: Floats, *, per_year: float) -> float | None:
    """The annual Sharpe ratio over all paths together; None for constant returns.

    `returns`: shape (n_paths, n_days), float64 [simple return of a day].
    """
    spread = float(returns.std(ddof=1))
    return float(returns.mean()) / spread * per_year**0.5 if spread > 1e-15 else None


def _drawn(pair: list[Floats], per_year: float, seed: int, block: float, resamples: int) -> Floats:
    """The difference in each resample, shape (resamples,); NaN where it is undefined."""
    paths, days = pair[0].shape
    rng, found = generator(seed, "evidence", "pooled"), np.empty(resamples)
    sums = [(each.sum(axis=0), (each**2).sum(axis=0)) for each in pair]
    step = max(1, _CELLS // days)
    for begin in range(0, resamples, step):
        rows = slice(begin, min(begin + step, resamples))
        chosen = np.array([stationary_indices(days, block, rng) for _ in range(rows.start, rows.stop)])
        ratios = [
            _ratio(total[chosen].sum(axis=1), squares[chosen].sum(axis=1), paths * days) for total, squares in sums
        ]
        found[rows] = (ratios[0] - ratios[1]) * per_year**0.5
    return found


def _ratio(sums: Floats, squares: Floats, n: int) -> Floats:
    """The Sharpe ratio of a period from sums over n returns; NaN for constant returns."""
    variance = (squares - sums * sums / n) / (n - 1)
    varied = variance > 1e-30
    return np.where(varied, sums / n / np.sqrt(np.where(varied, variance, 1.0)), np.nan)
