"""The signals alone, which all engines trade alike: one coin each time, with our limits and exits so far away that none acts."""

import math
from decimal import Decimal
from typing import Any

import numpy as np

from config.reading.load import load_profile
from execution.kernel.engine import simulate
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import Floats
from execution.kernel.rules import Rules, rules_of
from market.catalogue import instrument_of
from peers.strategy import SYMBOL, WARMUP, grid, signals
from risk.limits.catalogue import loosest

ALONE = load_profile(
    "backtest",
    {
        "market.timeframe": "5m", "venue.starting_cash": "1000000000", "venue.spread_bps": 2, "venue.levels": 1,
        "venue.depth_fraction": 1, "venue.latency_ms": 0, "exits.take_profit_fraction": 10,
    },
)  # fmt: skip
"""The account that trades the signals alone: one level of the book, and cash beside which one coin is nothing."""
SMALL = 2e-4
"""Share of that account in one trade at most: a few coins, fewer than any bar's book shows."""
ASK, BID = 10_001, 9_999
"""Best prices around the open [ten thousandths of it]: half of `venue.spread_bps` away."""


def signals_alone(bars: Floats) -> tuple[Any, Any]:
    """Return the same signals from the first bar on at which our gate has enough history, shape (n,) each."""
    enter, leave = signals(bars)
    enter[: WARMUP + int(rules_alone().limits["least_bars"][0]) + 1] = False
    return enter, leave


def rules_alone() -> Rules:
    """Return the rules of an account that none of our limits and exits holds back; a lot is one coin."""
    far: dict[str, Any] = {"stop_fraction": 0.49, "max_stop_fraction": 0.89, "max_position_fraction": SMALL}
    far |= {"turbulence": "account", "turbulence_sigma": math.inf}  # prices jump where the recording begins again
    limits = loosest(ALONE.limits).model_copy(update=far)
    instrument = instrument_of(ALONE.market, SYMBOL).model_copy(update={"lot_size": Decimal(1)})
    return rules_of([instrument], limits, ALONE.exits, ALONE.venue, 288.0)


def votes_alone(bars: Floats) -> Votes:
    """Return our votes: each purchase is scaled to one and a half coins, which is one whole lot."""
    enter, leave = signals_alone(bars)
    close, direction = bars[3][:, None], (enter.astype(np.int8) - leave.astype(np.int8))[:, None]
    scale = close * (1.5 / (float(ALONE.venue.starting_cash) * SMALL))
    return Votes(direction, np.broadcast_to(1.0, close.shape), scale, close)


def ours_alone(bars: Floats) -> KernelResult:
    """Run everything from columns of prices to fills and equity."""
    return simulate(grid(bars), votes_alone(bars), rules_alone())


def late_signals(bars: Floats) -> tuple[Any, Any]:
    """Return each side's signals one bar later, where they trade."""
    enter, leave = (np.concatenate(([False], side[:-1])) for side in signals_alone(bars))
    return enter, leave


def prices_alone(bars: Floats, enter: Any) -> Floats:
    """Return the price of each bar at which a late signal trades: our book's ask at the open where one enters, else its bid."""
    ticks = np.rint(bars[0] * 100).astype(np.int64)
    bid = ticks * BID // 10_000
    return np.asarray(np.where(enter, np.maximum(-(-ticks * ASK // 10_000), bid + 1), bid) / 100)
