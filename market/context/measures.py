"""Figures of bars, as pure functions of closes and returns. Each gives a number, or the reason why there is none."""

import math

import numpy as np
from numpy.typing import NDArray

from market.candles import Floats

MEAN_DAYS = 200
_LEAST_DAYS = 190
MONTHS = 10


def beside(own: Floats, btc: Floats) -> tuple[float | str, float | str]:
    """Beta and correlation of a symbol with BTC; or why there is none.

    `own`, `btc`: shape (n_steps,), float64 [log return], NaN where one is not known. Beta is the slope of the symbol's returns on
    those of BTC (Sharpe 1964), correlation is Pearson's [-1..1], both over the steps in which both are known: at least half of
    all.
    """
    both = np.isfinite(own) & np.isfinite(btc)
    count, needed = int(np.count_nonzero(both)), -(-len(own) // 2)
    if count < needed:
        why = f"{needed} returns are needed, and {count} are known"
        return why, why
    x, y = _centred(own, both, count), _centred(btc, both, count)
    together, own_spread, btc_spread = (float(np.add.reduce(a * b)) for a, b in ((x, y), (x, x), (y, y)))
    if not btc_spread > 0:
        return "BTC did not move", "BTC did not move"
    scale = math.sqrt(own_spread * btc_spread)
    return together / btc_spread, max(-1.0, min(1.0, together / scale)) if scale > 0 else "it did not move"


def _centred(values: Floats, known: NDArray[np.bool_], count: int) -> Floats:
    """The known values less their mean, and 0 for the others."""
    kept = np.where(known, values, 0.0)
    centred: Floats = np.where(known, kept - np.add.reduce(kept) / max(count, 1), 0.0)
    return centred


def mean_of_days(days: Floats) -> float | str:
    """Mean of 200 daily closes [quote]; or why there is none. `days`: shape (200,), float64 [quote], NaN where one is missing."""
    known = days[np.isfinite(days)]
    if len(known) < _LEAST_DAYS:
        return f"{_LEAST_DAYS} of the last {MEAN_DAYS} daily closes are needed, and {len(known)} are known"
    return float(known.mean())


def share_above(values: list[tuple[float, float]]) -> float | str:
    """The share of pairs whose first number is above the second [0..1]; or why there is none: two pairs are needed."""
    if len(values) < 2:
        return f"two symbols are needed, and {len(values)} {'is' if len(values) == 1 else 'are'} known"
    return sum(now > then for now, then in values) / len(values)


def month_ends(days: Floats, last_day: int) -> list[float]:
    """The closes of the last days of whole months, oldest first; the list ends before a month whose last day has no close.

    `days`: shape (n_days,), float64 [quote], oldest first, the last one of day `last_day` [days since 1970 UTC].
    """
    dates = np.arange(last_day - len(days) + 1, last_day + 1).astype("datetime64[D]")
    ends = days[dates.astype("datetime64[M]") != (dates + 1).astype("datetime64[M]")]
    unknown = np.flatnonzero(~np.isfinite(ends))
    found: list[float] = ends[unknown[-1] + 1 if len(unknown) else 0 :].tolist()
    return found


def above_ten_months(ends: list[float]) -> float | str:
    """1 if the last month-end close is above the mean of the last ten, else 0; or why it is not known. Faber (2007)."""
    if len(ends) < MONTHS:
        return f"{MONTHS} month-end closes in a row are needed, and {len(ends)} are known"
    last = ends[-MONTHS:]
    return float(last[-1] > sum(last) / MONTHS)
