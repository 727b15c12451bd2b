"""The similarity of cases: by scale-free features and, if cases are embedded, also by their narratives.

Features measure the market; vectors describe the news and the reasons. Their units differ, so their ranks are
combined: reciprocal rank fusion, the sum of 1 / (60 + rank) (Cormack, Clarke & Buettcher 2009). Cosines are rounded
to two decimals: smaller differences count as equal, so that no order depends on the last bit of a float.
"""

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from agents.court.case import Case
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import HORIZONS

FUSION_K = 60
_LEAST_SHARED = 0.5

Floats = NDArray[np.float64]


def features(case: Case) -> Floats:
    """Return the case as scale-free numbers [dimensionless], shape (n_features,), float64; NaN for unknown values.

    For each horizon: RSI, the distance to the 50-bar mean and between the EMAs [ATR], ADX, and log volatility. Then
    sentiment, conviction, and the conviction against.
    """
    mood = case.sentiment.score
    found = [value for horizon in HORIZONS for value in _of_horizon(case.signals.get(horizon))]
    found += [None if isinstance(mood, Abstained) else mood, case.proposal.conviction, case.proposal.against]
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)


def distances(one: Floats, past: Floats) -> Floats:
    """Return the root mean square distance to each row over the shared features [standard deviations], shape
    (n_cases,).

    `one` has shape (n_features,), `past` shape (n_cases, n_features); both float64, NaN for unknown values. Each
    feature is divided by its standard deviation in `past`; a constant feature counts 0. The distance is infinite if
    fewer than half of the known features of `one` are shared.
    """
    known = np.isfinite(past)
    counts = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, past, 0.0)
    mean = filled.sum(axis=0) / counts
    spread = np.sqrt((np.where(known, past - mean, 0.0) ** 2).sum(axis=0) / counts)
    usable = np.isfinite(one) & (spread > 1e-12)
    shared = known & usable
    gaps = np.where(shared, (past - np.where(usable, one, 0.0)) / np.where(spread > 1e-12, spread, 1.0), 0.0)
    n_shared = shared.sum(axis=1)
    far = np.sqrt((gaps**2).sum(axis=1) / np.maximum(n_shared, 1))
    enough = (n_shared >= _LEAST_SHARED * usable.sum()) & (n_shared > 0)
    return np.where(enough, far, np.inf)


def cosines(one: NDArray[np.float32], past: Sequence[NDArray[np.float32]]) -> Floats:
    """Return the cosines [dimensionless] of unit vectors, rounded to two decimals, shape (n_cases,); all vectors have
    the same shape, float32.
    """
    products = np.asarray(np.stack(past) @ one, dtype=np.float64)
    return np.round(products, 2) + 0.0  # turns -0.0 into 0.0


def nearest(far: Floats, similar: Floats | None, k: int) -> tuple[int, ...]:
    """Return the row numbers of at most `k` cases, nearest first; of equal ones the first. Infinite distances are
    left out.

    `far`: distances [standard deviations]; `similar`: cosines [dimensionless], or None. Both have shape (n_cases,),
    float64.
    """
    usable = np.flatnonzero(np.isfinite(far))
    rank = far[usable] if similar is None else -(_fused(far[usable]) + _fused(-similar[usable]))
    return tuple(int(place) for place in usable[np.argsort(rank, kind="stable")[: max(k, 0)]])


def _fused(values: Floats) -> Floats:
    """Return the share of each value in the fusion: the smallest value has rank 1, and equal values share a rank."""
    ranks = 1 + np.searchsorted(np.sort(values), values)
    return 1.0 / (FUSION_K + ranks)


def _of_horizon(now: TechnicalSignals | None) -> tuple[float | None, ...]:
    if now is None:
        return (None,) * 5
    atr = now.atr_14_quote or None
    gap = (now.close - now.sma_50) / atr if atr and now.sma_50 is not None else None
    trend = (now.ema_12 - now.ema_26) / atr if atr and now.ema_12 is not None and now.ema_26 is not None else None
    volatility = log(now.realized_volatility) if now.realized_volatility else None
    return now.rsi_14, gap, trend, now.adx_14, volatility


Vector = NDArray[np.float32]
