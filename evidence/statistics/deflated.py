"""The deflated Sharpe ratio: the probability that a Sharpe ratio is real, given its length, skewness, kurtosis and trials.

All Sharpe ratios here are **per bar** and not annualised, as in the papers. Kurtosis is not excess kurtosis (it is 3 for a normal
distribution). Bailey & Lopez de Prado (2012), "The Sharpe ratio efficient frontier", and (2014), "The deflated Sharpe ratio". A
number of trials below one is refused, because every backtest is at least one trial.
"""

import math
from statistics import NormalDist
from typing import Literal

import numpy.typing as npt

from config.frozen import Frozen
from risk.measures.basic import finite_series, moments, positive_bars
from risk.measures.ratios import sharpe

_NORMAL = NormalDist()
_EULER = 0.5772156649015329
_MOST_TRIALS = 10**12


class Deflated(Frozen):
    """A Sharpe ratio compared with the best that luck would find. The Sharpe ratios in this class are annual.

    `psr`: the probability that the true Sharpe ratio is above 0. `dsr`: the probability that it is above `hurdle`, the
    expected maximum of `trials` strategies without skill. `track_record_bars`: bars that are needed to be above the hurdle
    with probability `confidence`; None when no number is enough.
    """

    bars: int
    sharpe: float
    skewness: float
    kurtosis: float
    trials: int
    trial_deviation: float
    """Standard deviation of the trials' Sharpe ratios, annual."""
    deviation_from: Literal["trials", "sampling"]
    hurdle: float
    psr: float
    dsr: float
    confidence: float
    track_record_bars: float | None


def probabilistic_sharpe(
    sharpe_bar: float, n_bars: int, *, skewness: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0
) -> float:
    """Probability that the true Sharpe ratio per bar is above `benchmark`, in [0, 1] (2012, equation 11).

    Raises ValueError for fewer than two bars, non-finite input, or moments that no series can have.
    """
    if n_bars < 2:
        raise ValueError(f"a Sharpe ratio needs two bars at least, got {n_bars}")
    spread = math.sqrt(_spread(sharpe_bar, skewness, kurtosis))
    return _NORMAL.cdf((_finite(sharpe_bar) - _finite(benchmark)) * math.sqrt(n_bars - 1) / spread)


def expected_maximum_sharpe(trials: int, variance: float) -> float:
    """Expected maximum Sharpe ratio of `trials` independent strategies without skill (2014, equation 1); 0 for one trial.

    `variance` is the variance of the trials' Sharpe ratios per bar. Raises ValueError for fewer than one trial or a negative
    or non-finite variance.
    """
    if not 1 <= trials <= _MOST_TRIALS:
        raise ValueError(f"the number of trials must lie between 1 and {_MOST_TRIALS:,}, got {trials}")
    if _finite(variance) < 0.0:
        raise ValueError(f"a variance cannot be negative, got {variance}")
    if trials == 1:
        return 0.0
    upper, far = _NORMAL.inv_cdf(1.0 - 1.0 / trials), _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - _EULER) * upper + _EULER * far)


def deflated_sharpe(
    sharpe_bar: float,
    n_bars: int,
    *,
    trials: int,
    trial_variance: float,
    skewness: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """Probability that the true Sharpe ratio per bar is above the best of `trials` without skill (2014, equation 2).

    Arguments and errors as `probabilistic_sharpe` and `expected_maximum_sharpe`.
    """
    hurdle = expected_maximum_sharpe(trials, trial_variance)
    return probabilistic_sharpe(sharpe_bar, n_bars, skewness=skewness, kurtosis=kurtosis, benchmark=hurdle)


def minimum_track_record(
    sharpe_bar: float,
    *,
    skewness: float = 0.0,
    kurtosis: float = 3.0,
    benchmark: float = 0.0,
    confidence: float = 0.95,
) -> float | None:
    """Number of bars after which the true Sharpe ratio is above `benchmark` with probability `confidence`.

    (2012, equation 13.) None when the ratio is not above the benchmark: then no length is enough. Raises ValueError for a
    confidence outside (0.5, 1) and for bad moments.
    """
    if not 0.5 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0.5 and 1, got {confidence}")
    spread = _spread(sharpe_bar, skewness, kurtosis)
    if sharpe_bar <= _finite(benchmark):
        return None
    return 1.0 + spread * (_NORMAL.inv_cdf(confidence) / (sharpe_bar - benchmark)) ** 2


def deflate(
    returns: npt.ArrayLike,
    *,
    bars_per_year: float,
    trials: int,
    trial_variance: float | None,
    confidence: float = 0.95,
) -> Deflated | None:
    """The deflated Sharpe ratio of one curve; None for constant returns.

    `returns`: shape (n_bars,), float64 [simple return], oldest first. `trial_variance`: variance of the trials' Sharpe ratios
    per bar. With None (fewer than two are known) the variance of the estimate itself is used, which is that of trials without
    skill of this length. Raises ValueError for bad input.
    """
    series = finite_series(returns, at_least=2)
    found = sharpe(series, bars_per_year=1.0)
    year = math.sqrt(positive_bars(bars_per_year))
    if found is None:
        return None
    shape, n_bars = moments(series), len(series)
    skewness, kurtosis = shape.skewness, shape.excess_kurtosis + 3.0
    variance = _spread(found, skewness, kurtosis) / (n_bars - 1) if trial_variance is None else trial_variance
    hurdle = expected_maximum_sharpe(trials, variance)
    return Deflated(
        bars=n_bars,
        sharpe=found * year,
        skewness=skewness,
        kurtosis=kurtosis,
        trials=trials,
        trial_deviation=math.sqrt(variance) * year,
        deviation_from="sampling" if trial_variance is None else "trials",
        hurdle=hurdle * year,
        psr=probabilistic_sharpe(found, n_bars, skewness=skewness, kurtosis=kurtosis),
        dsr=probabilistic_sharpe(found, n_bars, skewness=skewness, kurtosis=kurtosis, benchmark=hurdle),
        confidence=confidence,
        track_record_bars=minimum_track_record(
            found, skewness=skewness, kurtosis=kurtosis, benchmark=hurdle, confidence=confidence
        ),
    )


def _spread(sharpe_bar: float, skewness: float, kurtosis: float) -> float:
    """Variance of the estimate times (n - 1): 1 - skewness * S + (kurtosis - 1) / 4 * S^2 (Mertens 2002)."""
    if _finite(kurtosis) < 1.0 + _finite(skewness) ** 2 - 1e-9:
        raise ValueError(f"no series has skewness {skewness} and kurtosis {kurtosis}")
    spread = 1.0 - skewness * _finite(sharpe_bar) + (kurtosis - 1.0) / 4.0 * sharpe_bar**2
    if spread <= 0.0:
        raise ValueError(
            f"a Sharpe ratio of {sharpe_bar} with skewness {skewness} and kurtosis {kurtosis} has no error"
        )
    return spread


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"a finite number is needed, got {value}")
    return value
