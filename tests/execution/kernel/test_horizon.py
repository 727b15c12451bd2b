"""Both engines measure one day alike on bars of any length, by either rule, where VaR decides the size."""

from typing import Any

import pytest
from kernel_parity import WORLDS, both, settings_of, shorter

from market.tape import simulated_tape

TIGHT: dict[str, Any] = WORLDS[4] | {"limits.risk_window_bars": 500, "limits.turbulence_sigma": 50.0, "seed": 4}
MARKETS = ["BTC/USDT", "ETH/USDT"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "timeframe", "warmup", "days"),
    [
        ("bar", "1h", 300, 6),
        ("bar", "5m", 300, 1),
        ("day", "5m", 2_400, 1),
        ("day", "15m", 1_000, 2),
        ("day", "4h", 300, 20),
    ],
)
def test_both_engines_measure_one_day_alike_on_bars_of_any_length(
    rule: str, timeframe: str, warmup: int, days: int
) -> None:
    world = TIGHT | {"limits.var_horizon": rule, "market.timeframe": timeframe, "market.session_days": days}
    settings = settings_of(world, MARKETS, "paper")
    found, made = both(settings, shorter(simulated_tape(settings), warmup), 4)
    assert found == ""
    assert made.fills
    assert made.decided["var_1d"] + made.decided["es_1d"] > 0


@pytest.mark.parametrize(("rule", "waits"), [("day", True), ("bar", False)])
def test_both_engines_open_nothing_before_ninety_nine_steps_are_known(rule: str, waits: bool) -> None:
    world = TIGHT | {"limits.var_horizon": rule, "market.timeframe": "15m", "market.session_days": 1}
    world |= {"limits.var_confidence": 0.99, "limits.es_confidence": 0.975}
    settings = settings_of(world, MARKETS, "paper")
    found, made = both(settings, shorter(simulated_tape(settings), 600), 4)
    assert found == ""
    assert bool(made.fills) is not waits
    assert (made.refused["risk_history"] > 0) is waits
