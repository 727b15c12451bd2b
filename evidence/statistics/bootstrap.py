"""Confidence intervals of a backtest's Sharpe, Sortino, Calmar, growth, drawdown and mean return.

It uses the stationary bootstrap over the bars of the equity curve and percentile intervals. Two curves of the same tape are
resampled with the same bars, so that common market moves cancel. It gives no interval for a measure that is undefined in more
than 1 % of the resamples. The intervals know only the sample: they do not include a regime that did not occur in it.
"""

import numpy as np
import numpy.typing as npt

from config.frozen import Frozen
from config.seeds import generator
from evidence.statistics.blocks import LEAST_BARS, block_length, stationary_indices
from evidence.statistics.key_figures import Measure, measure_rows
from risk.measures.basic import finite_series, positive_bars
from risk.measures.ratios import tells_a_year

Floats = npt.NDArray[np.float64]

RESAMPLES = 2000
CONFIDENCE = 0.95
MOST_UNDEFINED = 0.01
_CELLS = 250_000
"""Number of resampled returns that are processed at once, so that they fit into the processor's cache."""


class Estimate(Frozen):
    """A measure with its interval; None when it is undefined. `undefined` is the share of resamples without a value."""

    measure: Measure
    value: float | None
    low: float | None
    high: float | None
    undefined: float


class Intervals(Frozen):
    """All measures of one curve, with a mean block length of `block` bars."""

    bars: int
    block: float
    resamples: int
    confidence: float
    estimates: tuple[Estimate, ...]

    def of(self, measure: Measure) -> Estimate:
        """The estimate of one measure."""
        return next(found for found in self.estimates if found.measure is measure)


