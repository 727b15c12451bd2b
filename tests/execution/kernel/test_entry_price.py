"""The dearest price of an entry, in both engines: what is dearer is not bought, and what is bought is within the limits."""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest
from gate_support import PLAIN
from kernel_parity import Told, both_of, random_votes, settings_of, shorter
from kernel_windows import THREE, WARMUP, each

from config.seeds import generator
from config.settings import Settings
from execution.kernel.grid import Grid, grid_of_tape
from market.candles import RawCandles
from market.tape import simulated_tape

BIG: dict[str, Any] = PLAIN | {
    "limits.kelly_fraction": 1.0, "limits.kelly_edge": 0.5, "limits.risk_per_trade": 0.1, "limits.max_var_1d": 1.0,
    "limits.max_es_1d": 1.0, "limits.max_drawdown": 1.0, "limits.max_daily_loss": 1.0, "limits.max_weekly_loss": 1.0,
    "limits.max_sector_fraction": 1.0, "limits.loss_streak": 100, "limits.turbulence_sigma": 50.0,
    "limits.max_correlation": 1.0, "limits.max_volume_share": 1.0, "limits.half_size_drawdown": 1.0,
}  # fmt: skip
"""Limits under which a position and all positions are as large as they may be."""
FEES = 0.0012
"""What a sale at the open costs beside the move: the fee, half the spread, and a level of the book."""
DAILY: dict[str, Any] = {"market.timeframe": "1d", "market.session_days": 240}
CASES: dict[str, dict[str, Any]] = {
    "hours": {"market.session_days": 8},
    "hours, a thin book": {"market.session_days": 8, "venue.starting_cash": "5000000", "venue.depth_fraction": 0.0007},
    "hours, three basis points": {"market.session_days": 8, "limits.entry_price_cap_bps": 3.0},
    "hours, late orders": {"market.session_days": 8, "limits.entry_price_cap_bps": 4.0, "venue.latency_ms": 900_000.0},
    "days": DAILY,
    "days, a wide cap": {**DAILY, "limits.entry_price_cap_bps": 500},
    "days, any price": {**DAILY, "limits.entry_price_cap_bps": None},
    "days, large positions": {**DAILY, "limits.max_position_fraction": 0.4, "limits.max_deployed_fraction": 1.0},
}


def leaping(candles: RawCandles) -> RawCandles:
    """Bars that open anywhere within two percent of the last close."""
    chance = generator(len(candles.open), "entry price", "gaps")
    opened = np.round(candles.open * (1.0 + chance.uniform(-0.02, 0.02, len(candles.open))), 2)
    return replace(candles, open=opened, low=np.minimum(candles.low, opened), high=np.maximum(candles.high, opened))


@cache
def played(name: str, gaps: bool) -> tuple[str, Told, Settings, Grid]:
    """How the engines differ, what the full one made of it, and of what."""
    settings = settings_of({"seed": 5, **BIG, **CASES[name]}, THREE, "paper")
    tape = shorter(simulated_tape(settings), WARMUP)
    grid = grid_of_tape(each(tape, leaping) if gaps else tape)
    found, full = both_of(settings, each(tape, leaping) if gaps else tape, grid, random_votes(grid, 5, often=0.6))
    return found, full, settings, grid


def shares(full: Told, grid: Grid, cash: Decimal) -> list[tuple[float, float, float]]:
    """After each purchase: the position and all positions, as fractions of the equity before it, and the largest move of what
    else was held since the last close."""
    held: dict[str, Decimal] = dict.fromkeys(grid.symbols, Decimal(0))
    marks, made, bar = dict.fromkeys(grid.symbols, Decimal(0)), [], -1
    for (t, symbol, bought, _, quantity, price), fee in zip(full.fills, full.fees, strict=True):
        if t != bar:
            closes, bar = grid.columns.bars["close"][grid.first + t - 1], t
            marks = {name: Decimal(repr(float(close))) for name, close in zip(grid.symbols, closes, strict=True)}
            last, before = dict(marks), dict(held)
        equity = cash + sum(held[name] * marks[name] for name in held)
        held[symbol] += quantity if bought else -quantity
        marks[symbol] = price
        cash += (-price if bought else price) * quantity - Decimal(repr(fee))
        if bought:
            moved = max((abs(marks[n] / last[n] - 1) for n in held if before[n]), default=Decimal(0))
            deployed = sum(held[name] * marks[name] for name in held)
            made.append((float(held[symbol] * price / equity), float(deployed / equity), float(moved)))
    return made


@pytest.mark.slow
@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_both_engines_buy_the_same_at_the_same_dearest_price(name: str, gaps: bool) -> None:
    found, full, _, _ = played(name, gaps)
    assert found == ""
    assert sum(fill[2] for fill in full.fills) > 10


@pytest.mark.slow
@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("name", [name for name in CASES if name != "days, any price"])
def test_a_position_is_within_its_limits_at_each_fill_unless_another_moved_by_more_than_the_cap(
    name: str, gaps: bool
) -> None:
    _, full, settings, grid = played(name, gaps)
    limits, cap = settings.limits, (settings.limits.entry_price_cap_bps or 0.0) / 10_000
    after = [each for each in shares(full, grid, settings.venue.starting_cash) if each[2] + FEES <= cap or not each[2]]
    assert len(after) > 5
    assert max(position for position, _, _ in after) <= limits.max_position_fraction
    assert max(deployed for _, deployed, _ in after) <= limits.max_deployed_fraction
    assert "thin" in name or max(position for position, _, _ in after) > limits.max_position_fraction * 0.95


@pytest.mark.slow
def test_without_a_dearest_price_gaps_carry_positions_above_their_limit() -> None:
    _, full, settings, grid = played("days, any price", True)
    after = shares(full, grid, settings.venue.starting_cash)
    assert max(position for position, _, _ in after) > settings.limits.max_position_fraction * 1.005


def test_what_opens_above_the_dearest_price_is_not_bought() -> None:
    _, full, _, grid = played("days", True)
    bars, bought = grid.columns.bars, [(t, symbol) for t, symbol, buys, _, _, _ in full.fills if buys]
    for t, symbol in bought:
        s, row = grid.symbols.index(symbol), grid.first + t
        assert bars["open"][row, s] <= bars["close"][row - 1, s] * 1.005
    _, free, _, _ = played("days, any price", True)
    assert len(bought) < sum(fill[2] for fill in free.fills)
