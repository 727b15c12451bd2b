"""Risk measures of a position or a portfolio: VaR and expected shortfall, volatility and correlation.

Pure functions on float64. **Losses are positive**: a VaR of 0.02 means a loss of 2 %. A negative VaR means that even the bad
case is a gain; it is not clamped. Returns are simple returns of one bar each, and every measure is for one bar. Empty,
non-finite or otherwise unusable input raises ValueError: a NaN must never pass a limit (law 9).
"""

import math
from statistics import NormalDist
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_NORMAL = NormalDist()
ROUNDING = 1e-12
"""Relative tolerance: a return that differs from the VaR only by the rounding of the interpolation belongs to the tail."""


Number = TypeVar("Number", float, Floats)
"""One number, or an array with one number for each window."""


class Moments(NamedTuple, Generic[Number]):
    """Mean and population standard deviation [of the series' unit], skewness and excess kurtosis [dimensionless].

    Skewness and excess kurtosis are 0 for a constant series.
    """

    mean: Number
    std: Number
    skewness: Number
    excess_kurtosis: Number


def finite_series(values: npt.ArrayLike, *, at_least: int = 1) -> Floats:
    """The values as an array of shape (n,), float64 [same unit].

    Raises ValueError unless the input is one-dimensional, has at least `at_least` values, and all are finite.
    """
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1:
        raise ValueError(f"one series is needed, shape (n,); this has shape {series.shape}")
    if series.size < at_least:
        raise ValueError(f"{at_least} values are needed at least, there are {series.size}")
    if not np.isfinite(series).all():
        raise ValueError(f"{int((~np.isfinite(series)).sum())} of {series.size} values are NaN or infinite")
    return series


def moments(returns: npt.ArrayLike) -> Moments[float]:
    """Population moments of `returns`, shape (n,), n >= 1, float64 [simple return].

    Raises ValueError as `finite_series` does.
    """
    series = finite_series(returns)
    mean = float(series.mean())
    deviation = series - mean
    variance = float((deviation**2).mean())
    if is_constant(series) or variance == 0.0:
        return Moments(mean, 0.0, 0.0, 0.0)
    standard = deviation / math.sqrt(variance)
    skewness, kurtosis = float((standard**3).mean()), float((standard**4).mean())
    return Moments(mean, math.sqrt(variance), skewness, kurtosis - 3.0)


def historical_var(returns: npt.ArrayLike, *, confidence: float) -> float:
    """Historical VaR [loss as a simple return]: the negated quantile of the returns at 1 - confidence.

    `returns`: shape (n,), float64 [simple return], any order. The quantile is type 7 of Hyndman & Fan (1996), with linear
    interpolation. Raises ValueError for bad returns or a confidence outside (0.5, 1).
    """
    tail = tail_probability(confidence)
    return -_quantile(finite_series(returns), tail)


def historical_es(returns: npt.ArrayLike, *, confidence: float) -> float:
    """Historical ES [loss as a simple return]: mean loss of the bars that lost at least the historical VaR.

    Acerbi & Tasche (2002), for a continuous distribution. `returns`: shape (n,), float64 [simple return], any order. When many
    returns equal the VaR exactly, all of them are averaged; a tail mean that counts only a part of them may be larger. Raises
    ValueError as `historical_var` does.
    """
    series = finite_series(returns)
    edge = -historical_var(series, confidence=confidence)
    worst = series[series <= edge + ROUNDING * abs(edge)]
    return -float(worst.mean())


def gaussian_var(returns: npt.ArrayLike, *, confidence: float) -> float:
    """VaR [loss as a simple return] of a normal distribution with the sample's mean and population standard deviation.

    RiskMetrics (1996). `returns`: shape (n,), float64 [simple return]. Raises ValueError as `historical_var` does.
    """
    return gaussian_tail(moments(returns), confidence=confidence)[0]


def gaussian_es(returns: npt.ArrayLike, *, confidence: float) -> float:
    """Expected shortfall [loss as a simple return] of the normal distribution of `gaussian_var`.

    It is -mean + std * density(z) / tail. `returns`: shape (n,), float64 [simple return]. Raises ValueError as
    `historical_var` does.
    """
    return gaussian_tail(moments(returns), confidence=confidence)[1]


def gaussian_tail(shape: Moments[Number], *, confidence: float) -> tuple[Number, Number]:
    """VaR and expected shortfall of a normal distribution with these moments. Raises ValueError for a bad confidence."""
    tail = tail_probability(confidence)
    z = _NORMAL.inv_cdf(tail)
    return -shape.mean - z * shape.std, -shape.mean + shape.std * (_NORMAL.pdf(z) / tail)


def modified_var(returns: npt.ArrayLike, *, confidence: float) -> float:
    """Cornish-Fisher VaR [loss as a simple return]: the normal quantile, corrected for skewness and excess kurtosis.

    Favre & Galeano (2002), equation 6, with population moments. `returns`: shape (n,), float64 [simple return]. The expansion
    is valid near normality; with heavy tails it may exceed every loss in the sample. Raises ValueError as `historical_var`.
    """
    return modified_tail(moments(returns), confidence=confidence)[0]


