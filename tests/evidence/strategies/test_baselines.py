"""Chance is drawn fairly, an edge stands out from it, and both go through the very engine of paper."""

from pathlib import Path

import numpy as np
import pytest
from gate_support import OLD_FOUR, PLAIN
from hypothesis import given
from hypothesis import strategies as st
from run_support import write_bars

from agents.desk.world import World
from agents.strategies.contexts import build_contexts
from config.clock import from_ms
from config.reading.load import load_profile
from config.seeds import generator
from evidence.strategies.baselines import AgainstChance, ComparedRun, against_chance, always_long, random_entries
from evidence.strategies.chance import beside_chance
from evidence.worlds.votes import NettedVotes, ScriptedVoter, cast_votes
from evidence.worlds.world import curve_of
from market.tape import Tape, recorded_tape, simulated_tape
from risk.proposal import Direction


@st.composite
def votes_of_some_markets(draw: st.DrawFn) -> NettedVotes:
    n_bars, markets = draw(st.integers(1, 40)), draw(st.integers(1, 3))
    rng = generator(draw(st.integers(0, 999)), "votes")
    present = rng.random((n_bars, markets)) < 0.9
    direction = np.where(present, rng.integers(-1, 2, size=present.shape), 0).astype(np.int8)
    conviction = np.where(direction != 0, rng.random(present.shape), 0.0)
    names = tuple(f"C{number}/USDT" for number in range(markets))
    return NettedVotes(names, 3_600_000 * np.arange(1, n_bars + 1), direction, conviction, present)


@given(votes_of_some_markets(), st.integers(0, 9))
def test_only_the_moment_of_a_purchase_is_drawn(votes: NettedVotes, seed: int) -> None:
    drawn = random_entries(votes, generator(seed, "test"))
    assert ((drawn.direction < 0) == (votes.direction < 0)).all()
    assert (drawn.conviction[votes.direction < 0] == votes.conviction[votes.direction < 0]).all()
    assert votes.present[drawn.direction > 0].all()
    assert (drawn.conviction[drawn.direction == 0] == 0.0).all()
    for column in range(len(votes.symbols)):
        was, now = (each.conviction[each.direction[:, column] > 0, column] for each in (votes, drawn))
        assert sorted(was) == sorted(now)


@given(votes_of_some_markets())
def test_a_script_is_what_it_was_written_from(votes: NettedVotes) -> None:
    voter = ScriptedVoter(votes, "because")
    asked = _Asked()
    for row, ms in enumerate(votes.close_ms.tolist()):
        for column, symbol in enumerate(votes.symbols):
            ballot = voter.vote(asked.at(symbol, ms))
            sign = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NONE: 0}[ballot.direction]
            assert (sign, ballot.confidence) == (votes.direction[row, column], votes.conviction[row, column])


class _Asked:
    """The two fields of signals that a script reads."""

    symbol = ""

    def at(self, symbol: str, ms: int) -> "_Asked":
        self.symbol, self.close_utc = symbol, from_ms(ms)
        return self


def toy(votes: NettedVotes, returns: np.ndarray) -> ComparedRun:
    """Holds for one bar what was bought at its close."""
    made = (votes.direction[:-1, 0] > 0) * returns[1:]
    equity = 100.0 * np.cumprod(np.concatenate(([1.0, 1.0], 1.0 + made)))
    return ComparedRun(equity, int((votes.direction > 0).sum()))


def one_market(direction: np.ndarray) -> NettedVotes:
    n_bars = len(direction)
    column = direction.astype(np.int8)[:, None]
    return NettedVotes(
        ("A/USDT",), np.arange(n_bars, dtype=np.int64), column, np.abs(column) * 0.5, np.ones((n_bars, 1), bool)
    )


def beside(votes: NettedVotes, returns: np.ndarray, seeds: int) -> AgainstChance:
    drawn = [toy(random_entries(votes, generator(1, "random-entries", str(n))), returns) for n in range(seeds)]
    entries = int((votes.direction > 0).sum())
    return against_chance(toy(votes, returns), toy(always_long(votes), returns), drawn, entries, 8760.0)


