"""The simulated market: prices and headlines generated from one seed. No price in it was ever traded.

One market factor moves all symbols and each symbol adds its own noise, so that hourly returns of two symbols have a correlation
of about 0.65. Volatility clusters (log-volatility is an autoregression, Taylor 1986) and changes with the regime; innovations
have a Student-t distribution; prices jump, together or alone. Each symbol has its own random streams, so one more symbol or day
changes no other price. The parameters are chosen to look like crypto markets; they are not fitted to data.
"""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from config.clock import from_ms, to_ms
from config.sections.market import MarketSettings
from config.seeds import generator
from config.settings import Settings
from market.candles import Candles, Floats, Millis
from market.catalogue import instrument_of
from market.instrument import Instrument
from market.news import NewsRow
from market.simulated.headlines import Jumps, chatter, told_of_jumps
from market.simulated.regimes import per_bar, regime_path
from market.timeframe import Timeframe

SESSION_START = datetime(2024, 1, 1, tzinfo=UTC)
"""The start of every simulated session."""

_LEAST_WARMUP = timedelta(days=60)
_STEPS = 6  # prices inside a bar, which give its high and low
_CORRELATION = 0.65
_TAIL = 5  # degrees of freedom of the innovations
_CLUSTER_DAYS, _CLUSTER_SIZE = 1.5, 0.45  # log-volatility: mean-reversion time [days], standard deviation
_COMMON_JUMPS_A_DAY, _OWN_JUMPS_A_DAY = 0.10, 0.06
_KNOWN_COINS = {"BTC": (1.0, 42_000.0, 1.5e9), "ETH": (1.15, 2_300.0, 8e8), "SOL": (1.45, 95.0, 2.5e8)}


class SimulatedMarket(NamedTuple):
    """Bars by symbol, all on one grid, and headlines in order of first sight."""

    candles: dict[str, Candles]
    news: tuple[NewsRow, ...]


class _Grid(NamedTuple):
    timeframe: Timeframe
    start_ms: int
    bars: int

    @property
    def bar_days(self) -> float:
        return self.timeframe.seconds / 86_400

    @property
    def open_ms(self) -> Millis:
        return self.start_ms + np.arange(self.bars, dtype=np.int64) * self.timeframe.seconds * 1000


class _Coin(NamedTuple):
    beta: float
    start_price: float
    turnover_a_day: float  # [quote]


def warmup_length(settings: MarketSettings) -> int:
    """Length of the history before a session [bars]: `warmup_bars`, plus 60 days for the daily signals."""
    bar = Timeframe(settings.timeframe).duration
    return max(settings.warmup_bars, math.ceil(_LEAST_WARMUP / bar))


def simulate(settings: Settings, seed: int) -> SimulatedMarket:
    """The simulated market of `settings.market`: the warm-up history, then `session_days` from SESSION_START.

    Raises UsageFault for a symbol that is not BASE/QUOTE or has no trading rules.
    """
    timeframe = Timeframe(settings.market.timeframe)
    start = SESSION_START - warmup_length(settings.market) * timeframe.duration
    bars = (SESSION_START + timedelta(days=settings.market.session_days) - start) // timeframe.duration
    grid = _Grid(timeframe, to_ms(start), bars)
    path = regime_path(generator(seed, "market", "regime"), bars, grid.bar_days)
    drift, volatility, mood = per_bar(path, grid.bar_days)
    factor_volatility = volatility * _clusters(generator(seed, "market", "volatility"), grid)
    factor = _innovations(generator(seed, "market", "factor"), factor_volatility) + drift[:, None] / _STEPS
    common = _jumps(generator(seed, "market", "jumps"), grid, _COMMON_JUMPS_A_DAY, least=0.015, up=0.4)
    factor += common
    mood_a_day = mood[:: max(1, round(1 / grid.bar_days))]
    news = [
        *told_of_jumps(generator(seed, "news", "jumps"), None, _when(common, grid)),
        *chatter(generator(seed, "news", "chatter"), None, grid.start_ms, mood_a_day, per_day=2.5),
    ]
    candles: dict[str, Candles] = {}
    for symbol in settings.market.symbols:
        instrument = instrument_of(settings.market, symbol)
        coin = _coin(seed, instrument.base, settings.market)
        own = _jumps(generator(seed, "market", symbol, "jumps"), grid, _OWN_JUMPS_A_DAY, least=0.03, up=0.5)
        own *= coin.beta - 0.5  # large coins have fewer jumps of their own
        steps = coin.beta * factor + _own_noise(seed, symbol, coin, factor_volatility, grid) + own
        candles[symbol] = _candles(seed, instrument, coin, steps, grid)
        news += told_of_jumps(generator(seed, "news", symbol, "jumps"), instrument.base, _when(own, grid))
        news += chatter(
            generator(seed, "news", symbol, "chatter"), instrument.base, grid.start_ms, mood_a_day, per_day=1.8
        )
    end = from_ms(grid.start_ms + bars * timeframe.seconds * 1000)
    return SimulatedMarket(candles, _in_window(news, start, end))


