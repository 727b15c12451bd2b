"""The strategy in our engine: enter when EMA 12 crosses above EMA 26 with RSI 14 under 70; exit when it crosses below."""

from decimal import Decimal
from typing import Any

import numpy as np

from config.reading.load import load_profile
from execution.kernel.engine import simulate
from execution.kernel.grid import Grid, grid_of
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import Floats
from execution.kernel.rules import Rules, rules_of
from market.catalogue import instrument_of
from market.indicators.library import talib
from market.timeframe import Timeframe
from peers.bars import moments
from peers.fills import Traded
from risk.limits.catalogue import loosest

SYMBOL = "BTC/USDT"
WARMUP = 50
"""Bars before the first that may be traded."""
STOP, FEE, SLIPPAGE = 0.015, 0.001, 0.0005
SETTINGS = load_profile(
    "backtest",
    {
        "market.timeframe": "5m", "limits.max_position_fraction": 0.5, "limits.max_deployed_fraction": 0.5,
        "limits.max_var_1d": 0.05, "limits.max_es_1d": 0.06,
    },
)  # fmt: skip
LIMITS = loosest(SETTINGS.limits, but=("position", "deployed", "var_1d", "es_1d"))
"""Each limit of the catalogue at its loosest, but the four that the profile sets."""


def signals(bars: Floats, fast: int = 12, slow: int = 26) -> tuple[Any, Any]:
    """Return the entries and the exits, shape (n,) each."""
    close = bars[3]
    quick, lazy, rsi = talib.EMA(close, fast), talib.EMA(close, slow), talib.RSI(close, 14)
    above = quick > lazy
    before = np.concatenate(([False], above[:-1]))
    known = ~np.isnan(lazy)
    known &= np.concatenate(([False], known[:-1]))
    return known & above & ~before & (rsi < 70.0), known & ~above & before


def votes(bars: Floats, fast: int = 12, slow: int = 26) -> Votes:
    enter, leave = signals(bars, fast, slow)
    direction = (enter.astype(np.int8) - leave.astype(np.int8))[:, None]
    full, unknown = (np.broadcast_to(np.float64(value), direction.shape) for value in (1.0, np.nan))
    return Votes(direction, full, full, unknown)


def rules(stop: float = STOP) -> Rules:
    limits = LIMITS.model_copy(update={"stop_fraction": stop})
    instrument = instrument_of(SETTINGS.market, SYMBOL)
    return rules_of([instrument], limits, SETTINGS.exits, SETTINGS.venue, 288.0)


def grid(bars: Floats) -> Grid:
    return grid_of((SYMBOL,), Timeframe.M5, moments(bars.shape[1]), bars[:, :, None], first=WARMUP)


def ours(bars: Floats) -> KernelResult:
    """Run everything from columns of prices to the result."""
    return simulate(grid(bars), votes(bars), rules())


def our_fills(made: KernelResult, lot: Decimal | None = None) -> list[Traded]:
    """Return our fills with rows of the whole grid, levels of one order at one bar as they were taken."""
    rules = instrument_of(SETTINGS.market, SYMBOL)
    lot, tick = lot or rules.lot_size, rules.tick_size
    return [
        Traded(
            int(f["bar"]) + WARMUP, bool(f["buys"]), float(int(f["lots"]) * lot), float(int(f["ticks"]) * tick),
            float(f["fee"]),
        )
        for f in made.fills
    ]  # fmt: skip
