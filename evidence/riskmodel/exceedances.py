"""Was VaR exceeded as often as it should be, and not in clusters? Tests of the risk model on what happened afterwards.

`hits` are booleans, shape (n,), oldest first: whether each bar lost more than the VaR forecast before it. p-values are
asymptotic; with few expected exceedances they are rough. Bad input raises ValueError.
"""

import math
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import tail_probability

Flags = npt.NDArray[np.bool_]


class Ratio(NamedTuple):
    """A likelihood ratio and its p-value: small where the model is unlikely to be right."""

    statistic: float
    p_value: float


class Light(StrEnum):
    """Traffic light of the Basel Committee (1996), "Supervisory framework for the use of backtesting"."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def kupiec(hits: npt.ArrayLike, *, confidence: float) -> Ratio:
    """Proportion of failures: is the rate of exceedances 1 - confidence? Two-sided. Kupiec (1995), chi-squared(1)."""
    flags, tail = _checked(hits), tail_probability(confidence)
    count, number = int(flags.sum()), len(flags)
    return _ratio(_bernoulli(count, number, count / number) - _bernoulli(count, number, tail), 1)


def independence(hits: npt.ArrayLike) -> Ratio:
    """Is an exceedance as likely after an exceedance as after none? Christoffersen (1998), 3.2, chi-squared(1).

    Without one exceedance that has a successor nothing can be told: the statistic is 0 and the p-value 1.
    """
    flags = _checked(hits, at_least=2)
    before, after = flags[:-1], flags[1:]
    calm, hit = int((~before).sum()), int(before.sum())
    calm_hits, hit_hits = int((~before & after).sum()), int((before & after).sum())
    if not calm or not hit:
        return Ratio(0.0, 1.0)
    apart = _bernoulli(calm_hits, calm, calm_hits / calm) + _bernoulli(hit_hits, hit, hit_hits / hit)
    together = _bernoulli(calm_hits + hit_hits, calm + hit, (calm_hits + hit_hits) / (calm + hit))
    return _ratio(apart - together, 1)


def conditional_coverage(hits: npt.ArrayLike, *, confidence: float) -> Ratio:
    """Both at once: the sum of the two statistics, chi-squared(2). Christoffersen (1998), 3.3."""
    both = kupiec(hits, confidence=confidence).statistic + independence(hits).statistic
    return _ratio(both / 2.0, 2)


def traffic_light(hits: npt.ArrayLike, *, confidence: float) -> Light:
    """Yellow from the number of exceedances that a right model stays below with 95 %, red with 99.99 %.

    For 250 bars at 99 % these are the 5 and 10 of the Committee's table; other lengths use the same probabilities.
    """
    from scipy.special import bdtr

    flags = _checked(hits)
    at_most = float(bdtr(int(flags.sum()), len(flags), tail_probability(confidence)))
    if at_most < 0.95:
        return Light.GREEN
    return Light.YELLOW if at_most < 0.9999 else Light.RED


def _bernoulli(count: int, number: int, probability: float) -> float:
    """Log-likelihood of `count` hits in `number`; 0 * log(0) is 0."""
    inside = count * math.log(probability) if count else 0.0
    return inside + ((number - count) * math.log1p(-probability) if count < number else 0.0)


def _ratio(gain: float, freedom: int) -> Ratio:
    from scipy.special import chdtrc

    statistic = max(0.0, 2.0 * gain)
    return Ratio(statistic, float(chdtrc(freedom, statistic)))


def _checked(hits: npt.ArrayLike, *, at_least: int = 1) -> Flags:
    flags = np.asarray(hits)
    if flags.dtype != np.bool_ or flags.ndim != 1 or flags.size < at_least:
        raise ValueError(f"booleans of shape (n,), n >= {at_least}, are needed; got {flags.dtype} of {flags.shape}")
    return flags
