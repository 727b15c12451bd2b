"""How likely a Sharpe ratio is to be real, after its length, its shape, and the number of things that were tried.

All Sharpe ratios here are **per bar** and not annualised, as in the papers; kurtosis is the raw one (3 for a normal law).
Bailey & Lopez de Prado (2012), "The Sharpe ratio efficient frontier", and (2014), "The deflated Sharpe ratio". It refuses
a number of trials below one: whoever looks at a backtest has tried at least that.
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
    """A Sharpe ratio held against the best that luck would have found. Sharpe ratios here are annual.

    `psr` is the probability that the true one is above 0, `dsr` that it is above `hurdle`, the expected maximum of
    `trials` worthless ones. `track_record_bars`: bars needed to be `confidence` sure that it is above the hurdle; None when
    no number would do.
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
    """What the best of `trials` independent, worthless ones is expected to show (2014, equation 1); 0 for one trial.

    `variance` is that of the trials' Sharpe ratios, per bar. Raises ValueError for fewer than one trial or a negative
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
    """Probability that the true Sharpe ratio per bar beats the best of so many worthless trials (2014, equation 2).

    Arguments and errors as the two functions above.
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
    """Bars that are needed to be `confidence` sure that the true Sharpe ratio is above `benchmark` (2012, equation 13).

    None when the ratio is not above the benchmark: no length would do. Raises ValueError for a confidence outside
    (0.5, 1) and for bad moments.
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
    """All of it for one curve's returns, shape (n_bars,), oldest first; None for returns that never varied.

    `trial_variance` (per bar) of the trials' Sharpe ratios; None where fewer than two are known: then that of the
    estimate itself stands for it, which is what worthless trials of this length would show. Raises ValueError.
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
