"""Tapes of daily bars whose regime is known to the court: with an edge that a policy can use, or without one.

A voter wants the whole share of each market, and is out of it for a day every thirty. The drift of the day after is `edge`
standard deviations in the good regime and minus that in the bad one, on top of `drift`. With `told` the court knows the regime;
without it, its column is noise.
"""

from datetime import timedelta

import numpy as np

from config.reading.load import load_profile
from execution.kernel.grid import grid_of
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.votes import Votes
from execution.kernel.rules import rules_of
from market.catalogue import instrument_of
from market.timeframe import Timeframe
from rl.environment.tape import PolicyTape

_SYMBOLS = ("BTC/USDT", "ETH/USDT")
_FIRST_CLOSE_MS = 1_546_387_200_000
_SPREAD = 0.03


def planted_tape(seed: int, *, edge: float, told: bool = True, days: int = 900, drift: float = 0.05) -> PolicyTape:
    """A tape of one account with two markets and `days` days."""
    chance, warm, k = np.random.default_rng(seed), 80, len(_SYMBOLS)
    n = days + warm
    regime = np.where(np.cumsum(chance.random((n, k)) < 0.04, axis=0) % 2, 1.0, -1.0)
    moves = _SPREAD * np.clip(chance.standard_normal((n, k)), -4.0, 4.0)
    moves[1:] += _SPREAD * (drift + edge * regime[:-1])
    close = 1000.0 * np.exp(np.cumsum(moves, axis=0))
    opens = np.vstack([np.full((1, k), 1000.0), close[:-1]])
    high, low = np.maximum(opens, close) * 1.002, np.minimum(opens, close) * 0.998
    prices = np.stack([opens, high, low, close, np.full((n, k), 1e6)])
    times = _FIRST_CLOSE_MS + 86_400_000 * np.arange(n, dtype=np.int64)
    grid = grid_of(_SYMBOLS, Timeframe.D1, times, prices, first=warm)
    settings = load_profile(
        "paper", {"limits.stop_fraction": 0.08, "limits.risk_window_bars": 60, "limits.risk_window_h": 1440}
    )
    rules = rules_of(
        [instrument_of(settings.market, symbol) for symbol in _SYMBOLS],
        settings.limits, settings.exits, settings.venue, timedelta(days=1) / Timeframe.D1.duration,
        resize_band=settings.court.resize_band,
    )  # fmt: skip
    shape = (n, k)
    held = np.broadcast_to((np.arange(n) % 30 != 0)[:, None], shape)
    votes = Votes(
        np.where(held, 1, -1).astype(np.int8), np.ones(shape), held.astype(float), _SPREAD * close,
        held.astype(np.int32), np.where(held, 1.0, np.nan), np.full(shape, np.nan), held.astype(np.int32),
        (~held).astype(np.int32),
    )  # fmt: skip
    court = np.full((*shape, 3), np.nan)
    court[:, :, 2] = regime if told else np.where(np.cumsum(chance.random(shape) < 0.04, axis=0) % 2, 1.0, -1.0)
    return PolicyTape(f"planted {seed}", Course(grid, votes, rules), court, 1.0)