def modified_es(returns: npt.ArrayLike, *, confidence: float) -> float:
    """Expected shortfall [loss as a simple return] of the second-order Edgeworth density beyond the modified VaR.

    Boudt, Peterson & Croux (2008), "Estimation and decomposition of downside risk for portfolios with non-normal returns",
    operational form, with the partial moments in closed form. It is never below the modified VaR. `returns`: shape (n,),
    float64 [simple return]. Raises ValueError as `historical_var` does.
    """
    return modified_tail(moments(returns), confidence=confidence)[1]


def modified_tail(shape: Moments[Number], *, confidence: float) -> tuple[Number, Number]:
    """Modified VaR and expected shortfall of these moments. Raises ValueError for a bad confidence."""
    tail = tail_probability(confidence)
    h = _cornish_fisher(_NORMAL.inv_cdf(tail), shape)
    skewness, kurtosis = shape.skewness, shape.excess_kurtosis
    bend = 1.0 + h**3 * skewness / 6.0 + (h**4 - 2.0 * h**2 - 1.0) * kurtosis / 24.0
    bend += (h**6 - 9.0 * h**4 + 9.0 * h**2 + 3.0) * skewness**2 / 72.0
    density = np.exp(-0.5 * h**2) / math.sqrt(2.0 * math.pi)
    return -shape.mean - shape.std * h, -shape.mean + shape.std * np.maximum(density * bend / tail, -h)


def scale_to_horizon(value: float, bars: float) -> float:
    """Scale a one-bar VaR, ES or volatility to `bars` bars: value * sqrt(bars), the square-root-of-time rule.

    The rule assumes independent, identically distributed returns with mean zero (RiskMetrics 1996). With clustered volatility
    and jumps the result may be too large or too small; the hard limits must leave room for that. Raises ValueError for a
    non-finite value or for `bars` not above 0.
    """
    if not math.isfinite(value) or not math.isfinite(bars) or bars <= 0:
        raise ValueError(f"cannot scale {value} to {bars} bars: a finite value and a positive number are needed")
    return value * math.sqrt(bars)


def volatility(returns: npt.ArrayLike, *, bars_per_year: float) -> float:
    """Annualised standard deviation, n - 1 in the denominator [simple return a year]; Lo (2002).

    `returns`: shape (n,), n >= 2, float64 [simple return]. Crypto markets never close: a year has 8,760 hourly bars. Raises
    ValueError for bad returns or bars_per_year.
    """
    series = finite_series(returns, at_least=2)
    return sample_std(series) * math.sqrt(positive_bars(bars_per_year))


def correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """Pearson correlation of two aligned series, in [-1, 1].

    Both have shape (n,), n >= 2, float64 [simple return]. The result is None when a series is constant: the correlation is
    then not known, which differs from 0, and the caller must decide. Raises ValueError for bad series or different lengths.
    """
    one, two = finite_series(first, at_least=2), finite_series(second, at_least=2)
    if one.size != two.size:
        raise ValueError(f"the series are not aligned: {one.size} and {two.size} values")
    if is_constant(one) or is_constant(two):
        return None
    x, y = one - one.mean(), two - two.mean()
    x, y = x / np.abs(x).max(), y / np.abs(y).max()
    product = math.sqrt(float((x * x).sum()) * float((y * y).sum()))
    return max(-1.0, min(1.0, float((x * y).sum()) / product))


def is_constant(series: Floats) -> bool:
    """Whether all values of a series, shape (n,), float64 [any unit], are equal. Rounding makes `std == 0` unreliable."""
    return bool((series == series[0]).all())


def sample_std(series: Floats) -> float:
    """Standard deviation of a series, shape (n,), float64 [any unit, kept], with n - 1 in the denominator.

    It is exactly 0 for a constant series.
    """
    return 0.0 if is_constant(series) else float(series.std(ddof=1))


def positive_bars(bars_per_year: float) -> float:
    """Return `bars_per_year`. Raises ValueError unless it is finite and above 0."""
    if not math.isfinite(bars_per_year) or bars_per_year <= 0:
        raise ValueError(f"bars_per_year must be above 0, got {bars_per_year}")
    return bars_per_year


def _quantile(series: Floats, probability: float) -> float:
    """Type 7 quantile by selection. It equals `np.quantile` at a tenth of its fixed cost, because every bar calls it."""
    position = probability * (series.size - 1)
    below = min(int(position), series.size - 2) if series.size > 1 else 0
    above = min(below + 1, series.size - 1)
    chosen = np.partition(series, (below, above))
    low, high, part = float(chosen[below]), float(chosen[above]), position - below
    step = high - low
    return high - step * (1.0 - part) if part >= 0.5 else low + step * part


def tail_probability(confidence: float) -> float:
    """1 - confidence. Raises ValueError for a confidence outside (0.5, 1)."""
    if not 0.5 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0.5 and 1, got {confidence}")
    return 1.0 - confidence


def _cornish_fisher(z: float, shape: Moments[Number]) -> Number:
    bent = z + (z**2 - 1.0) * shape.skewness / 6.0 + (z**3 - 3.0 * z) * shape.excess_kurtosis / 24.0
    return bent - (2.0 * z**3 - 5.0 * z) * shape.skewness**2 / 36.0
