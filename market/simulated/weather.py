"""The first simulated market: regimes, one market factor, volatility as an autoregression in logs, jumps (`scenario: weather`).

One market factor moves all symbols and each symbol adds its own noise, so that hourly returns of two symbols have a correlation
of about 0.65. Volatility clusters (log-volatility is an autoregression, Taylor 1986) and changes with the regime; innovations
have a Student-t distribution; prices jump, together or alone. The parameters are chosen to look like crypto markets; they are not
fitted to data.
"""

import math

import numpy as np

from config.seeds import generator
from config.settings import Settings
from market.candles import Candles, Floats
from market.catalogue import instrument_of
from market.simulated.drawn import (
    STEPS,
    Coin,
    Grid,
    SimulatedMarket,
    autoregression,
    candles_of,
    coin_of,
    in_window,
    jumps_of,
    when,
)
from market.simulated.headlines import chatter, told_of_jumps
from market.simulated.regimes import per_bar, regime_path

_CORRELATION = 0.65
_TAIL = 5  # degrees of freedom of the innovations
_CLUSTER_DAYS, _CLUSTER_SIZE = 1.5, 0.45  # log-volatility: mean-reversion time [days], standard deviation
_COMMON_JUMPS_A_DAY, _OWN_JUMPS_A_DAY = 0.10, 0.06


def weather(settings: Settings, seed: int, grid: Grid) -> SimulatedMarket:
    """The market of `settings.market.symbols` on a grid. Raises UsageFault as `simulate` does."""
    path = regime_path(generator(seed, "market", "regime"), grid.bars, grid.bar_days)
    drift, volatility, mood = per_bar(path, grid.bar_days)
    factor_volatility = volatility * _clusters(generator(seed, "market", "volatility"), grid)
    factor = _innovations(generator(seed, "market", "factor"), factor_volatility) + drift[:, None] / STEPS
    common = jumps_of(generator(seed, "market", "jumps"), grid, _COMMON_JUMPS_A_DAY, least=0.015, up=0.4)
    factor += common
    mood_a_day = mood[:: max(1, round(1 / grid.bar_days))]
    news = [
        *told_of_jumps(generator(seed, "news", "jumps"), None, when(common, grid)),
        *chatter(generator(seed, "news", "chatter"), None, grid.start_ms, mood_a_day, per_day=2.5),
    ]
    candles: dict[str, Candles] = {}
    for symbol in settings.market.symbols:
        instrument = instrument_of(settings.market, symbol)
        coin = coin_of(seed, instrument.base, settings.market)
        own = jumps_of(generator(seed, "market", symbol, "jumps"), grid, _OWN_JUMPS_A_DAY, least=0.03, up=0.5)
        own *= coin.beta - 0.5  # large coins have fewer jumps of their own
        steps = coin.beta * factor + _own_noise(seed, symbol, coin, factor_volatility, grid) + own
        candles[symbol] = candles_of(seed, instrument, coin, steps, grid)
        news += told_of_jumps(generator(seed, "news", symbol, "jumps"), instrument.base, when(own, grid))
        news += chatter(
            generator(seed, "news", symbol, "chatter"), instrument.base, grid.start_ms, mood_a_day, per_day=1.8
        )
    return SimulatedMarket(candles, in_window(news, grid))


def _innovations(chance: np.random.Generator, volatility: Floats) -> Floats:
    """Log returns of the steps in each bar, shape (bars, steps).

    Gaussian steps share one chi-square draw a bar, so that the return of a bar has a Student-t distribution.
    """
    draws = chance.standard_normal((len(volatility), STEPS + _TAIL))
    mixing = np.sqrt((_TAIL - 2) / np.square(draws[:, STEPS:]).sum(axis=1))
    return np.asarray(draws[:, :STEPS] * (volatility * mixing / math.sqrt(STEPS))[:, None])


def _clusters(chance: np.random.Generator, grid: Grid) -> Floats:
    """The volatility multiplier of each bar, shape (bars,): an autoregression in logs with mean square 1."""
    memory = math.exp(-grid.bar_days / _CLUSTER_DAYS)
    shocks = chance.standard_normal(grid.bars) * _CLUSTER_SIZE * math.sqrt(1 - memory**2)
    return np.asarray(np.exp(autoregression(shocks, memory) - _CLUSTER_SIZE**2))


def _own_noise(seed: int, symbol: str, coin: Coin, factor_volatility: Floats, grid: Grid) -> Floats:
    scale = coin.beta * math.sqrt((1 - _CORRELATION) / _CORRELATION)
    clusters = _clusters(generator(seed, "market", symbol, "volatility"), grid)
    return _innovations(generator(seed, "market", symbol, "noise"), scale * factor_volatility * clusters)
