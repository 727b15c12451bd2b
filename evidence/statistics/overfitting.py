"""The probability that the best of many trials was only lucky: combinatorially symmetric cross-validation.

Bailey, Borwein, Lopez de Prado & Zhu (2017), "The probability of backtest overfitting". The bars are cut into blocks. For each
way to take half of the blocks, the best trial on that half is evaluated on the other half. Fewer than two trials are refused,
because then nothing was chosen.
"""

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from config.frozen import Frozen

Floats = npt.NDArray[np.float64]

BLOCKS = 16
_CELLS = 4_000_000
"""Number of trials times combinations that are ranked at once: about 100 MB."""


class Overfitting(Frozen):
    """The out-of-sample result of the trial that was best in sample, over all `combinations`.

    `probability` (PBO): share of combinations in which it was no better than the median trial. `slope` and `intercept`: of the
    regression of its out-of-sample Sharpe ratio on that in sample (annual); with a slope below 0, a better in-sample result
    predicts a worse one out of sample. `probability_of_loss`: share in which it lost out of sample. `logits`: the logit of its
    relative rank in each combination, in their order.
    """

    bars: int
    trials: int
    blocks: int
    combinations: int
    probability: float
    logits: tuple[float, ...]
    median_logit: float
    slope: float | None
    intercept: float | None
    probability_of_loss: float
    sharpe_in_sample: float
    sharpe_out_of_sample: float
    """Means over the combinations, annual."""


class _Chosen(NamedTuple):
    """The best trial in sample of some combinations, each of shape (n_combinations,); Sharpe ratios per bar."""

    inside: Floats
    outside: Floats
    relative_rank: Floats
    lost: npt.NDArray[np.bool_]


def probability_of_overfitting(returns: npt.ArrayLike, *, bars_per_year: float, blocks: int = BLOCKS) -> Overfitting:
    """Probability of backtest overfitting of a set of trials.

    `returns`: shape (n_bars, n_trials), float64 [simple return], oldest first, all on the same bars. `blocks` is even and from
    2 to 20; each block must hold at least two bars. A trial with constant returns in a half has a Sharpe ratio of 0 there.
    Raises ValueError for bad input.
    """
    matrix = _checked(returns, bars_per_year, blocks)
    halves = _halves(blocks)
    sums, squares, lengths = _by_block(matrix, blocks)
    step = max(1, _CELLS // matrix.shape[1])
    parts = [_choose(halves[at : at + step], sums, squares, lengths) for at in range(0, len(halves), step)]
    chosen = _Chosen(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    logits = np.log(chosen.relative_rank / (1.0 - chosen.relative_rank))
    year = math.sqrt(bars_per_year)
    slope, intercept = _line(chosen.inside * year, chosen.outside * year)
    return Overfitting(
        bars=len(matrix),
        trials=matrix.shape[1],
        blocks=blocks,
        combinations=len(halves),
        probability=float((logits <= 0.0).mean()),
        logits=tuple(logits.tolist()),
        median_logit=float(np.median(logits)),
        slope=slope,
        intercept=intercept,
        probability_of_loss=float(chosen.lost.mean()),
        sharpe_in_sample=float(chosen.inside.mean()) * year,
        sharpe_out_of_sample=float(chosen.outside.mean()) * year,
    )


def _checked(returns: npt.ArrayLike, bars_per_year: float, blocks: int) -> Floats:
    matrix = np.asarray(returns, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] < 2:
        raise ValueError(f"returns of two trials at least are needed, shape (n_bars, n_trials); got {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{int((~np.isfinite(matrix)).sum())} of {matrix.size} returns are NaN or infinite")
    if blocks % 2 or not 2 <= blocks <= 20:
        raise ValueError(f"the number of blocks must be even and from 2 to 20, got {blocks}")
    if len(matrix) < 2 * blocks:
        raise ValueError(f"{blocks} blocks of two bars at least need {2 * blocks} bars, there are {len(matrix)}")
    if not math.isfinite(bars_per_year) or bars_per_year <= 0:
        raise ValueError(f"bars_per_year must be above 0, got {bars_per_year}")
    return matrix


def _halves(blocks: int) -> Floats:
    """Which blocks are in sample (1) or not (0), one row for each combination, shape (n_combinations, blocks)."""
    taken = list(combinations(range(blocks), blocks // 2))
    halves = np.zeros((len(taken), blocks))
    halves[np.arange(len(taken))[:, None], taken] = 1.0
    return halves


def _by_block(matrix: Floats, blocks: int) -> tuple[Floats, Floats, Floats]:
    """Sums and sums of squares by block, shape (blocks, n_trials), and bars by block, shape (blocks, 1)."""
    pieces = np.array_split(matrix, blocks)
    sums = np.array([piece.sum(axis=0) for piece in pieces])
    squares = np.array([(piece**2).sum(axis=0) for piece in pieces])
    return sums, squares, np.array([[float(len(piece))] for piece in pieces])


def _choose(halves: Floats, sums: Floats, squares: Floats, lengths: Floats) -> _Chosen:
    inside = _sharpe(halves @ sums, halves @ squares, halves @ lengths)
    others = 1.0 - halves
    totals = others @ sums
    outside = _sharpe(totals, others @ squares, others @ lengths)
    best, rows = inside.argmax(axis=1), np.arange(len(halves))
    reached = outside[rows, best]
    below, level = (outside < reached[:, None]).sum(axis=1), (outside == reached[:, None]).sum(axis=1)
    return _Chosen(
        inside=inside[rows, best],
        outside=reached,
        relative_rank=(below + (level + 1.0) / 2.0) / (outside.shape[1] + 1.0),
        lost=totals[rows, best] < 0.0,
    )


def _sharpe(sums: Floats, squares: Floats, lengths: Floats) -> Floats:
    """Sharpe ratio per bar from sums, with n - 1 in the variance; 0 for constant returns."""
    means = sums / lengths
    variances = (squares - sums * means) / (lengths - 1.0)
    varied = variances > 1e-12 * squares / lengths
    return np.divide(
        means, np.sqrt(variances, where=varied, out=np.ones_like(means)), where=varied, out=np.zeros_like(means)
    )


def _line(x: Floats, y: Floats) -> tuple[float | None, float | None]:
    """Least squares slope and intercept of y on x; None for a constant x."""
    apart = x - x.mean()
    spread = float(apart @ apart)
    if spread == 0.0:
        return None, None
    slope = float(apart @ y) / spread
    return slope, float(y.mean()) - slope * float(x.mean())
