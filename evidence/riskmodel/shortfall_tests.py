"""Is expected shortfall large enough? The tests of Acerbi & Szekely (2014), "Backtesting expected shortfall".

`returns`, `var` and `es` are shape (n,): what happened, and the forecasts before it, losses positive. A statistic near 0 is
what a right model gives, one below 0 says that ES was too small. p-values come from simulation, not from a table: under a
right model each bar is beyond its VaR with probability 1 - confidence, and then loses in units of its ES what a Student law
with 4 degrees of freedom loses there. The paper shows (its table 3) that the law hardly matters; a heavy tail makes the
test slower to reject. One-sided: an ES that is too large passes here, and costs in the loss functions.
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
    """What a right model's statistics look like, each sorted, shape (draws,)."""

    z1: Floats
    z2: Floats


def null_law(
    number: int, *, confidence: float, chance: np.random.Generator, freedom: float = FREEDOM, draws: int = DRAWS
) -> NullLaw:
    """Statistics of `draws` right models over `number` bars. Raises ValueError for a bad number or confidence.

    Draws without any exceedance have no Z1 and are left out of its law.
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
    """Z1 (their equation 4) and Z2 (equation 6) with p-values from `law`, made for as many bars and the same confidence.

    Raises ValueError for bad or unaligned series, or an ES that is not above 0.
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
    """Share of right models that do as badly, counting this one (Davison & Hinkley 1997, 4.2)."""
    return float(np.searchsorted(law, statistic, side="right") + 1) / (len(law) + 1)
