"""Tests of VaR forecasts: the rate of exceedances, and whether exceedances cluster.

`hits` are booleans, shape (n,), oldest first: whether each bar lost more than the VaR that was forecast before it. p-values are
asymptotic; with few expected exceedances they are inaccurate. Bad input raises ValueError.
"""

import math
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import tail_probability

Flags = npt.NDArray[np.bool_]


class Ratio(NamedTuple):
    """A likelihood ratio and its p-value. A small p-value is evidence against the model."""

    statistic: float
    p_value: float


class Light(StrEnum):
    """Traffic light of the Basel Committee (1996), "Supervisory framework for the use of backtesting"."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def kupiec(hits: npt.ArrayLike, *, confidence: float) -> Ratio:
    """Proportion of failures: tests, two-sided, whether the rate of exceedances is 1 - confidence.

    Kupiec (1995), chi-squared(1). `hits`: shape (n,), n >= 1, bool. Raises ValueError for bad hits or confidence.
    """
    flags, tail = _checked(hits), tail_probability(confidence)
    count, number = int(flags.sum()), len(flags)
    return _ratio(_bernoulli(count, number, count / number) - _bernoulli(count, number, tail), 1)


def independence(hits: npt.ArrayLike) -> Ratio:
    """Tests whether an exceedance is as likely after an exceedance as after a bar without one.

    Christoffersen (1998), 3.2, chi-squared(1). `hits`: shape (n,), n >= 2, bool, oldest first. When no exceedance has a bar
    after it, nothing can be tested: the statistic is 0 and the p-value 1. Raises ValueError for bad hits.
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
    """The Kupiec and independence tests together: the sum of their statistics, chi-squared(2). Christoffersen (1998), 3.3.

    `hits`: shape (n,), n >= 2, bool, oldest first. Raises ValueError for bad hits or confidence.
    """
    both = kupiec(hits, confidence=confidence).statistic + independence(hits).statistic
    return _ratio(both / 2.0, 2)


def traffic_light(hits: npt.ArrayLike, *, confidence: float) -> Light:
    """The traffic light for a number of exceedances.

    It is yellow from the number that a correct model stays below with probability 95 %, and red from that with 99.99 %. For
    250 bars at 99 % these are the 5 and 10 of the Committee's table; other lengths use the same probabilities. `hits`:
    shape (n,), n >= 1, bool. Raises ValueError for bad hits or confidence.
    """
    from scipy.special import bdtr

    flags = _checked(hits)
    at_most = float(bdtr(int(flags.sum()), len(flags), tail_probability(confidence)))
    if at_most < 0.95:
        return Light.GREEN
    return Light.YELLOW if at_most < 0.9999 else Light.RED


def _bernoulli(count: int, number: int, probability: float) -> float:
    """Log-likelihood of `count` hits in `number` bars; 0 * log(0) counts as 0."""
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
