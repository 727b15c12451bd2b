"""The same bars, marks, funding and votes of both sides through both engines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from gate_support import PLAIN
from kernel_parity import WARMUP, Told, both_of, random_votes, settings_of, shorter

from config.clock import to_ms
from config.seeds import generator
from config.settings import Settings
from execution.kernel.grid import Grid, grid_of_tape
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import COVERS, OPENS
from market.candles import RawCandles
from market.catalogue import instrument_of
from market.files.bars import read_market_files
from market.finer import with_funding, with_marks
from market.simulated.marks import drawn_marks
from market.tape import Tape, simulated_tape
from market.timeframe import Timeframe

_LARGE: dict[str, Any] = {
    "limits.max_position_fraction": 0.9, "limits.max_deployed_fraction": 1.0, "limits.max_gross_leverage": 2.5,
    "limits.max_net_leverage": 2.0, "limits.max_var_1d": 1.0, "limits.max_es_1d": 1.0, "limits.kelly_fraction": 1.0,
    "limits.kelly_edge": 0.5, "limits.risk_per_trade": 0.1, "limits.max_stressed_loss": None, "limits.unproven_fraction": None,
    "limits.max_drawdown": 0.95, "limits.max_daily_loss": 0.9, "limits.max_weekly_loss": 0.95, "limits.loss_streak": 90,
    "limits.max_cluster_fraction": 1.0, "limits.max_twin_correlation": 1.0, "limits.max_entries_per_day": None,
    "limits.min_liquidation_distance": 1.0, "limits.max_funding_share": None,
}  # fmt: skip
WORLDS: tuple[dict[str, Any], ...] = (
    {},
    {**_LARGE, "market.perpetuals.leverage": "3"},
    {"market.perpetuals.leverage": "2", "market.perpetuals.trigger": "last", "limits.turbulence_alarms": 900,
     "limits.turbulence_pause_h": 9, "limits.loss_streak": 2, "limits.loss_streak_chance": 0.3, "limits.risk_per_trade": 0.05,
     "limits.max_stressed_loss": None, "exits.take_profit_fraction": 0.012, "exits.trail_fraction": 0.006},
    {**PLAIN, "market.perpetuals.leverage": "2.5", "limits.max_stressed_loss": 0.03, "limits.max_correlation": 0.9,
     "limits.kelly_edge": 0.5, "limits.max_var_1d": 0.02, "limits.max_es_1d": 0.025, "limits.min_liquidation_distance": 9.0,
     "limits.max_funding_share": 0.6, "limits.stop_fraction": 0.03},
    {**_LARGE, "market.perpetuals.leverage": "1.3", "exits.trail_atr_multiple": 1.5, "exits.take_profit_fraction": 0.01,
     "limits.entry_price_cap_bps": None, "limits.stop_fraction": 0.01, "limits.stop_atr_multiple": 0.3},
    {"venue.starting_cash": "3000000", "venue.depth_fraction": 0.0007, "venue.levels": 3, "limits.max_var_1d": 0.2,
     "limits.max_es_1d": 0.25, "limits.kelly_edge": 0.5, "limits.max_position_fraction": 0.4, "limits.max_deployed_fraction": 1.0,
     "limits.unproven_fraction": None, "limits.max_stressed_loss": 0.2, "limits.risk_per_trade": 0.03,
     "market.perpetuals.leverage": "3"},
    {"venue.starting_cash": "700", "limits.kelly_edge": 0.5, "exits.take_profit_share": 0.3, "limits.max_position_fraction": 0.3,
     "limits.max_deployed_fraction": 1.0, "limits.max_var_1d": 0.2, "limits.max_es_1d": 0.25, "limits.unproven_fraction": None,
     "limits.risk_per_trade": 0.03, "market.perpetuals.leverage": "1.7", "exits.take_profit_fraction": 0.06},
    {**_LARGE, "market.perpetuals.leverage": "3", "market.perpetuals.trigger": "last", "limits.half_size_drawdown": 0.02,
     "limits.record_prior": 3, "limits.unproven_fraction": 0.3, "limits.proven_at": 0.5, "limits.max_cluster_fraction": 0.8},
)  # fmt: skip
"""Profiles under which different rules bind: the default, large positions at the highest leverage, pauses of one side with stops
on the last trade, the rules of contracts, ranges behind which stops trail, a thin book, a tiny account, and records by side.
"""
SHARE_WORLDS: tuple[dict[str, Any], ...] = (
    {**_LARGE, "market.perpetuals.leverage": "3", "court.resize_band": 0.1, "limits.risk_per_trade": 0.05},
    {"venue.starting_cash": "3000000", "venue.depth_fraction": 0.0007, "venue.levels": 3, "limits.entry_price_cap_bps": None,
     "limits.max_position_fraction": 0.3, "limits.max_deployed_fraction": 1.0, "limits.max_var_1d": 0.2, "limits.max_es_1d": 0.25,
     "limits.unproven_fraction": None, "limits.kelly_edge": 0.5, "limits.risk_per_trade": 0.02, "court.resize_band": 0.0,
     "market.perpetuals.leverage": "2"},
)  # fmt: skip
FIRST_MARK, LAST_MARK = datetime(2020, 1, 6, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)
"""The time in which marks of both recorded markets are known, after WARMUP hours of trades."""
SIDES = (["BTC/USDT"], ["BTC/USDT", "ETH/USDT"], ["SOL/USDT", "ETH/USDT", "BTC/USDT"])


def votes_of_both_sides(grid: Grid, seed: int, *, often: float = 0.2) -> Votes:
    """Return votes of single events on both sides: every vote to sell opens a short where nothing is held."""
    return on_both_sides(random_votes(grid, seed, often=often), seed)


def on_both_sides(votes: Votes, seed: int = 0) -> Votes:
    """Return the same votes, half of them on the other side."""
    chance = generator(seed, "sides")
    sold = (votes.direction != 0) & (chance.random(votes.direction.shape) < 0.5)
    direction = np.where(sold, -1, votes.direction).astype(np.int8)
    return replace(votes, direction=direction, short=np.where(direction < 0, OPENS, 0).astype(np.int8))


def shares_of_both_sides(grid: Grid, seed: int, *, often: float = 0.3, every: int = 1) -> Votes:
    """Return votes of which most want a share on one of the sides, with an exit or without one, and some want nothing."""
    votes, chance = votes_of_both_sides(grid, seed, often=often), generator(seed, "shares of sides")
    close, shape = grid.columns.bars["close"], votes.direction.shape
    direction = np.where((np.arange(shape[0]) % every != 0)[:, None], 0, votes.direction).astype(np.int8)
    share = np.round(chance.choice([0.05, 0.2, 0.35, 0.5, 0.8, 1.0, 1 / 3], size=shape), 3)
    flat = (direction < 0) & (chance.random(shape) < 0.25)
    exposure = np.where(chance.random(shape) < 0.1, np.nan, share)
    away = chance.choice([0.5, 0.9, 0.96, 0.985, 0.999, 1.02], p=[0.1, 0.3, 0.3, 0.2, 0.08, 0.02], size=shape)
    exit_price = np.round(close * np.where(direction < 0, 2 - away, away), 4)
    return replace(
        votes,
        direction=direction,
        exposure=np.where(flat, 0.0, exposure),
        exit_price=np.where((chance.random(shape) < 0.3) | (exit_price <= 0.0), np.nan, exit_price),
        short=np.where(direction < 0, np.where(flat, COVERS, OPENS), 0).astype(np.int8),
    )


def drawn(world: dict[str, Any], symbols: Sequence[str]) -> tuple[Settings, Tape]:
    """A session of the simulated market of perpetuals."""
    settings = settings_of(world, symbols, "perp")
    return settings, shorter(simulated_tape(settings), WARMUP)


def stormy(tape: Tape, seed: int) -> Tape:
    """The same session with squeezes and cascades: prices that gap or run by a quarter to a half, and come back in part."""
    candles = {symbol: _storm(each, tape, generator(seed, "storm", symbol)) for symbol, each in tape.candles.items()}
    begin, end = to_ms(tape.start_utc), to_ms(tape.end_utc)
    marks = {symbol: drawn_marks(seed, each, begin, end) for symbol, each in candles.items()}  # type: ignore[arg-type]
    return replace(tape, candles=candles, marks=marks)


def _storm(candles: RawCandles, tape: Tape, chance: np.random.Generator) -> RawCandles:
    n = len(candles.close_ms)
    session = np.flatnonzero(candles.close_ms > to_ms(tape.start_utc))
    level, gaps = np.ones(n), np.zeros(n, dtype=bool)
    for row in chance.choice(session[5:-5], size=7, replace=False):
        size = float(chance.uniform(1.25, 1.7) if chance.random() < 0.5 else 1 / chance.uniform(1.25, 1.9))
        level[row:] *= size
        gaps[row] = chance.random() < 0.5
        level[row + int(chance.integers(1, 5)) :] *= size ** -float(chance.uniform(0.5, 1.0))
    before = np.concatenate(([1.0], level[:-1]))
    opened = candles.open * np.where(gaps, level, before)
    close = candles.close * level
    high = np.maximum(np.maximum(opened, close), candles.high * level)
    low = np.minimum(np.minimum(opened, close), candles.low * level)
    return replace(candles, open=opened, close=close, high=high, low=low)


@cache
def traded(shared: Path, base: str) -> RawCandles:
    """All recorded hours of a perpetual market."""
    return _read(shared / "ohlcv" / "futures_1h" / f"binance_{base}USDT_perp_1h_trade.parquet", base)


def _read(path: Path, base: str) -> RawCandles:
    return read_market_files([path], Timeframe.H1, [f"{base}/USDT"])[f"{base}/USDT"]


def recorded(settings: Settings, shared: Path, start: datetime, end: datetime) -> Tape:
    """A session on recorded hours of BTC or ETH perpetuals, with their marks and funding, after WARMUP hours."""
    symbols = settings.market.symbols
    bases = [symbol.removesuffix("/USDT") for symbol in symbols]
    tape = Tape(
        symbols=symbols,
        timeframe=Timeframe.H1,
        instruments={symbol: instrument_of(settings.market, symbol) for symbol in symbols},
        source_label="real candles",
        start_utc=start,
        end_utc=end,
        findings=(),
        news=(),
        warmup_start_utc=start - timedelta(hours=WARMUP),
        quality=settings.quality,
        candles={symbol: traded(shared, base) for symbol, base in zip(symbols, bases, strict=True)},
    )
    folder = shared / "ohlcv" / "futures_1h"
    tape = with_marks(tape, [folder / f"binance_{base}USDT_perp_1h_mark.parquet" for base in bases])
    return with_funding(tape, [shared / "derivatives" / "funding_binance_panel.parquet"])


def compared(settings: Settings, tape: Tape, seed: int, *, shares: bool = False, every: int = 1) -> tuple[str, Told]:
    """Return how the engines differ on random votes of both sides (empty: not at all), and the result of the full one."""
    grid = grid_of_tape(tape)
    votes = shares_of_both_sides(grid, seed, every=every) if shares else votes_of_both_sides(grid, seed)
    return both_of(settings, tape, grid, votes)
