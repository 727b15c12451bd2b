"""The fast engine's own promises: what it refuses, that it knows no future, and that updates never run old machine code."""

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gate_support import BTC, LIMITS, SETTINGS

from config.errors import DataFault, UsageFault
from config.sections.venue import AlsoSettings, EntrySettings
from config.seeds import generator
from execution.kernel import compiled as jit
from execution.kernel.engine import simulate, sweep
from execution.kernel.grid import Grid, grid_of
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import DOUBTED, FILL
from execution.kernel.rules import Rules, pair_of, rules_of
from market.instrument import InstrumentKind
from market.timeframe import Timeframe

SECOND = AlsoSettings(name="second", cash=Decimal(1))
BARS = 500


def columns(seed: int = 1) -> Any:
    """Open, high, low, close, volume of BARS hours: shape (5, BARS, 1)."""
    chance = generator(seed, "kernel", "bars")
    close = np.round(40_000 * np.exp(np.cumsum(chance.normal(0, 0.004, BARS))), 2)
    opened = np.concatenate(([40_000.0], close[:-1]))
    high = np.round(np.maximum(opened, close) * 1.002, 2)
    low = np.round(np.minimum(opened, close) * 0.998, 2)
    return np.stack((opened, high, low, close, np.full(BARS, 500.0)))[:, :, None]


def grid(prices: Any = None, **more: Any) -> Grid:
    close_ms = 1_704_067_200_000 + 3_600_000 * np.arange(1, BARS + 1, dtype=np.int64)
    given = {"first": 200, **more}
    return grid_of(("BTC/USDT",), Timeframe.H1, close_ms, columns() if prices is None else prices, **given)


def votes(seed: int = 2, **changes: Any) -> Votes:
    chance, shape = generator(seed, "kernel", "votes"), (BARS, 1)
    given = {
        "direction": chance.choice([-1, 0, 1], p=[0.05, 0.85, 0.1], size=shape).astype(np.int8),
        "conviction": np.full(shape, 0.9),
        "scale": np.ones(shape),
        "atr": np.full(shape, np.nan),
    }
    return Votes(**(given | changes))


def rules(**changes: Any) -> Rules:
    given: dict[str, Any] = {
        "instruments": [BTC], "limits": LIMITS, "exits": SETTINGS.exits, "venue": SETTINGS.venue, "bars_per_day": 24.0,
    }  # fmt: skip
    return rules_of(**(given | changes))


def same(one: KernelResult, other: KernelResult, bars: int = BARS) -> bool:
    fills = [made.fills[made.fills["bar"] < bars].tobytes() for made in (one, other)]
    return fills[0] == fills[1] and one.equity[:bars].tobytes() == other.equity[:bars].tobytes()


def test_what_comes_later_changes_nothing_that_was() -> None:
    prices, later = columns(), columns()
    later[:4, 350:] *= 1.5
    said, changed = votes(), votes()
    changed.direction[350:] = 1
    one, other = simulate(grid(prices), said, rules()), simulate(grid(later), changed, rules())
    assert same(one, other, bars=150)
    assert not same(one, other)
    assert len(one.fills) > 4


def test_cash_and_coins_are_what_the_fills_made_of_them() -> None:
    made = simulate(grid(), votes(), rules())
    cash, held = SETTINGS.venue.starting_cash, Decimal(0)
    for fill in made.fills:
        quantity, price = int(fill["lots"]) * BTC.lot_size, int(fill["ticks"]) * BTC.tick_size
        sign = 1 if fill["buys"] else -1
        fee = quantity * price * BTC.taker_fee_bps / 10_000
        assert float(fee) == pytest.approx(fill["fee"], rel=1e-12)
        cash, held = cash - sign * quantity * price - fee, held + sign * quantity
        assert cash >= 0
        assert held >= 0
    assert float(cash + held * Decimal(repr(float(columns()[3, -1, 0])))) == pytest.approx(made.equity[-1], rel=1e-12)


def test_every_proposal_is_signed_or_refused_by_a_rule() -> None:
    made = simulate(
        grid(), votes(), rules(limits=LIMITS.model_copy(update={"turbulence": "account", "turbulence_sigma": 2.0}))
    )
    assert made.signed + sum(made.refused.values()) == made.proposed
    assert made.refused["breaker"] > 0


def test_a_sweep_is_its_runs_in_their_order_on_any_number_of_threads() -> None:
    shared, seeds = grid(), range(6)
    alone = [simulate(shared, votes(seed), rules()) for seed in seeds]
    for workers in (1, 2):
        swept = list(sweep(shared, seeds, lambda seed: (votes(seed), rules()), lambda _, made: made, workers))
        assert all(same(one, other) for one, other in zip(alone, swept, strict=True))