@pytest.mark.parametrize(("foresight", "low", "high"), [(True, 0.999, 1.0), (False, 0.02, 0.98)])
def test_foresight_beats_every_draw_and_luck_does_not(foresight: bool, low: float, high: float) -> None:
    returns = generator(4, "toy").normal(0.0, 0.01, size=400)
    bought = np.roll(returns > 0.01, -1) if foresight else np.arange(400) % 7 == 0
    found = beside(one_market(bought), returns, 50)
    assert low <= found.sharpe.percentile <= high
    assert low <= found.total_return.percentile <= high
    assert found.sharpe.p_value >= 1 / 51
    assert found.random_trades == found.trades == found.entries
    assert found.sharpe.low <= found.sharpe.median <= found.sharpe.high
    assert found.held_return == pytest.approx(np.prod(1 + returns[1:]) - 1)


def test_too_few_draws_and_nothing_to_draw_are_refused() -> None:
    returns = np.zeros(9)
    for votes, seeds in ((one_market(np.ones(9)), 19), (one_market(-np.ones(9)), 50)):
        with pytest.raises(ValueError, match="20 draws and one purchase"):
            beside(votes, returns, seeds)


@pytest.fixture(scope="module")
def world() -> tuple[World, Tape, NettedVotes]:
    settings = load_profile("paper", {**OLD_FOUR, "market.session_days": 6, "market.symbols": ["BTC/USDT", "ETH/USDT"]})
    tape = simulated_tape(settings)
    contexts = build_contexts(settings.strategies, tape.symbols)
    return World(settings=settings), tape, cast_votes(tape, contexts, settings.court.net_threshold)


def nothing(bars: int) -> None:
    """Nobody watches."""


def test_the_strategies_own_votes_through_the_script_make_the_same_equity(
    world: tuple[World, Tape, NettedVotes],
) -> None:
    given, tape, votes = world
    alone = load_profile("paper", {**PLAIN, "market.session_days": 6, "market.symbols": list(tape.symbols)})
    where = given.model_copy(update={"settings": alone})  # a script has one record, and four voters have four
    own, scripted = curve_of(where, nothing, tape), curve_of(where, nothing, tape, votes)
    assert (votes.direction != 0).sum() > 20
    assert own.trades == scripted.trades > 0
    assert scripted.equity == own.equity


def test_holding_goes_through_the_gate_and_its_stops_like_everything_else(
    world: tuple[World, Tape, NettedVotes],
) -> None:
    where, tape, votes = world
    held = always_long(votes)
    assert (held.direction == votes.present).all()
    found = curve_of(where, nothing, tape, held)
    assert found.trades > 0
    assert 0.95 < found.equity[-1] / found.equity[0] < 1.05, "no more than a fifth of equity was ever at work"


@pytest.mark.slow
def test_the_built_in_strategies_are_placed_beside_chance_alike_by_one_process_and_by_two(
    world: tuple[World, Tape, NettedVotes],
) -> None:
    where, tape, _ = world
    found = [beside_chance(where, tape, 20, workers=workers, quiet=True) for workers in (1, 2)]
    assert found[0] == found[1]
    placed = found[0]
    assert placed is not None
    assert placed.random_trades == pytest.approx(placed.trades, abs=5)
    assert 0.0 <= placed.sharpe.percentile <= 1.0
    assert placed.sharpe.low < placed.sharpe.high


def test_bars_that_are_missing_have_no_votes(tmp_path: Path) -> None:
    import pandas as pd

    (path,) = write_bars(tmp_path)
    frame = pd.read_parquet(path)
    frame.drop(index=range(600, 610)).to_parquet(path)
    settings = load_profile("backtest", {"sentiment.sources": []})
    tape = recorded_tape(settings, [path], None, None, None)
    votes = cast_votes(tape, build_contexts(settings.strategies, tape.symbols), 0.2)
    assert (~votes.present).sum() >= 10
    assert not votes.direction[~votes.present].any()
    assert len(votes.close_ms) == len(tape)
    assert (np.diff(votes.close_ms) == 3_600_000).all()
