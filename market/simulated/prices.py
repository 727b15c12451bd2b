"""The simulated market: prices, headlines and figures generated from one seed. No price in it was ever traded.

Each symbol has its own random streams, so one more symbol or day changes no other price. `market.scenario` chooses what is drawn.
"""

import math
from datetime import datetime, timedelta

from config.clock import to_ms
from config.sections.market import MarketSettings
from config.settings import Settings
from market.simulated.drawn import SESSION_START as SESSION_START
from market.simulated.drawn import Grid
from market.simulated.drawn import SimulatedMarket as SimulatedMarket
from market.simulated.scenarios import WEATHER
from market.simulated.stylised import stylised
from market.simulated.weather import weather
from market.timeframe import Timeframe

_LEAST_WARMUP = timedelta(days=60)


def warmup_length(settings: MarketSettings) -> int:
    """Length of the history before a session [bars]: `warmup_bars`, plus 60 days for the daily signals."""
    bar = Timeframe(settings.timeframe).duration
    return max(settings.warmup_bars, math.ceil(_LEAST_WARMUP / bar))


def simulate(settings: Settings, seed: int, past_days: int = 0, start_utc: datetime = SESSION_START) -> SimulatedMarket:
    """The simulated market of `settings.market`: `past_days`, the warm-up history, then `session_days` from `start_utc`.

    Raises UsageFault for a symbol that is not BASE/QUOTE or has no trading rules.
    """
    timeframe = Timeframe(settings.market.timeframe)
    start = start_utc - warmup_length(settings.market) * timeframe.duration - timedelta(days=past_days)
    bars = (start_utc + timedelta(days=settings.market.session_days) - start) // timeframe.duration
    before = (start_utc - start) // timeframe.duration
    draw = weather if settings.market.scenario == WEATHER else stylised
    return draw(settings, seed, Grid(timeframe, to_ms(start), bars, before))
