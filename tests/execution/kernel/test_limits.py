"""Each limit that can stop or cut an account does so in both engines at the same moment: generated windows in which it binds.

A window in which a limit does not bind would prove nothing, so each is run once more with that limit let go, and has to come out
otherwise.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from kernel_parity import both, fast, random_votes, settings_of, shorter

from execution.kernel.grid import grid_of_tape
from market.candles import RawCandles
from market.tape import simulated_tape

WARMUP = 300
THREE = ["SOL/USDT", "ETH/USDT", "BTC/USDT"]
LARGE: dict[str, Any] = {
    "limits.max_position_fraction": 1.0, "limits.max_deployed_fraction": 1.0, "limits.max_var_1d": 1.0, "limits.max_es_1d": 1.0,
    "limits.kelly_fraction": 1.0, "limits.kelly_edge": 0.5, "limits.risk_per_trade": 0.1, "limits.max_correlation": 1.0,
    "limits.max_daily_loss": 0.9, "limits.max_weekly_loss": 0.9, "limits.max_drawdown": 0.9, "limits.half_size_drawdown": 1.0,
    "limits.loss_streak": 90, "limits.turbulence_sigma": 50.0, "limits.max_volume_share": 1.0,
}  # fmt: skip
"""Nothing binds but the cash."""
WINDOWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "breaker daily_loss": ({"limits.max_daily_loss": 0.01, "limits.daily_loss_pause_h": 30}, {"limits.max_daily_loss": 0.9}),
    "breaker weekly_loss": ({"limits.max_weekly_loss": 0.015, "limits.weekly_loss_pause_h": 31}, {"limits.max_weekly_loss": 0.9}),
    "breaker drawdown": ({"limits.max_drawdown": 0.02, "limits.max_daily_loss": 0.02}, {"limits.max_drawdown": 0.9}),
    "breaker turbulence": ({"limits.turbulence_sigma": 3.0, "limits.turbulence_pause_h": 3}, {"limits.turbulence_sigma": 50.0}),
    "breaker loss_streak": ({"limits.loss_streak": 2, "limits.loss_streak_pause_h": 5}, {"limits.loss_streak": 90}),
    "order_rate": ({"limits.max_entries_per_day": 2}, {"limits.max_entries_per_day": None}),
    "trading_hours": ({"limits.trading_hours_utc": [8, 16]}, {"limits.trading_hours_utc": None}),
    "trading_hours over midnight": ({"limits.trading_hours_utc": [22, 6]}, {"limits.trading_hours_utc": None}),
    "spread": ({"venue.spread_bps": 3.0, "limits.max_spread_bps": 3.001}, {"limits.max_spread_bps": 9.0}),
    "error_rate": (
        {"limits.max_order_errors": 1, "limits.max_position_fraction": 0.0515,
         **{f"market.instruments.{symbol}.min_notional": "500" for symbol in THREE}},
        {"limits.max_order_errors": 1000},
    ),
    "sector": (
        {"limits.sectors": {"SOL/USDT": "fast", "ETH/USDT": "old", "BTC/USDT": "old"}, "limits.max_position_fraction": 0.4,
         "limits.max_sector_fraction": 0.5},
        {"limits.sectors": {}},
    ),
    "gross_leverage": ({"limits.max_gross_leverage": 0.5}, {"limits.max_gross_leverage": 1.0}),
    "net_leverage": ({"limits.max_net_leverage": 0.5}, {"limits.max_net_leverage": 1.0}),
    "expected_slippage": (
        {"venue.starting_cash": "5000000", "venue.depth_fraction": 0.01, "venue.levels": 7, "venue.level_step_bps": 21.3,
         "limits.max_slippage": 0.004},
        {"limits.max_slippage": 0.5},
    ),
}  # fmt: skip
REFUSES = ("order_rate", "trading_hours", "spread", "error_rate")


def gapped(candles: RawCandles) -> RawCandles:
    """Every other bar opens three percent lower than the last one closed: what was just large enough is rejected at the open."""
    opened = candles.open.copy()
    opened[1::2] *= 0.97
    return replace(candles, open=opened, low=np.minimum(candles.low, opened))


@pytest.mark.parametrize("name", WINDOWS)
def test_both_engines_are_held_by_the_same_limit(name: str) -> None:
    bound, loose = WINDOWS[name]
    world = {**LARGE, **bound, "market.session_days": 8, "seed": 3}
    made = settings_of(world, THREE, "paper")
    tape = shorter(simulated_tape(made), WARMUP)
    if name == "error_rate":
        tape = replace(tape, candles={symbol: gapped(candles) for symbol, candles in tape.candles.items()})
    found, full = both(made, tape, 3)
    assert found == ""
    code = name.partition(" ")[0]
    if code == "breaker" or code in REFUSES:
        assert full.refused[code] > 0
    grid = grid_of_tape(tape)
    other = fast(settings_of({**world, **loose}, THREE, "paper"), tape, grid, random_votes(grid, 3))
    assert other.fills != full.fills
