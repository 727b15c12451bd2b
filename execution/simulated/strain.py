"""How much thinner than usual the book of one bar is: makers step back when prices move much.

A bar that is n times as volatile as a calm one has a spread n times as wide, levels n times as far apart, and an n-th of the
depth. That spreads grow and depth falls as volatility rises is well known of books (Bouchaud, Farmer and Lillo 2009); that they
do so in proportion is a model, and what is calm is a setting: neither is fitted here. n is counted in whole hundredths, so that
both engines lay the same book to the last digit.
"""

import math
from datetime import timedelta

from config.sections.venue import VenueSettings

CALM = 100
"""No strain, in hundredths."""
_PARKINSON = 1.0 / math.sqrt(4.0 * math.log(2.0))
_DAY = timedelta(days=1)


def calm_sigma(settings: VenueSettings, length: timedelta) -> float:
    """The volatility of a bar of this length up to which it is calm [fraction of the price]; 0 where each bar is."""
    return 0.0 if settings.calm_volatility is None else settings.calm_volatility * math.sqrt(length / _DAY)


def strain(high: float, low: float, calm: float) -> int:
    """How many times as volatile as a calm bar this one is, in hundredths: 100 for a calm one, at most 5,000.

    `high`, `low` [quote]; `calm`: that of `calm_sigma`. Its volatility is that of `execution.simulated.latency`.
    """
    if not calm > 0.0:
        return CALM
    sigma = _PARKINSON * ((high - low) / (math.sqrt(high) * math.sqrt(low)))
    return math.floor(100.0 * min(50.0, max(1.0, sigma / calm)))
