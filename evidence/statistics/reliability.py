"""The reliability of stated probabilities: measures over convictions in [0, 1] and outcomes.

Brier (1950) score and Murphy's (1973) decomposition into reliability - resolution + uncertainty. Murphy's decomposition is exact
when all forecasts in a bin are equal; the two terms for the spread within bins (Stephenson, Coelho & Jolliffe 2008) are added as
one, `within`, so that the parts add up. Expected calibration error as in Naeini et al. (2015). Intervals are Wilson's (1927) at
95 %. They assume independent outcomes; overlapping outcomes are not independent, so the true intervals are wider.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from config.frozen import Frozen

BINS = 10
_Z = 1.959963984540054

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Bin(Frozen):
    """The statements in [low, high): their number, mean, rate of success and mean return.

    `rate_low` and `rate_high` are the 95 % interval of the rate; `return_bps` is the mean net return of a purchase [bps].
    """

    low: float
    high: float
    n: int
    won: int
    stated: float
    rate: float
    rate_low: float
    rate_high: float
    return_bps: float


class Reliability(Frozen):
    """The measures of one speaker. brier = reliability - resolution + uncertainty + within.

    `skill` is relative to the base rate; it is None when all outcomes are equal.
    """

    n: int
    won: int
    base_rate: float
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float
    skill: float | None
    ece: float
    bins: tuple[Bin, ...]


def measure(stated: Floats, won: Bools, return_bps: Floats) -> Reliability:
    """All measures of one speaker.

    `stated`, in [0, 1], float64 [dimensionless], `won`, bool, and `return_bps`, float64 [bps], have shape (n,), n >= 1.
    Raises ValueError for other shapes or ranges.
    """
    if not len(stated) == len(won) == len(return_bps) > 0:
        raise ValueError(f"lengths {len(stated)}, {len(won)}, {len(return_bps)} must be equal and above 0")
    if not bool(((stated >= 0) & (stated <= 1)).all()):
        raise ValueError("what is stated must lie between 0 and 1")
    base = float(won.mean())
    places = np.minimum((stated * BINS + 1e-9).astype(int), BINS - 1)
    groups = [(int(place), places == place) for place in np.unique(places)]
    bins = tuple(_bin(place, stated[own], won[own], return_bps[own]) for place, own in groups)
    shares = [found.n / len(stated) for found in bins]
    gaps = [found.stated - found.rate for found in bins]
    score, uncertainty = brier(stated, won), base * (1 - base)
    return Reliability(
        n=len(stated),
        won=int(won.sum()),
        base_rate=base,
        brier=score,
        reliability=sum(share * gap**2 for share, gap in zip(shares, gaps, strict=True)),
        resolution=sum(share * (found.rate - base) ** 2 for share, found in zip(shares, bins, strict=True)),
        uncertainty=uncertainty,
        within=sum(share * _within(stated[own], won[own]) for share, (_, own) in zip(shares, groups, strict=True)),
        skill=1 - score / uncertainty if uncertainty > 0 else None,
        ece=sum(share * abs(gap) for share, gap in zip(shares, gaps, strict=True)),
        bins=bins,
    )


def brier(stated: Floats, won: Bools) -> float:
    """Brier score [dimensionless]: mean squared difference between probability and outcome (1 or 0).

    `stated`: shape (n,), float64, in [0, 1]. `won`: shape (n,), bool.
    """
    return float(np.mean((stated - won) ** 2))


def wilson(won: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of a rate, 95 %. Raises ValueError unless 0 <= won <= n and n > 0."""
    if not 0 <= won <= n or n == 0:
        raise ValueError(f"{won} of {n} is not a rate")
    rate, z2 = won / n, _Z * _Z
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    low = 0.0 if won == 0 else max(0.0, middle - half)
    return low, 1.0 if won == n else min(1.0, middle + half)


def _bin(place: int, stated: Floats, won: Bools, return_bps: Floats) -> Bin:
    n, wins = len(stated), int(won.sum())
    low, high = wilson(wins, n)
    return Bin(
        low=place / BINS,
        high=(place + 1) / BINS,
        n=n,
        won=wins,
        stated=float(stated.mean()),
        rate=wins / n,
        rate_low=low,
        rate_high=high,
        return_bps=float(return_bps.mean()),
    )


def _within(stated: Floats, won: Bools) -> float:
    """Variance of the forecasts within bins, minus twice their covariance with the outcomes."""
    spread = stated - stated.mean()
    return float(np.mean(spread**2) - 2 * np.mean(spread * (won - won.mean())))