def test_more_fills_than_were_foreseen_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(grid(), votes(), rules())
    monkeypatch.setattr("execution.kernel.lanes.state._FIRST_FILLS", 0)
    assert same(whole, simulate(grid(), votes(), rules()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"venue": SETTINGS.venue.model_copy(update={"kind": "ccxt"})}, "simulated exchange only"),
        ({"venue": SETTINGS.venue.model_copy(update={"entry": EntrySettings(how="touch")})}, "buys at market"),
        ({"venue": SETTINGS.venue.model_copy(update={"also": (SECOND,)})}, "trades on one exchange"),
        ({"cost_edge": 5.0}, "A first target of 3.00% may not pay .* up to 3.50%"),
        ({"instruments": [BTC.model_copy(update={"kind": InstrumentKind.PERPETUAL})]}, "the profile trades spot"),
        ({"instruments": [BTC, BTC.model_copy(update={"quote": "EUR"})]}, "EUR and USDT"),
        ({"instruments": [BTC.model_copy(update={"tick_size": Decimal("1e-20")})]}, "coarser ticks"),
    ],
)
def test_what_it_cannot_reproduce_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageFault, match=words):
        rules(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"direction": np.full((BARS, 1), 2, dtype=np.int8)},
        {"conviction": np.full((BARS, 1), np.nan)},
        {"scale": np.full((BARS, 1), 1.1)},
        {"atr": np.full((BARS, 1), np.inf)},
        {"atr": np.full((BARS, 2), 1.0)},
    ],
)
def test_votes_that_are_none_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DataFault, match="Nothing was run"):
        simulate(grid(), votes(**change), rules())


def test_rules_of_other_markets_than_the_bars_are_refused() -> None:
    with pytest.raises(DataFault, match="rules for 2 markets"):
        simulate(grid(), votes(), rules(instruments=[BTC, BTC]))


@pytest.mark.parametrize(
    ("spoil", "more", "words"),
    [
        ((3, 7), {}, "finite, positive"),
        ((0, 7), {}, "finite, positive"),
        (None, {"first": BARS}, "would begin at bar"),
        (None, {"state": np.ones((BARS, 2), dtype=np.int8)}, "belong"),
    ],
)
def test_bars_that_cannot_be_are_refused(spoil: tuple[int, int] | None, more: dict[str, Any], words: str) -> None:
    prices = columns()
    if spoil:
        prices[spoil] = np.nan
    with pytest.raises(DataFault, match=words):
        grid(prices, **more)


def test_a_doubted_bar_sells_and_never_buys() -> None:
    state = np.ones((BARS, 1), dtype=np.int8)
    state[201:] = DOUBTED
    said = votes(direction=np.ones((BARS, 1), dtype=np.int8))
    made = simulate(grid(state=state), said, rules())
    assert made.signed == 1
    assert len(made.fills) == 0


def test_a_fraction_is_two_floats_to_thirty_digits() -> None:
    for text in ("0.015", "1e-8", "49999.99", "0.9998"):
        high, low = pair_of(Fraction(text))
        assert abs(Fraction(high) + Fraction(low) - Fraction(text)) < 1e-25


def test_the_fingerprint_changes_with_any_compiled_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path(jit.__file__).parent
    for path in here.rglob("*.py"):
        copy = tmp_path / path.relative_to(here)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "compiled.py"))
    before = jit.fingerprint()
    for name in ("records", "exact", "book", "gate", "loop", "judging/voters", "judging/holdings"):
        path = tmp_path / f"{name}.py"
        kept = path.read_bytes()
        path.write_bytes(kept + b"\n# changed")
        assert jit.fingerprint() != before, name
        path.write_bytes(kept)
    assert jit.fingerprint() == before


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("gate", "HALVINGS"), ("gate", "A_HAIR_LESS"), ("judging.holdings", "QUARANTINE_BARS"),
        ("judging.voters", "HORIZON_BARS"),
        ("judging.tails", "ROUNDING"), ("judging.tails", "LEAST_SHARE"), ("judging.tails", "BISECTIONS"),
        ("bars.measured", "DECAY"), ("bars.measured", "MIN_RETURNS"), ("bars.calm", "HORIZON_BARS"), ("market", "SNAP"),
        ("records", "MOST_LEVELS"), ("records", "ENTRY_BOOKS"), ("records", "MONDAY_TO_THURSDAY"), ("records", "RULES"),
        ("records", "SPREAD"),
    ],
)  # fmt: skip
def test_the_fingerprint_changes_with_the_value_of_a_constant_that_is_declared_elsewhere(
    module: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, compiled = jit.fingerprint(), import_module(f"execution.kernel.{module}")
    old = getattr(compiled, name)
    monkeypatch.setattr(compiled, name, old[::-1] if isinstance(old, tuple) else old + 1)
    assert jit.fingerprint() != before


@pytest.mark.slow
def test_the_fingerprint_is_the_same_in_every_process() -> None:
    script = "import execution.kernel.loop, execution.kernel.compiled as jit; print(jit.fingerprint())"
    found = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300).stdout
        for _ in range(2)
    }
    assert len(found) == 1
    assert len(found.pop().strip()) == 64


def test_fills_are_records_whose_fields_have_names() -> None:
    assert simulate(grid(), votes(), rules()).fills.dtype == FILL
