"""Chance is drawn fairly, an edge stands out from it, and both go through the very engine of paper."""

from pathlib import Path

import numpy as np
import pytest
from gate_support import OLD_FOUR, PLAIN
from hypothesis import given
from hypothesis import strategies as st
from run_support import write_bars
from tiers import long_after

from agents.desk.world import World, tape_of
from agents.strategies.contexts import build_contexts
from agents.strategies.voter import Ballot
from config.clock import from_ms
from config.reading.load import load_profile
from config.seeds import generator
from evidence.strategies.baselines import AgainstChance, ComparedRun, against_chance, always_long, random_entries
from evidence.strategies.chance import beside_chance
from evidence.worlds.cast import CastBallots, cast_ballots
from evidence.worlds.votes import NettedVotes, ScriptedVoter, cast_votes, script_of
from evidence.worlds.world import curve_of
from market.tape import Tape, recorded_tape
from risk.proposal import Direction

_SIDES = {1: Direction.LONG, -1: Direction.SHORT}


def cast_of(
    direction: np.ndarray, close: np.ndarray, conviction: np.ndarray, shares: np.ndarray | None = None
) -> CastBallots:
    """One voter `a` that casts these directions; with shares, a position voter with an exit a tenth below the close."""
    n_bars, markets = direction.shape
    ballots = {
        (row, column): {
            "a": Ballot(
                _SIDES[int(direction[row, column])],
                float(conviction[row, column]),
                ("because",),
                None if shares is None else float(shares[row, column]),
                None if shares is None else float(close[row, column] * 0.9),
            )
        }
        for row, column in np.argwhere(direction != 0).tolist()
    }
    names = tuple(f"C{number}/USDT" for number in range(markets))
    return CastBallots(names, 3_600_000 * np.arange(1, n_bars + 1), close, direction.astype(np.int8), ballots)


@st.composite
def casts(draw: st.DrawFn, *, shares: bool = False) -> CastBallots:
    n_bars, markets = draw(st.integers(1, 40)), draw(st.integers(1, 3))
    rng = generator(draw(st.integers(0, 999)), "votes")
    close = np.where(rng.random((n_bars, markets)) < 0.9, rng.uniform(1.0, 2.0, (n_bars, markets)), np.nan)
    direction = np.where(np.isfinite(close), rng.integers(-1, 2, size=close.shape), 0)
    return cast_of(direction, close, rng.random(close.shape), rng.random(close.shape) if shares else None)


@given(casts(), st.integers(0, 9))
def test_only_the_moment_of_a_purchase_is_drawn(cast: CastBallots, seed: int) -> None:
    drawn = random_entries(cast, generator(seed, "test"))
    assert ((drawn.direction < 0) == (cast.direction < 0)).all()
    assert cast.present[drawn.direction > 0].all()
    assert drawn.entries == cast.entries
    for (row, column), ballots in cast.ballots.items():
        assert cast.direction[row, column] > 0 or drawn.ballots[row, column] == ballots
    for column in range(len(cast.symbols)):
        was, now = (
            sorted(cast["a"].confidence for (_, market), cast in each.ballots.items() if market == column)
            for each in (cast, drawn)
        )
        assert was == now


@given(casts(shares=True), st.integers(0, 9))
def test_positions_by_shares_keep_their_shares_their_times_and_their_turnover_and_begin_elsewhere(
    cast: CastBallots, seed: int
) -> None:
    drawn = random_entries(cast, generator(seed, "test"))
    n_bars = len(cast.close_ms)
    if not cast.holds or not cast.present.all():
        return
    assert drawn.holds
    before, after = (
        np.array([[each.ballots[row, 0]["a"].exposure if (row, 0) in each.ballots else -1.0] for row in range(n_bars)])
        for each in (cast, drawn)
    )
    assert any((np.roll(before, shift, axis=0) == after).all() for shift in range(1, max(2, n_bars)))
    for (row, column), ballots in drawn.ballots.items():
        assert ballots["a"].exit_price == pytest.approx(cast.close[row, column] * 0.9)


def test_all_markets_are_shifted_together() -> None:
    direction = np.ones((50, 2))
    shares = np.linspace(0.1, 0.9, 50)[:, None] * np.ones((1, 2))
    drawn = random_entries(cast_of(direction, np.ones((50, 2)), direction, shares), generator(3, "test"))
    assert [drawn.ballots[row, 0]["a"].exposure for row in range(50)] == [
        drawn.ballots[row, 1]["a"].exposure for row in range(50)
    ]