class Difference(Frozen):
    """First minus second, with its interval. In the share `share_above` of the resamples the first was above the second."""

    measure: Measure
    first: float | None
    second: float | None
    value: float | None
    low: float | None
    high: float | None
    share_above: float | None
    undefined: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes zero, so that the two curves differ clearly."""
        return self.low is not None and self.high is not None and not self.low <= 0.0 <= self.high


class Differences(Frozen):
    """All differences between two curves on the same tape, with a mean block length of `block` bars."""

    bars: int
    block: float
    resamples: int
    confidence: float
    differences: tuple[Difference, ...]

    def of(self, measure: Measure) -> Difference:
        """The difference of one measure."""
        return next(found for found in self.differences if found.measure is measure)


def curve_returns(equity: npt.ArrayLike) -> Floats:
    """Simple returns of an equity curve, shape (n_bars,), float64 [simple return].

    `equity`: shape (n_bars + 1,), float64 [quote]; it begins with the starting cash. Raises ValueError for a level that is
    not finite, or that is not above 0 before the last bar.
    """
    levels = finite_series(equity, at_least=2)
    if levels[:-1].min() <= 0.0:
        raise ValueError("a curve that touched zero has no returns after it")
    return np.asarray(levels[1:] / levels[:-1] - 1.0)


def intervals(
    returns: npt.ArrayLike,
    *,
    bars_per_year: float,
    seed: int,
    block: float | None = None,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Intervals:
    """Every measure of one curve with its interval; no CAGR and no Calmar ratio of less than thirty days.

    `returns`: shape (n_bars,), n_bars >= 30, float64 [simple return], oldest first. `block`: mean block length [bars], None
    for the automatic one. Raises ValueError for bad input.
    """
    series = _checked(returns, bars_per_year)
    mean_block = block_length(series) if block is None else block
    drawn = _resampled([series], mean_block, bars_per_year, seed, resamples)
    own = _own(series, bars_per_year)
    return Intervals(
        bars=len(series),
        block=mean_block,
        resamples=resamples,
        confidence=confidence,
        estimates=tuple(_estimate(measure, own[measure], drawn[measure][:, 0], confidence) for measure in Measure),
    )


def paired_differences(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    bars_per_year: float,
    seed: int,
    block: float | None = None,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Differences:
    """Every measure of the first curve minus that of the second, with its interval.

    `first` and `second`: shape (n_bars,), float64 [simple return] on the same bars, oldest first. The block length is the
    longest of those for the two curves and for their difference. Raises ValueError for bad input or different lengths.
    """
    one, two = _checked(first, bars_per_year), _checked(second, bars_per_year)
    if len(one) != len(two):
        raise ValueError(f"the curves are not of the same tape: {len(one)} and {len(two)} bars")
    mean_block = max(block_length(each) for each in (one, two, one - two)) if block is None else block
    drawn = _resampled([one, two], mean_block, bars_per_year, seed, resamples)
    own, other = _own(one, bars_per_year), _own(two, bars_per_year)
    return Differences(
        bars=len(one),
        block=mean_block,
        resamples=resamples,
        confidence=confidence,
        differences=tuple(
            _difference(measure, own[measure], other[measure], drawn[measure], confidence) for measure in Measure
        ),
    )


def _checked(returns: npt.ArrayLike, bars_per_year: float) -> Floats:
    positive_bars(bars_per_year)
    series = finite_series(returns, at_least=LEAST_BARS)
    if series.min() < -1.0:
        raise ValueError(f"a return of {series.min()} loses more than everything")
    return series


def _resampled(
    curves: list[Floats], block: float, bars_per_year: float, seed: int, resamples: int
) -> dict[Measure, Floats]:
    """Each measure of each resample, shape (resamples, n_curves); NaN when it is undefined."""
    if resamples < 1:
        raise ValueError(f"at least one resample is needed, got {resamples}")
    rng, n_bars = generator(seed, "evidence", "bootstrap"), len(curves[0])
    found = {measure: np.empty((resamples, len(curves))) for measure in Measure}
    step = max(1, _CELLS // n_bars)
    for begin in range(0, resamples, step):
        rows = slice(begin, min(begin + step, resamples))
        chosen = np.array([stationary_indices(n_bars, block, rng) for _ in range(rows.start, rows.stop)])
        for column, curve in enumerate(curves):
            for measure, values in _told(curve[chosen], bars_per_year).items():
                found[measure][rows, column] = values
    return found


def _told(rows: Floats, bars_per_year: float) -> dict[Measure, Floats]:
    """The measures of rows, without those of growth a year where the rows are too short for them."""
    made = measure_rows(rows, bars_per_year)
    if not tells_a_year(rows.shape[1], bars_per_year=bars_per_year):
        for measure in (Measure.CAGR, Measure.CALMAR):
            made[measure] = np.full(len(rows), np.nan)
    return made


def _own(series: Floats, bars_per_year: float) -> dict[Measure, float | None]:
    """Each measure of the curve without resampling."""
    made = _told(series[None, :], bars_per_year)
    return {measure: None if np.isnan(values[0]) else float(values[0]) for measure, values in made.items()}


def _estimate(measure: Measure, value: float | None, drawn: Floats, confidence: float) -> Estimate:
    low, high, undefined = _bounds(drawn, confidence)
    known = value is not None
    return Estimate(
        measure=measure, value=value, low=low if known else None, high=high if known else None, undefined=undefined
    )


def _difference(
    measure: Measure, first: float | None, second: float | None, drawn: Floats, confidence: float
) -> Difference:
    apart = drawn[:, 0] - drawn[:, 1]
    low, high, undefined = _bounds(apart, confidence)
    known = first is not None and second is not None and low is not None
    return Difference(
        measure=measure,
        first=first,
        second=second,
        value=None if first is None or second is None else first - second,
        low=low if known else None,
        high=high if known else None,
        share_above=float((apart[~np.isnan(apart)] > 0.0).mean()) if known else None,
        undefined=undefined,
    )


def _bounds(drawn: Floats, confidence: float) -> tuple[float | None, float | None, float]:
    """Percentile interval, and the share of undefined resamples. No interval when too many are undefined."""
    if not 0.5 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0.5 and 1, got {confidence}")
    missing = np.isnan(drawn)
    undefined = float(missing.mean())
    if undefined > MOST_UNDEFINED:
        return None, None, undefined
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(drawn[~missing], (tail, 1.0 - tail))
    return float(low), float(high), undefined
