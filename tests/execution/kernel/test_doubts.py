"""Both engines obey the same verdicts: bad prints, crashes that happened, repeated bars, lost pegs and other coins."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_parity import WARMUP, WORLDS, both, settings_of, shorter

from market.candles import RawCandles
from market.tape import Tape, simulated_tape

MARKETS = ["BTC/USDT", "ETH/USDT"]
AT = WARMUP + 60


def _spoilt(candles: RawCandles, row: int, fault: str) -> RawCandles:
    """The same market with one fault from a row on."""
    columns = [column.copy() for column in candles.columns]
    open_, high, low, close, volume = columns
    match fault:
        case "bad_print":
            low[row] /= 1_000.0
        case "large_move":
            for column in (open_, high, low, close):
                column[row + 1 :] *= 0.6
            low[row], close[row], volume[row] = min(low[row], close[row] * 0.6), close[row] * 0.6, volume[row] * 30
        case "stale":
            for column in columns:
                column[row : row + 8] = column[row - 1]
        case "identity":
            for column in (open_, high, low, close):
                column[row:] *= 0.37
    return RawCandles(candles.symbol, candles.timeframe, candles.close_ms, open_, high, low, close, volume)


def _tape(world: dict[str, object], fault: str) -> Tape:
    tape = shorter(simulated_tape(settings_of(world, MARKETS, "paper")), WARMUP)
    before = len(tape.candles["BTC/USDT"]) - len(tape) - WARMUP
    return replace(tape, candles={**tape.candles, "BTC/USDT": _spoilt(tape.candles["BTC/USDT"], before + AT, fault)})


@pytest.mark.parametrize("fault", ["bad_print", "large_move", "stale", "identity"])
def test_both_engines_make_the_same_of_each_verdict(fault: str) -> None:
    world = {**WORLDS[3], "market.session_days": 6, "seed": 1}
    settings = settings_of(world, MARKETS, "paper")
    tape = _tape(world, fault)
    kinds = {found.kind for shown in tape.slices() for found in shown.findings if found.symbol == "BTC/USDT"}
    assert fault in kinds
    found, made = both(settings, tape, 1)
    assert found == ""
    bought = [bar for bar, symbol, is_bought, *_ in made.fills if symbol == "BTC/USDT" and is_bought]
    frozen = [number for number, shown in enumerate(tape.slices()) if "BTC/USDT" in shown.frozen]
    assert not {bar for bar in bought if bar - 1 in frozen}
    if fault in ("bad_print", "identity"):
        assert np.abs(np.diff(np.log(made.equity))).max() < 0.1
