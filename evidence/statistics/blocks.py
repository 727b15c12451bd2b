"""The stationary bootstrap, which keeps dependence in time, and the automatic choice of its block length.

Returns are nearly uncorrelated, but their absolute sizes are not. So the block length is the longer one of those for the returns
and for their squares. Shorter blocks would break up periods of high volatility: drawdowns would be too small, and their intervals
too narrow.
"""

import math

import numpy as np
import numpy.typing as npt

from risk.measures.basic import finite_series, is_constant

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

LEAST_BARS = 30
"""Minimum number of bars: with fewer, no two blocks would differ enough."""


def stationary_indices(n_bars: int, block: float, rng: np.random.Generator) -> Indices:
    """One resample of the stationary bootstrap (Politis & Romano 1994), shape (n_bars,), int64 [row number].

    Blocks begin at random bars, have geometric lengths with mean `block` [bars], and continue at the start after the end.
    Raises ValueError for n_bars below 1 or a block below 1.
    """
    if n_bars < 1 or not (math.isfinite(block) and block >= 1.0):
        raise ValueError(f"a resample needs at least one bar and blocks of at least one, got {n_bars} and {block}")
    lengths, total = [], 0
    while total < n_bars:
        drawn = rng.geometric(1.0 / block, size=int(1.2 * (n_bars - total) / block) + 16)
        lengths.append(drawn)
        total += int(drawn.sum())
    whole = np.minimum(np.concatenate(lengths), n_bars)
    ends = np.cumsum(whole)
    starts = rng.integers(0, n_bars, size=len(whole))
    used = int(np.searchsorted(ends, n_bars)) + 1
    shifted = np.repeat((starts - ends + whole)[:used], whole[:used])[:n_bars]
    return np.asarray((shifted + np.arange(n_bars)) % n_bars, dtype=np.int64)


def block_length(returns: npt.ArrayLike) -> float:
    """Mean block length [bars] for a series of returns: the longer one of those for the returns and for their squares.

    `returns`: shape (n_bars,), float64 [simple return], oldest first. Raises ValueError as `automatic_block` does.
    """
    series = finite_series(returns, at_least=LEAST_BARS)
    return max(automatic_block(series), automatic_block(series**2))


def automatic_block(series: npt.ArrayLike) -> float:
    """Mean block length [bars] with which the stationary bootstrap best estimates the variance of a mean; at least 1.

    `series`: shape (n,), n >= 30, float64 [any unit], oldest first. Politis & White (2004) with the correction of Patton,
    Politis & White (2009): flat-top window, c = 2, capped at min(3 sqrt(n), n / 3). It is 1 for a constant series. Raises
    ValueError for a bad series.
    """
    values = finite_series(series, at_least=LEAST_BARS)
    if is_constant(values):
        return 1.0
    n = len(values)
    run = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = min(math.ceil(math.sqrt(n)) + run, n - 1)
    covariance = _autocovariance(values, most)
    if covariance[0] <= 0.0:
        return 1.0
    band = 2.0 * math.sqrt(math.log10(n) / n)
    lags = min(2 * max(_last_correlated(np.abs(covariance / covariance[0]), band, run), 1), most)
    k = np.arange(1, lags + 1)
    window = np.clip(2.0 * (1.0 - k / lags), 0.0, 1.0)
    bend = 2.0 * float((window * k * covariance[1 : lags + 1]).sum())
    spectrum = float(covariance[0]) + 2.0 * float((window * covariance[1 : lags + 1]).sum())
    cap = math.ceil(min(3.0 * math.sqrt(n), n / 3.0))
    if spectrum == 0.0:
        return float(cap)
    return min(max(1.0, math.cbrt((bend / spectrum) ** 2 * n)), float(cap))


def _autocovariance(values: Floats, most: int) -> Floats:
    """Autocovariances at lags 0 to `most`, shape (most + 1,), with n in the denominator, computed by FFT."""
    n = len(values)
    spectrum = np.fft.rfft(values - values.mean(), 2 * n)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, 2 * n)[: most + 1] / n)


def _last_correlated(correlation: Floats, band: float, run: int) -> int:
    """The lag after which `run` correlations in a row are insignificant; the last lag when there is no such lag."""
    quiet = correlation[1:] < band
    for lag in range(len(quiet) - run + 1):
        if quiet[lag : lag + run].all():
            return lag
    return len(quiet)
