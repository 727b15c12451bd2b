"""Figures of bars, as pure functions of closes and returns. Each gives a number, or the reason why there is none."""

from datetime import timedelta

import numpy as np

from config.clock import from_ms
from market.candles import Floats
from market.context.closes import DAY_MS

MEAN_DAYS = 200
_LEAST_DAYS = 190
MONTHS = 10


def beta_of(own: Floats, btc: Floats) -> float | str:
    """Slope of own log returns on those of BTC; or why there is none.

    `own`, `btc`: shape (n_steps,), float64 [log return], NaN where one is not known. Sharpe (1964), with BTC as the market.
    """
    known = _common(own, btc)
    if isinstance(known, str):
        return known
    own, btc = known
    spread = float(np.var(btc))
    return float(np.mean((own - own.mean()) * (btc - btc.mean()))) / spread if spread > 0 else "BTC did not move"


def correlation_of(own: Floats, btc: Floats) -> float | str:
    """Pearson's correlation of own log returns with those of BTC [-1..1]; or why there is none.

    `own`, `btc`: shape (n_steps,), float64 [log return], NaN where one is not known.
    """
    known = _common(own, btc)
    if isinstance(known, str):
        return known
    own, btc = known
    scale = float(np.std(own) * np.std(btc))
    if not scale > 0:
        return "one of the two did not move"
    return max(-1.0, min(1.0, float(np.mean((own - own.mean()) * (btc - btc.mean()))) / scale))


def _common(own: Floats, btc: Floats) -> tuple[Floats, Floats] | str:
    """The steps in which both are known; at least half of all."""
    both = np.isfinite(own) & np.isfinite(btc)
    needed, found = -(-len(own) // 2), int(np.count_nonzero(both))
    if found < needed:
        return f"{needed} returns are needed, and {found} are known"
    return own[both], btc[both]


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
    found: list[float] = []
    first = last_day - len(days) + 1
    for place in range(len(days) - 1, -1, -1):
        day = from_ms((first + place) * DAY_MS)
        if (day + timedelta(days=1)).month == day.month:
            continue
        if not np.isfinite(days[place]):
            break
        found.append(float(days[place]))
    return found[::-1]


def above_ten_months(ends: list[float]) -> float | str:
    """1 if the last month-end close is above the mean of the last ten, else 0; or why it is not known. Faber (2007)."""
    if len(ends) < MONTHS:
        return f"{MONTHS} month-end closes in a row are needed, and {len(ends)} are known"
    last = ends[-MONTHS:]
    return float(last[-1] > sum(last) / MONTHS)