def test_a_position_counts_once_however_long_it_is_held() -> None:
    column = np.array([0, 1, 1, 1, -1, -1, 1, 1])[:, None]
    assert cast_of(column, np.ones((8, 1)), np.ones((8, 1)), np.full((8, 1), 0.5)).entries == 2
    assert cast_of(column, np.ones((8, 1)), np.ones((8, 1))).entries == 5


@given(casts())
def test_a_script_is_what_it_was_written_from(cast: CastBallots) -> None:
    votes = NettedVotes(
        cast.symbols, cast.close_ms, cast.direction, np.where(cast.direction != 0, 0.5, 0.0), cast.present
    )
    voter = ScriptedVoter(script_of(votes, "because"))
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


def toy(cast: CastBallots, returns: np.ndarray) -> ComparedRun:
    """Holds for one bar what was bought at its close."""
    made = (cast.direction[:-1, 0] > 0) * returns[1:]
    equity = 100.0 * np.cumprod(np.concatenate(([1.0, 1.0], 1.0 + made)))
    return ComparedRun(equity, int((cast.direction > 0).sum()))


def one_market(direction: np.ndarray) -> CastBallots:
    column = direction.astype(np.int8)[:, None]
    return cast_of(column, np.ones(column.shape), np.abs(column) * 0.5)


def beside(cast: CastBallots, returns: np.ndarray, seeds: int) -> AgainstChance:
    drawn = [toy(random_entries(cast, generator(1, "random-entries", str(n))), returns) for n in range(seeds)]
    held = toy(always_long(cast, ["a"]), returns)
    return against_chance(toy(cast, returns), held, drawn, cast.entries, 8760.0)


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


Lived = tuple[World, Tape, CastBallots]


def _world(**changes: object) -> Lived:
    stated = {**OLD_FOUR, "market.session_days": 6, "market.symbols": ["BTC/USDT", "ETH/USDT"], **changes}
    settings = load_profile("paper", stated)
    tape = tape_of(World(settings=settings))
    contexts = build_contexts(settings.strategies, tape.symbols)
    return World(settings=settings), tape, cast_ballots(tape, contexts, settings.court.net_threshold)


@pytest.fixture(scope="module")
def world() -> Lived:
    return _world()


POSITIONS = {
    "strategies": [{"strategy": "trend_ensemble"}],
    "market.timeframe": "1d",
    "market.session_days": 300,
    "market.symbols": ["BTC/USDT"],
}


def nothing(bars: int) -> None:
    """Nobody watches."""


@pytest.mark.slow
def test_the_voters_own_ballots_cast_again_make_the_same_equity_each_with_its_own_record(world: Lived) -> None:
    where, tape, cast = world
    own, again = curve_of(where, nothing, tape), curve_of(where, nothing, tape, cast)
    assert len(where.settings.strategies) > 1
    assert (cast.direction != 0).sum() > 20
    assert own.trades == again.trades > 0
    assert again.equity == own.equity


@pytest.mark.slow
def test_shares_of_positions_cast_again_make_the_same_equity_and_moved_ones_another() -> None:
    where, tape, cast = _world(**POSITIONS)
    assert cast.holds
    own, again = curve_of(where, nothing, tape), curve_of(where, nothing, tape, cast)
    assert own.deployed > 0.0
    assert again.equity == own.equity
    assert curve_of(where, nothing, tape, random_entries(cast, generator(2, "test"))).equity != own.equity


@pytest.mark.slow
def test_one_script_of_netted_votes_is_one_voter_with_one_record(world: Lived) -> None:
    given, tape, _ = world
    alone = load_profile("paper", {**PLAIN, "market.session_days": 6, "market.symbols": list(tape.symbols)})
    where = given.model_copy(update={"settings": alone})
    votes = cast_votes(tape, build_contexts(given.settings.strategies, tape.symbols), alone.court.net_threshold)
    assert curve_of(where, nothing, tape, votes).equity == curve_of(where, nothing, tape).equity


@pytest.mark.slow
def test_holding_goes_through_the_gate_and_its_stops_like_everything_else(world: Lived) -> None:
    where, tape, cast = world
    held = always_long(cast, [context.name for context in build_contexts(where.settings.strategies, tape.symbols)])
    assert (held.direction == cast.present).all()
    found = curve_of(where, nothing, tape, held)
    assert found.trades > 0
    assert 0.95 < found.equity[-1] / found.equity[0] < 1.05, "no more than a fifth of equity was ever at work"


@pytest.mark.slow
@pytest.mark.parametrize("changes", long_after(1, [None, POSITIONS]), ids=["events", "positions"])
def test_strategies_are_placed_beside_chance_alike_by_one_process_and_by_two(
    world: Lived, changes: dict[str, object] | None
) -> None:
    where, tape, _ = world if changes is None else _world(**changes)
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
