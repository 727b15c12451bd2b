"""What a policy sees of a proposal, as one row of numbers: the functions that both engines call.

Plain arithmetic on floats and arrays, without objects: the full engine calls them as they stand (`rl.observation`), the kernel
compiles them into its loop. What goes in are figures that both engines keep anyway, each by its own means; parity tests hold them
together.

It knows nothing of the court: how far its roles agree, the news and the regime are no columns here, since the kernel has no
court. Who has one puts such columns behind these, by bar and market.
"""

import math
from typing import Any

COLUMNS = (
    "direction", "conviction", "calibrated", "ruling_scale", "size", "held_days", "deployed", "drawdown", "var_headroom",
    "es_headroom", "volatility_ratio", "correlation", "entries", "volatility",
)  # fmt: skip
"""Names of the row's numbers, in their order; `rl.observation.Observation` says what each is."""

SHORT_BARS = 24
"""Latest bars of the short volatility, as those of `realized_volatility`."""
LEAST_BARS = 50
"""Returns below which tails, volatilities and correlation are missing."""

_US_A_DAY = 86_400_000_000.0


def encode(
    row: Any,
    direction: float,
    conviction: float,
    calibrated: float,
    ruling_scale: float,
    exposure: float,
    held_us: float,
    deployed: float,
    equity: float,
    peak: float,
    var_of_limit: float,
    es_of_limit: float,
    volatility_ratio: float,
    correlation: float,
    entries: float,
    volatility: float,
) -> None:
    """Write a row, float64 of shape (len(COLUMNS),); NaN where something is missing.

    `exposure` (signed), `deployed`, `equity`, `peak` in quote units; `held_us` in microseconds; `var_of_limit`, `es_of_limit` as
    fractions of their limits. Never raises; an equity of nothing or less leaves all fractions of it missing.
    """
    row[0] = direction
    row[1] = conviction
    row[2] = calibrated
    row[3] = ruling_scale
    row[4] = exposure / equity if equity > 0.0 else math.nan
    row[5] = held_us / _US_A_DAY
    row[6] = deployed / equity if equity > 0.0 else math.nan
    row[7] = max(0.0, (peak - equity) / peak) if peak > 0.0 else math.nan
    row[8] = 1.0 - var_of_limit
    row[9] = 1.0 - es_of_limit
    row[10] = volatility_ratio
    row[11] = correlation
    row[12] = entries
    row[13] = volatility


def short_over_long(returns: Any) -> float:
    """Volatility of the latest SHORT_BARS of these returns over that of all of them, each a root mean square about zero.

    `returns`: simple returns of a market, floats, length n, oldest first. NaN of fewer than LEAST_BARS, and where nothing moved.
    """
    n = len(returns)
    if n < LEAST_BARS:
        return math.nan
    before, latest = 0.0, 0.0
    for i in range(n - SHORT_BARS):
        before += returns[i] * returns[i]
    for i in range(n - SHORT_BARS, n):
        latest += returns[i] * returns[i]
    total = before + latest
    return math.sqrt((latest / SHORT_BARS) / (total / n)) if total > 0.0 else math.nan


def daily_volatility(returns: Any, bars_per_day: float) -> float:
    """Volatility of a day [fraction]: the root mean square about zero of these returns, times the root of `bars_per_day`.

    `returns`: simple returns of a market, floats, length n, oldest first. NaN of fewer than LEAST_BARS, and where nothing moved.
    """
    n = len(returns)
    if n < LEAST_BARS:
        return math.nan
    total = 0.0
    for i in range(n):
        total += returns[i] * returns[i]
    return math.sqrt(total / n * bars_per_day) if total > 0.0 else math.nan
