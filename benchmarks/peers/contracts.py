"""The same strategy on a perpetual, both sides: the cross below sells short, with drawn marks and funding every eight hours."""

import numpy as np

from config.reading.load import load_profile
from execution.kernel.engine import simulate
from execution.kernel.grid import Grid, grid_of
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.votes import Votes
from execution.kernel.margined.contracts import Contracts
from execution.kernel.records import DUE, OPENS, Floats
from execution.kernel.rules import Rules, rules_of
from market.catalogue import instrument_of
from market.timeframe import Timeframe
from peers.bars import moments
from peers.strategy import SYMBOL, WARMUP, signals
from risk.limits.catalogue import loosest

SETTINGS = load_profile(
    "perp",
    {
        "market.timeframe": "5m", "limits.max_position_fraction": 0.5, "limits.max_deployed_fraction": 0.5,
        "limits.max_var_1d": 0.05, "limits.max_es_1d": 0.06, "market.perpetuals.leverage": "2",
    },
)  # fmt: skip
LIMITS = loosest(SETTINGS.limits, but=("position", "deployed", "var_1d", "es_1d", "liquidation"))
FUNDED_EVERY = 96
"""Bars of five minutes between two payments of funding."""


def both_sides(bars: Floats) -> Votes:
    """Buy at the cross above, sell short at the one below."""
    enter, leave = signals(bars)
    direction = (enter.astype(np.int8) - leave.astype(np.int8))[:, None]
    full, unknown = (np.broadcast_to(np.float64(value), direction.shape) for value in (1.0, np.nan))
    return Votes(direction, full, full, unknown, short=np.where(direction < 0, OPENS, 0).astype(np.int8))


def contract_rules() -> Rules:
    """The rules of the profile `perp`, with the loosest limits that allow half of the account in one trade."""
    instrument = instrument_of(SETTINGS.market, SYMBOL)
    return rules_of([instrument], LIMITS, SETTINGS.exits, SETTINGS.venue, 288.0, perpetuals=SETTINGS.market.perpetuals)


def contract_grid(bars: Floats) -> Grid:
    """The bars with a mark 0.02 % above the trades, and a rate of one hundredth of a percent."""
    n = bars.shape[1]
    rows = np.arange(WARMUP, n, FUNDED_EVERY)
    dues = np.zeros(len(rows), dtype=DUE)
    marks = np.ascontiguousarray(bars[:4, :, None]) * 1.0002
    dues["price"], dues["high"] = marks[0, rows, 0], 0.0001
    starts = np.searchsorted(rows, np.arange(n + 1)).astype(np.int64)
    contracts = Contracts(marks, np.full((n, 1), 0.0001), starts, dues)
    return grid_of((SYMBOL,), Timeframe.M5, moments(n), bars[:, :, None], first=WARMUP, contracts=contracts)


def ours_on_both_sides(bars: Floats) -> KernelResult:
    """Run everything from columns of prices to the result."""
    return simulate(contract_grid(bars), both_sides(bars), contract_rules())
