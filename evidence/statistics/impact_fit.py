"""Fits half the spread and the Y of the square-root law to walks through recorded order books.

Each side of each book is walked for order sizes Q from 1 % of its quantity to all of it. The cost of a walk relative to the mid
price [fraction of the price] is fitted by least squares to half + Y * sigma * sqrt(Q / V), with half and Y not negative. The
interval comes from a moving-block bootstrap over the books in order of time; it covers only the recorded times.

A walk through a static book measures only the immediate cost: it does not include orders that arrive or are withdrawn during the
trade, or hidden orders. Books of a market that did not trade or move are refused, because sigma or V would be zero.
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
    """Walks through one book, each of shape (n,), float64: sigma * sqrt(Q / V) and cost [fraction of the price], and size
    [fraction of V]."""

    root: Floats
    cost: Floats
    share: Floats


class Line(NamedTuple):
    """Half the spread [fraction of the price] and Y [dimensionless]."""

    half: float
    coefficient: float


class ImpactReport(Frozen):
    """The result of a calibration. Spreads are in basis points; shares are of the volume V of the same period as sigma."""

    symbol: str
    books: int
    walks: int
    first_utc: UtcTime
    last_utc: UtcTime
    measured: str
    """The data from which sigma and V were measured."""
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
    """Cost of taking `quantity` [base] from a side of a book: average price relative to the mid price [fraction].

    `levels`: shape (n, 2), float64, price [quote] and quantity [base], best first. `middle`: the mid price [quote]. Raises
    ValueError when the levels hold less than `quantity`.
    """
    before = np.concatenate(([0.0], np.cumsum(levels[:, 1])))
    if not 0.0 < quantity <= before[-1] * (1 + 1e-12):
        raise ValueError(f"the levels hold {before[-1]}, not {quantity}")
    taken = np.clip(quantity - before[:-1], 0.0, levels[:, 1])
    return abs(float(taken @ levels[:, 0]) / float(taken.sum()) / middle - 1.0)


def walks_of(book: RecordedBook, span: Traded) -> Walks:
    """Walks through both sides of a book. Raises DataFault when the market did not move or trade in `span`."""
    sigma = bar_sigma(span.high, span.low)
    if not sigma > 0.0 or not span.volume > 0.0:
        raise DataFault(
            "The market did not move, or did not trade, in the period from which sigma and V are measured. Nothing was "
            "computed: give longer bars or trades."
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
    """Least squares fit of cost on root. A negative coefficient is set to zero and the other one is fitted alone.

    `root`, sigma * sqrt(Q / V), and `cost`: shape (n,), float64 [fraction of the price].
    """
    centred = root - root.mean()
    slope = float(centred @ cost / (centred @ centred))
    half = float(cost.mean() - slope * root.mean())
    if slope < 0.0:
        return Line(max(0.0, float(cost.mean())), 0.0)
    return Line(half, slope) if half >= 0.0 else Line(0.0, max(0.0, float(root @ cost / (root @ root))))


def interval_of(walks: Sequence[Walks], seed: int) -> tuple[float, float] | None:
    """The bootstrap interval of Y; None for fewer than three books."""
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
    """Share of the variance of the cost that the line explains; negative when the line is worse than the mean.

    `root` and `cost`: shape (n,), float64 [fraction of the price], as for `fit_line`.
    """
    left = cost - line.half - line.coefficient * root
    spread = float(np.square(cost - cost.mean()).sum())
    return 1.0 - float(left @ left) / spread if spread else 0.0
