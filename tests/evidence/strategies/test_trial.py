"""The trial of sets of voters: the folds read nothing later, the figures are those of the folds end to end, the rules choose."""

from datetime import UTC, datetime

import numpy as np
import pytest

from agents.desk.request import BarsRequest
from agents.desk.world import World
from config.reading.load import load_profile
from evidence.strategies.trial import OLD, SETS, Fold, Tried, chosen, folds, tried
from evidence.worlds.world import Curve


def world() -> World:
    return World(settings=load_profile("backtest", {"world": "recorded"}), bars=BarsRequest(data=("BTC.parquet",)))


def test_each_set_lives_through_each_year_alone() -> None:
    made = folds(world(), (2019, 2020))
    assert [(fold.name, fold.year) for fold in made] == [(name, year) for name in SETS for year in (2019, 2020)]
    for fold in made:
        assert fold.world.bars.start_utc == datetime(fold.year, 1, 1, tzinfo=UTC)
        assert fold.world.bars.end_utc == datetime(fold.year + 1, 1, 1, tzinfo=UTC)
        assert tuple(each.strategy for each in fold.world.settings.strategies) == SETS[fold.name]


def curve(daily: list[float]) -> Curve:
    """A curve of hours that earns these returns, each in the last hour of its day."""
    hours = np.concatenate([[*np.zeros(23), move] for move in daily])
    equity = 10_000.0 * np.concatenate(([1.0], np.cumprod(1.0 + hours)))
    start = datetime(2019, 1, 1, tzinfo=UTC)
    return Curve(
        equity=tuple(equity),
        start_utc=start,
        timeframe_s=3600,
        trades=3,
        hearings=3,
        rulings={},
        signed=3,
        deployed=0.1,
    )


def test_the_figures_of_a_set_are_those_of_its_days_end_to_end() -> None:
    up, down = [0.01, -0.005] * 30, [-0.01, 0.005] * 30
    made = [Fold(OLD, year, world()) for year in (2019, 2020)]
    (found,) = tried(made, [curve(up), curve(down)], seed=1)
    returns = np.array(up + down)
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1) * 365**0.5, abs=1e-9)
    assert found.growth == pytest.approx(np.prod(1 + returns) - 1)
    equity = np.cumprod(1 + returns)
    assert found.deepest_fall == pytest.approx(float((1 - equity / np.maximum.accumulate(equity)).max()))
    assert (found.good_folds, found.trades, found.voters) == (1, 6, 4)


def of(name: str, low: float, *, good: int = 4, fall: float = 0.1, voters: int = 1) -> Tried:
    return Tried(
        name=name, voters=voters, folds=(1.0,) * good + (-1.0,) * (4 - good), sharpe=low + 1, sharpe_low=low,
        sharpe_high=low + 2, growth=0.1, deepest_fall=fall, deployed=0.1, trades=50,
    )  # fmt: skip


def test_the_rules_seat_the_best_that_passes_the_smaller_of_two_that_are_near_and_nobody_where_none_passes() -> None:
    old = of(OLD, -0.5, voters=4)
    assert chosen([of("a", 0.2), of("b", 0.5), old]) == "b"
    assert chosen([of("a", 0.45), of("b", 0.5, voters=2), old]) == "a"
    assert chosen([of("a", 0.9, good=2), of("b", 0.5), old]) == "b"
    assert chosen([of("a", 0.9, fall=0.25), of("b", 0.5), old]) == "b"
    assert chosen([of("a", -0.6), old]) is None
