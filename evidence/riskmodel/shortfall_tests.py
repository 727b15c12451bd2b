"""Tests whether expected shortfall is large enough: Acerbi & Szekely (2014), "Backtesting expected shortfall".

`returns`, `var` and `es` have shape (n,): the returns, and the forecasts made before them, losses positive. A correct model gives
a statistic near 0; a statistic below 0 means that ES was too small. p-values come from simulation, not from a table: under a
correct model each bar exceeds its VaR with probability 1 - confidence, and its loss in units of ES then follows the tail of a
Student distribution with 4 degrees of freedom. The paper shows (table 3) that the choice of distribution has little effect; a
heavy tail makes the test reject later. The test is one-sided: an ES that is too large passes here and increases the losses in
`evidence.riskmodel.losses`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, finite_series, tail_probability

FREEDOM = 4.0
DRAWS = 10_000
_GRID = 1 << 16


class Severity(NamedTuple):
    """Z1 (size of the exceedances; None without any), Z2 (their size and number), and their p-values."""

    z1: float | None
    z1_p: float | None
    z2: float
    z2_p: float


class NullLaw(NamedTuple):
    """The statistics of simulated correct models, each sorted, shape (draws,), float64 [dimensionless]."""

    z1: Floats
    z2: Floats


def null_law(
    number: int, *, confidence: float, chance: np.random.Generator, freedom: float = FREEDOM, draws: int = DRAWS
) -> NullLaw:
    """Simulate the statistics of `draws` correct models over `number` bars. Raises ValueError for a bad number or confidence.

    A draw without any exceedance has no Z1 and is left out of the distribution of Z1.
    """
    from scipy.stats import t as student

    tail = tail_probability(confidence)
    if number < 1 or draws < 1 or freedom <= 2.0:
        raise ValueError(f"cannot simulate {draws} draws of {number} bars with {freedom} degrees of freedom")
    losses = -student.ppf((np.arange(_GRID) + 0.5) / _GRID * tail, freedom)
    units = losses / losses.mean()
    counts = chance.binomial(number, tail, size=draws)
    sums = np.array([units[chance.integers(0, _GRID, size=count)].sum() for count in counts])
    seen = counts > 0
    return NullLaw(np.sort(1.0 - sums[seen] / counts[seen]), np.sort(1.0 - sums / (number * tail)))


def acerbi_szekely(
    returns: npt.ArrayLike, var: npt.ArrayLike, es: npt.ArrayLike, *, confidence: float, law: NullLaw
) -> Severity:
    """Z1 (equation 4 of the paper) and Z2 (equation 6) with p-values from `law`.

    `returns`, `var` and `es`: shape (n,), float64 [simple return, VaR and ES as positive losses]. `law` must be simulated for
    the same number of bars and the same confidence. Raises ValueError for bad or unaligned series, or an ES not above 0.
    """
    happened, edge, mean = (finite_series(values) for values in (returns, var, es))
    if not happened.size == edge.size == mean.size:
        raise ValueError(f"the series are not aligned: {happened.size}, {edge.size} and {mean.size} values")
    if mean.min() <= 0.0:
        raise ValueError("the test needs an expected shortfall above 0 in every bar")
    hits = happened < -edge
    total, count = float((happened[hits] / mean[hits]).sum()), int(hits.sum())
    z2 = total / (happened.size * tail_probability(confidence)) + 1.0
    z1 = total / count + 1.0 if count else None
    return Severity(z1, None if z1 is None else _below(law.z1, z1), z2, _below(law.z2, z2))


def _below(law: Floats, statistic: float) -> float:
    """Share of correct models with a statistic at most this one, this one included (Davison & Hinkley 1997, 4.2)."""
    return float(np.searchsorted(law, statistic, side="right") + 1) / (len(law) + 1)
