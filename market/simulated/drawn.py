"""What every simulated market is made of: a grid of bars, coins, jumps, candles out of steps, and headlines in their order."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from config.clock import from_ms
from config.sections.market import MarketSettings
from config.seeds import generator
from market.bar import Fact, FundingRate
from market.candles import Candles, Floats, Millis
from market.instrument import Instrument
from market.news import NewsRow
from market.simulated.headlines import Jumps
from market.timeframe import Timeframe

SESSION_START = datetime(2024, 1, 1, tzinfo=UTC)
"""The start of every simulated session, and the end of what a policy may learn from in a simulated market."""
STEPS = 6
"""Prices inside a bar, which give its high and low."""
_KNOWN_COINS = {"BTC": (1.0, 42_000.0, 1.5e9), "ETH": (1.15, 2_300.0, 8e8), "SOL": (1.45, 95.0, 2.5e8)}


class SimulatedMarket(NamedTuple):
    """Bars by symbol on one grid, headlines in order of first sight, and figures in the order in which they became known.

    `past_funding`: rates of the week before the session, which are no figures of it.
    """

    candles: dict[str, Candles]
    news: tuple[NewsRow, ...]
    facts: tuple[Fact, ...] = ()
    past_funding: tuple[FundingRate, ...] = ()


class Grid(NamedTuple):
    """Bars of one length on one grid: the open of the first [ms since 1970 UTC], their number, and those before the session."""

    timeframe: Timeframe
    start_ms: int
    bars: int
    before: int

    @property
    def bar_days(self) -> float:
        """Length of a bar [days]."""
        return self.timeframe.seconds / 86_400

    @property
    def open_ms(self) -> Millis:
        """The open of each bar, shape (bars,), int64 [ms since 1970 UTC]."""
        return self.start_ms + np.arange(self.bars, dtype=np.int64) * self.timeframe.seconds * 1000


class Coin(NamedTuple):
    """How far a coin moves with the market, its first price [quote], and its usual turnover a day [quote]."""

    beta: float
    start_price: float
    turnover_a_day: float


class Activity(NamedTuple):
    """Trading in each bar: how much, shape (bars,), float64 [multiples of the usual], and whether none, shape (bars,), bool."""

    level: Floats
    dark: "np.typing.NDArray[np.bool_]"


def jumps_of(chance: np.random.Generator, grid: Grid, a_day: float, *, least: float, up: float) -> Floats:
    """Jumps, almost all zero, shape (bars, STEPS), float64 [log return]. `up`: share of rises; `least`: the smallest size."""
    occurs, direction, magnitude, place = chance.random((grid.bars, 4)).T
    size = np.minimum(least * (1 - np.log1p(-magnitude)), 0.15) * np.where(direction < up, 1.0, -1.0)
    jumps = np.zeros((grid.bars, STEPS))
    jumps[np.arange(grid.bars), (place * STEPS).astype(np.int64)] = np.where(occurs < a_day * grid.bar_days, size, 0.0)
    return jumps


def autoregression(shocks: Floats, memory: float) -> Floats:
    """Each shock and `memory` times the value before, shape (n_bars,), float64 [as `shocks`, of the same shape].

    The bits are those of scipy's `lfilter`, which would take 80 MB to load.
    """
    return np.fromiter(
        accumulate(shocks.tolist(), lambda before, shock: memory * before + shock), np.float64, len(shocks)
    )


def when(jumps: Floats, grid: Grid) -> Jumps:
    """The moments and sizes of jumps, shape (bars, STEPS), float64 [log return]."""
    bar, step = np.nonzero(jumps)
    at_ms = grid.open_ms[bar] + (step + 1) * grid.timeframe.seconds * 1000 // STEPS
    return Jumps(at_ms, jumps[bar, step])


def coin_of(seed: int, base: str, settings: MarketSettings) -> Coin:
    """A coin by its base: known ones as they are, others drawn."""
    u = generator(seed, "market", "coin", base).random(3)
    drawn = (1.05 + 0.5 * u[0], float(np.exp(np.log(0.5) + u[1] * np.log(100.0))), 2e7 * 10.0 ** u[2])
    beta, price, turnover = _KNOWN_COINS.get(base, drawn)
    return Coin(float(beta), settings.start_price.get(base) or price, float(turnover))


def candles_of(
    seed: int, instrument: Instrument, coin: Coin, steps: Floats, grid: Grid, activity: Activity | None = None
) -> Candles:
    """Bars of prices that move by `steps`, shape (bars, STEPS), float64 [log return]; without those in which nothing trades."""
    prices = _to_multiple(coin.start_price * np.exp(np.cumsum(steps)), instrument.tick_size).reshape(steps.shape)
    close = prices[:, -1].copy()
    first = _to_multiple(np.array([coin.start_price]), instrument.tick_size)
    open_ = np.concatenate([first, close[:-1]])
    high, low = np.maximum(prices.max(axis=1), open_), np.minimum(prices.min(axis=1), open_)
    traded = _volume(seed, instrument.symbol, coin, np.log(close / open_), close, grid)
    if activity is not None:
        traded *= activity.level
    volume = _to_multiple(traded, instrument.lot_size)
    close_ms = grid.open_ms + grid.timeframe.seconds * 1000
    columns = (close_ms, open_, high, low, close, volume)
    if activity is not None and activity.dark.any():
        columns = tuple(column[~activity.dark] for column in columns)  # type: ignore[assignment]
    return Candles.validated(instrument.symbol, grid.timeframe, *columns)


def _volume(seed: int, symbol: str, coin: Coin, returns: Floats, close: Floats, grid: Grid) -> Floats:
    """Volume, shape (bars,) [base]: it rises with the price move (Karpoff 1987), times lognormal noise."""
    typical = coin.beta * 0.6 * math.sqrt(grid.bar_days / 365)
    noise = np.exp(0.35 * generator(seed, "market", symbol, "volume").standard_normal(grid.bars))
    return np.asarray(coin.turnover_a_day * grid.bar_days / close * noise * (0.4 + 0.8 * np.abs(returns) / typical))


def _to_multiple(values: Floats, step: Decimal) -> Floats:
    """Round to the nearest whole number of steps, at least one, without floating-point remainders."""
    exponent = step.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return np.asarray(np.round(np.maximum(np.round(values / float(step)), 1.0) * float(step), decimals))


def in_window(news: list[NewsRow], grid: Grid) -> tuple[NewsRow, ...]:
    """The headlines that are published and seen while the grid lasts, in order of first sight."""
    start = from_ms(grid.start_ms)
    end = from_ms(grid.start_ms + grid.bars * grid.timeframe.seconds * 1000)
    told = [row for row in news if start <= row.published_utc and row.first_seen_utc <= end]
    return tuple(sorted(told, key=lambda row: (row.first_seen_utc, row.published_utc, row.bases, row.text)))
