"""Half a spread and the Y of the square-root law, from walks through recorded books.

Every side of every book is walked for sizes Q from a hundredth of what it shows to all of it. What a walk costs against the
middle [fraction of the price] is fitted by least squares to half + Y * sigma * sqrt(Q / V), neither of the two negative. The
interval is that of a moving-block bootstrap over the books, in order of time; it knows only what lies in those moments.

A walk through a book at rest is no more than the law's first instant: it knows no orders that come while one trades, and none
that are hidden or flee. It refuses books of a market that did not trade or move meanwhile: sigma or V would be zero.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from config.frozen import Frozen, UtcTime
from config.seeds import generator
from execution.simulated.impact_model import impact_cost
from execution.simulated.latency import bar_sigma
from market.files.books import RecordedBook, Traded

Floats = NDArray[np.float64]
SIZES = 20
_SMALLEST = 0.01
RESAMPLES = 2000
CONFIDENCE = 0.95


class Walks(NamedTuple):
    """Walks through one book: sigma * sqrt(Q / V) and cost [fractions of the price], sizes as share of V; all (n,)."""

    root: Floats
    cost: Floats
    share: Floats


class Line(NamedTuple):
    """Half a spread [fraction] and Y."""

    half: float
    coefficient: float


class ImpactReport(Frozen):
    """What a calibration came to. Spreads in basis points; shares of the volume V of the span that sigma and V are from."""

    symbol: str
    books: int
    walks: int
    first_utc: UtcTime
    last_utc: UtcTime
    measured: str
    """What sigma and V were measured from."""
    sigma: float
    volume: float
    least_share: float
    most_share: float
    quoted_half_spread_bps: float
    half_spread_bps: float
    coefficient: float
    low: float | None
    """Ends of the interval of Y; None for fewer than three books."""
    high: float | None
    r_squared: float


def walk_cost(levels: Floats, quantity: float, middle: float) -> float:
    """Average price of taking `quantity` [base] from levels (n, 2), as a distance from the middle [fraction].

    Raises ValueError where they do not hold so much.
    """
    before = np.concatenate(([0.0], np.cumsum(levels[:, 1])))
    if not 0.0 < quantity <= before[-1] * (1 + 1e-12):
        raise ValueError(f"the levels hold {before[-1]}, not {quantity}")
    taken = np.clip(quantity - before[:-1], 0.0, levels[:, 1])
    return abs(float(taken @ levels[:, 0]) / float(taken.sum()) / middle - 1.0)


def walks_of(book: RecordedBook, span: Traded) -> Walks:
    """Both sides of a book, in the market of a span. Raises DataFault where that did not move or trade."""
    sigma = bar_sigma(span.high, span.low)
    if not sigma > 0.0 or not span.volume > 0.0:
        raise DataFault(
            "The market did not move, or did not trade, in the time that sigma and V are to come from. Nothing was computed: "
            "give longer bars or trades."
        )
    roots, costs, shares = list[float](), list[float](), list[float]()
    for levels in (book.bids, book.asks):
        depth = float(levels[:, 1].sum())
        for size in np.geomspace(_SMALLEST * depth, depth, SIZES).tolist():
            roots.append(impact_cost(size, volume=span.volume, sigma=sigma, coefficient=1.0))
            costs.append(walk_cost(levels, min(size, depth), book.middle))
            shares.append(size / span.volume)
    return Walks(np.array(roots), np.array(costs), np.array(shares))


def fit_line(root: Floats, cost: Floats) -> Line:
    """Least squares of cost on root; what would be negative is zero, and the other fitted alone."""
    centred = root - root.mean()
    slope = float(centred @ cost / (centred @ centred))
    half = float(cost.mean() - slope * root.mean())
    if slope < 0.0:
        return Line(max(0.0, float(cost.mean())), 0.0)
    return Line(half, slope) if half >= 0.0 else Line(0.0, max(0.0, float(root @ cost / (root @ root))))


def interval_of(walks: Sequence[Walks], seed: int) -> tuple[float, float] | None:
    """Ends of the interval of Y; None for fewer than three books."""
    count = len(walks)
    if count < 3:
        return None
    chance, block = generator(seed, "impact", "bootstrap"), max(1, round(count ** (1 / 3)))
    roots, costs = (np.stack([found[place] for found in walks]) for place in (0, 1))
    found = []
    for _ in range(RESAMPLES):
        starts = chance.integers(0, count - block + 1, size=-(-count // block))
        chosen = (starts[:, None] + np.arange(block)).ravel()[:count]
        found.append(fit_line(roots[chosen].ravel(), costs[chosen].ravel()).coefficient)
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
    return low, high


def r_squared(line: Line, root: Floats, cost: Floats) -> float:
    """Share of the cost's variance that the line explains; 0 where it explains none, below where it is worse than the mean."""
    left = cost - line.half - line.coefficient * root
    spread = float(np.square(cost - cost.mean()).sum())
    return 1.0 - float(left @ left) / spread if spread else 0.0
