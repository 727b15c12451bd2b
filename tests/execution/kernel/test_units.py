"""A change of unit is no profit and no loss in either engine, and both make the same of it."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_parity import WARMUP, WORLDS, both, settings_of, shorter

from market.candles import RawCandles
from market.tape import Tape, simulated_tape

MARKETS = ["BTC/USDT", "ETH/USDT"]
JUMP = WARMUP + 60


def _in_another_unit(candles: RawCandles, first: int, factor: float) -> RawCandles:
    """The same market, its prices `factor` times larger from a row on."""
    times = np.where(np.arange(len(candles)) < first, 1.0, factor)
    prices = (column * times for column in candles.columns[:4])
    return RawCandles(candles.symbol, candles.timeframe, candles.close_ms, *prices, candles.volume / times)


def _tape(world: dict[str, object], factor: float) -> Tape:
    tape = shorter(simulated_tape(settings_of(world, MARKETS, "paper")), WARMUP)
    before = len(tape.candles["BTC/USDT"]) - len(tape) - WARMUP
    changed = _in_another_unit(tape.candles["BTC/USDT"], before + JUMP, factor)
    return replace(tape, candles={**tape.candles, "BTC/USDT": changed})


@pytest.mark.parametrize("factor", [1000.0, 0.001, 100.0, 0.01, 10.0, 0.1])
@pytest.mark.parametrize("seed", [1, 4])
def test_a_change_of_unit_over_a_held_position_moves_no_equity_and_no_order(factor: float, seed: int) -> None:
    world = {**WORLDS[3], "market.session_days": 6, "seed": seed}
    settings = settings_of(world, MARKETS, "paper")
    tape = _tape(world, factor)
    found, made = both(settings, tape, seed)
    assert found == ""
    jumped = JUMP - WARMUP
    held = sum((quantity if bought else -quantity) for bar, symbol, bought, _, quantity, _ in made.fills
               if symbol == "BTC/USDT" and bar < jumped)  # fmt: skip
    assert held > 0, "something must be held over the jump"
    assert not [fill for fill in made.fills if fill[1] == "BTC/USDT" and fill[0] >= jumped]
    assert max(abs(np.diff(np.log(made.equity)))) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_where_a_human_has_named_the_factor_both_engines_go_on_as_if_there_had_been_none(factor: float) -> None:
    world = {**WORLDS[3], "market.session_days": 6, "seed": 1, "quality.accepted_units": {"BTC/USDT": factor}}
    settings = settings_of(world, MARKETS, "paper")
    found, made = both(settings, _tape(world, factor), 1)
    plain_found, plain = both(settings, _tape(world, 1.0), 1)
    assert found == plain_found == ""
    assert [fill[:4] for fill in made.fills] == [fill[:4] for fill in plain.fills]
    assert made.equity == pytest.approx(plain.equity, rel=1e-6)