def _innovations(chance: np.random.Generator, volatility: Floats) -> Floats:
    """Log returns of the steps in each bar, shape (bars, steps).

    Gaussian steps share one chi-square draw a bar, so that the return of a bar has a Student-t distribution.
    """
    draws = chance.standard_normal((len(volatility), _STEPS + _TAIL))
    mixing = np.sqrt((_TAIL - 2) / np.square(draws[:, _STEPS:]).sum(axis=1))
    return np.asarray(draws[:, :_STEPS] * (volatility * mixing / math.sqrt(_STEPS))[:, None])


def _clusters(chance: np.random.Generator, grid: _Grid) -> Floats:
    """The volatility multiplier of each bar, shape (bars,): an autoregression in logs with mean square 1."""
    from scipy.signal import lfilter  # heavy to import, and recorded bars do not need it

    memory = math.exp(-grid.bar_days / _CLUSTER_DAYS)
    shocks = chance.standard_normal(grid.bars) * _CLUSTER_SIZE * math.sqrt(1 - memory**2)
    return np.asarray(np.exp(lfilter([1.0], [1.0, -memory], shocks) - _CLUSTER_SIZE**2))


def _jumps(chance: np.random.Generator, grid: _Grid, a_day: float, *, least: float, up: float) -> Floats:
    """Log jumps, almost all zero, shape (bars, steps). `up` is the share of rises, `least` the smallest size."""
    occurs, direction, magnitude, place = chance.random((grid.bars, 4)).T
    size = np.minimum(least * (1 - np.log1p(-magnitude)), 0.15) * np.where(direction < up, 1.0, -1.0)
    jumps = np.zeros((grid.bars, _STEPS))
    jumps[np.arange(grid.bars), (place * _STEPS).astype(np.int64)] = np.where(occurs < a_day * grid.bar_days, size, 0.0)
    return jumps


def _when(jumps: Floats, grid: _Grid) -> Jumps:
    bar, step = np.nonzero(jumps)
    at_ms = grid.open_ms[bar] + (step + 1) * grid.timeframe.seconds * 1000 // _STEPS
    return Jumps(at_ms, jumps[bar, step])


def _own_noise(seed: int, symbol: str, coin: _Coin, factor_volatility: Floats, grid: _Grid) -> Floats:
    scale = coin.beta * math.sqrt((1 - _CORRELATION) / _CORRELATION)
    clusters = _clusters(generator(seed, "market", symbol, "volatility"), grid)
    return _innovations(generator(seed, "market", symbol, "noise"), scale * factor_volatility * clusters)


def _coin(seed: int, base: str, settings: MarketSettings) -> _Coin:
    u = generator(seed, "market", "coin", base).random(3)
    drawn = (1.05 + 0.5 * u[0], float(np.exp(np.log(0.5) + u[1] * np.log(100.0))), 2e7 * 10.0 ** u[2])
    beta, price, turnover = _KNOWN_COINS.get(base, drawn)
    return _Coin(float(beta), settings.start_price.get(base) or price, float(turnover))


def _candles(seed: int, instrument: Instrument, coin: _Coin, steps: Floats, grid: _Grid) -> Candles:
    prices = _to_multiple(coin.start_price * np.exp(np.cumsum(steps)), instrument.tick_size).reshape(steps.shape)
    close = prices[:, -1].copy()
    first = _to_multiple(np.array([coin.start_price]), instrument.tick_size)
    open_ = np.concatenate([first, close[:-1]])
    high, low = np.maximum(prices.max(axis=1), open_), np.minimum(prices.min(axis=1), open_)
    volume = _to_multiple(
        _volume(seed, instrument.symbol, coin, np.log(close / open_), close, grid), instrument.lot_size
    )
    close_ms = grid.open_ms + grid.timeframe.seconds * 1000
    return Candles.validated(instrument.symbol, grid.timeframe, close_ms, open_, high, low, close, volume)


def _volume(seed: int, symbol: str, coin: _Coin, returns: Floats, close: Floats, grid: _Grid) -> Floats:
    """Volume, shape (bars,) [base]: it rises with the price move (Karpoff 1987), times lognormal noise."""
    typical = coin.beta * 0.6 * math.sqrt(grid.bar_days / 365)
    noise = np.exp(0.35 * generator(seed, "market", symbol, "volume").standard_normal(grid.bars))
    return np.asarray(coin.turnover_a_day * grid.bar_days / close * noise * (0.4 + 0.8 * np.abs(returns) / typical))


def _to_multiple(values: Floats, step: Decimal) -> Floats:
    """Round to the nearest whole number of steps, at least one, without floating-point remainders."""
    exponent = step.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return np.asarray(np.round(np.maximum(np.round(values / float(step)), 1.0) * float(step), decimals))


def _in_window(news: list[NewsRow], start: datetime, end: datetime) -> tuple[NewsRow, ...]:
    told = [row for row in news if start <= row.published_utc and row.first_seen_utc <= end]
    return tuple(sorted(told, key=lambda row: (row.first_seen_utc, row.published_utc, row.bases, row.text)))
