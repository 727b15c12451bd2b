"""What no size can reach is not measured, and one market has a sweep of its own: neither changes a fill or a digit of equity."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.reading.load import load_profile
from config.seeds import generator
from config.settings import Settings
from execution.kernel import records as w
from execution.kernel.engine import simulate
from execution.kernel.grid import Grid, grid_of
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.lanes import Lanes
from execution.kernel.lanes.reach import can_bind
from execution.kernel.lanes.votes import Votes
from execution.kernel.rules import Rules, rules_of
from market.catalogue import instrument_of
from market.timeframe import Timeframe
from risk.limits.catalogue import loosest

BARS = 700
MARKETS = ("BTC/USDT", "ETH/USDT")
TIMES = 1_600_000_000_000 // 3_600_000 * 3_600_000 + 3_600_000 * np.arange(BARS, dtype=np.int64)
FAR = {"max_position_fraction": 0.002, "turbulence": "account", "turbulence_sigma": math.inf}
"""Limits of VaR that no size reaches, and no pause after a large move."""
WORLDS: tuple[dict[str, Any], ...] = (
    FAR,
    FAR | {"var_method": "historical", "stop_fraction": 0.004},
    FAR | {"loss_streak": 2, "loss_streak_chance": None, "max_daily_loss": 0.001, "stop_fraction": 0.004},
    {"max_position_fraction": 0.5, "turbulence": "account", "turbulence_sigma": 3.0},
    {"max_position_fraction": 1.0, "max_var_1d": 0.02, "max_es_1d": 0.03, "max_entries_per_day": 2},
)
PROFILE: Settings = load_profile("backtest", {"exits.take_profit_fraction": 0.01})


def bars_of(seed: int) -> Any:
    """A random walk in cents, as `grid_of` wants it for one market."""
    chance = generator(seed, "not measured", "bars")
    close = 20_000 * np.exp(np.cumsum(chance.standard_t(3, BARS) * 0.003))
    first = np.concatenate(([20_000.0], close[:-1])) * (1 + chance.normal(0, 0.0005, BARS))
    wick = close * np.abs(chance.normal(0.0, 0.002, BARS))
    low, high = np.minimum(first, close) - wick, np.maximum(first, close) + wick
    return np.round(np.stack((first, high, low, close, chance.uniform(1.0, 500.0, BARS))), 2)[:, :, None]


def votes_of(seed: int, often: float) -> Votes:
    chance = generator(seed, "not measured", "votes")
    direction = chance.choice([-1, 0, 1], p=[often / 2, 1 - often, often / 2], size=(BARS, 1)).astype(np.int8)
    scale = chance.choice([0.0, 0.5, 1.0], p=[0.05, 0.25, 0.7], size=(BARS, 1))
    return Votes(direction, np.ones((BARS, 1)), scale, np.where(chance.random((BARS, 1)) < 0.5, np.nan, 150.0))


def rules_for(world: dict[str, Any], count: int) -> Rules:
    limits = loosest(PROFILE.limits).model_copy(update=world)
    instruments = [instrument_of(PROFILE.market, symbol) for symbol in MARKETS[:count]]
    return rules_of(instruments, limits, PROFILE.exits, PROFILE.venue, 24.0)


def beside_nothing(prices: Any, votes: Votes) -> tuple[Grid, Votes]:
    """The same market and votes beside a market that has no bar: there everything is measured."""
    none = np.zeros((BARS, 1), dtype=np.int8)
    state = np.concatenate((np.full((BARS, 1), w.BELIEVED, dtype=np.int8), none), axis=1)
    both = np.concatenate((prices, np.zeros_like(prices)), axis=2)
    told = (np.concatenate((part, part * 0), axis=1) for part in (votes.direction, votes.conviction, votes.scale))
    return grid_of(MARKETS, Timeframe.H1, TIMES, both, state=state), Votes(*told, np.repeat(votes.atr, 2, axis=1))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), world=st.sampled_from(range(len(WORLDS))), often=st.sampled_from([0.02, 0.1, 0.6]))
def test_a_market_alone_makes_what_it_makes_beside_one_without_a_bar_to_the_last_digit(
    seed: int, world: int, often: float
) -> None:
    prices, votes = bars_of(seed), votes_of(seed, often)
    grid, rules = grid_of(MARKETS[:1], Timeframe.H1, TIMES, prices), rules_for(WORLDS[world], 1)
    one = simulate(grid, votes, rules)
    other = simulate(*beside_nothing(prices, votes), rules_for(WORLDS[world], 2))
    assert one.equity.tobytes() == other.equity.tobytes()
    assert one.fills.tobytes() == other.fills.tobytes()
    assert (one.refused, one.proposed, one.signed) == (other.refused, other.proposed, other.signed)


@pytest.mark.parametrize("world", range(len(WORLDS)))
def test_each_of_these_worlds_trades_and_it_is_known_where_a_tail_can_bind(world: int) -> None:
    grid, votes, rules = (
        grid_of(MARKETS[:1], Timeframe.H1, TIMES, bars_of(1)),
        votes_of(1, 0.1),
        rules_for(WORLDS[world], 1),
    )
    made = simulate(grid, votes, rules)
    assert {"entry", "strategy_exit"} <= {w.PURPOSES[purpose] for purpose in made.fills["purpose"]}
    assert can_bind(Course(grid, votes, rules)) == (world > 2)
    measured = "figures" in vars(grid.columns)
    assert measured == (world > 2)


def test_shares_and_a_second_market_leave_it_in_doubt_whether_a_tail_binds() -> None:
    prices, votes = bars_of(2), votes_of(2, 0.1)
    grid, rules = grid_of(MARKETS[:1], Timeframe.H1, TIMES, prices), rules_for(FAR, 1)
    shares = Votes(votes.direction, votes.conviction, votes.scale, votes.atr, exposure=np.full((BARS, 1), 0.5))
    assert not can_bind(Course(grid, votes, rules))
    assert can_bind(Course(grid, shares, rules))
    assert can_bind(Course(*beside_nothing(prices, votes), rules_for(FAR, 2)))


def test_the_largest_return_of_a_market_is_no_smaller_than_any_of_its_returns() -> None:
    columns = grid_of(MARKETS[:1], Timeframe.H1, TIMES, bars_of(3)).columns
    assert columns.largest == np.abs(columns.figures.returns).max()


def test_what_was_not_measured_for_a_run_is_measured_for_a_look() -> None:
    """A policy looks at an account that was run without one: it sees what it sees where everything was measured."""
    prices, votes = bars_of(4), votes_of(4, 0.1)
    grid, rules = grid_of(MARKETS[:1], Timeframe.H1, TIMES, prices), rules_for(FAR, 1)
    lanes = [Lanes([Course(grid, votes, rules)], asks=asks) for asks in (False, True)]
    for each in lanes:
        each.advance(until=BARS - 100)
        while not each.ended.all() and each.bars[0] < BARS - 100:
            each.advance(np.ones(1), until=BARS - 100)
    rows = [each.look(np.zeros(1, dtype=np.int64)) for each in lanes]
    assert rows[0].tobytes() == rows[1].tobytes()
    assert np.isfinite(rows[0]).sum() > 5
