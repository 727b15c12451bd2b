"""Small tapes for a policy: daily bars of a random walk, on which voters want shares."""

from typing import Any

import numpy as np
from kernel_parity import settings_of

from config.seeds import generator
from config.settings import Settings
from execution.kernel.grid import Grid, grid_of
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import Floats
from execution.kernel.rules import rules_of
from market.catalogue import instrument_of
from market.instrument import Instrument
from market.timeframe import Timeframe
from rl.environment.tape import PolicyTape
from rl.features import COURT_COLUMNS

SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
DAY_MS = 86_400_000
WARM = 120


def profile(symbols: tuple[str, ...] = SYMBOLS[:1], **more: Any) -> Settings:
    world = {
        "limits.entry_price_cap_bps": None, "limits.max_position_fraction": 0.4, "limits.max_deployed_fraction": 1.0,
        "limits.risk_per_trade": 0.1, "limits.max_var_1d": 0.2, "limits.max_es_1d": 0.3, "limits.min_conviction": 0.2,
        "limits.max_correlation": 1.0, "limits.risk_window_bars": 100, "limits.unproven_fraction": None, "court.resize_band": 0.1,
        "limits.max_drawdown": 0.9,
    }  # fmt: skip
    return settings_of({**world, **more}, symbols, "paper")


def instruments(settings: Settings) -> list[Instrument]:
    return [instrument_of(settings.market, symbol) for symbol in sorted(settings.market.symbols)]


def daily_grid(seed: int, bars: int = 500, markets: int = 1) -> Grid:
    chance = generator(seed, "policy", "bars")
    moves = 0.02 * chance.standard_normal((bars, markets)) * np.where(np.arange(bars)[:, None] // 60 % 2, 2.0, 0.7)
    close = 100.0 * np.exp(np.cumsum(moves, axis=0))
    before = np.vstack((np.full((1, markets), 100.0), close[:-1]))
    low, high = np.minimum(before, close) * 0.995, np.maximum(before, close) * 1.005
    prices = np.stack((before, high, low, close, np.full_like(close, 1e6)))
    return grid_of(SYMBOLS[:markets], Timeframe.D1, DAY_MS * np.arange(1, bars + 1), np.round(prices, 2), first=WARM)


def share_wishes(grid: Grid, seed: int) -> Votes:
    """Voters who say at each close what share they want, or, now and then, that they want to be out."""
    chance, shape = generator(seed, "policy", "votes"), grid.columns.shape
    wishes = chance.choice([0.0, 0.5, 1.0], p=[0.2, 0.3, 0.5], size=(shape[0] // 20 + 1, shape[1]))
    state = np.repeat(wishes, 20, axis=0)[: shape[0]]
    direction = np.where(state > 0.0, 1, -1).astype(np.int8)
    return Votes(
        direction=direction,
        conviction=np.full(shape, 0.8),
        scale=np.ones(shape),
        atr=np.full(shape, np.nan),
        exposure=np.where(direction < 0, 0.0, state),
    )


def policy_tape(seed: int = 0, *, bars: int = 500, markets: int = 1, court: bool = False, **more: Any) -> PolicyTape:
    settings = profile(SYMBOLS[:markets], **more)
    grid = daily_grid(seed, bars, markets)
    rules = rules_of(
        instruments(settings),
        settings.limits,
        settings.exits,
        settings.venue,
        1.0,
        resize_band=settings.court.resize_band,
    )
    course = Course(grid, share_wishes(grid, seed), rules)
    if not court:
        return PolicyTape.without_court(f"walk {seed}", course, 1.0)
    return PolicyTape(f"walk {seed}", course, _court(grid, seed), 1.0)


def _court(grid: Grid, seed: int) -> Floats:
    chance = generator(seed, "policy", "court")
    return np.asarray(chance.uniform(0.0, 1.0, (*grid.columns.shape, len(COURT_COLUMNS))))
