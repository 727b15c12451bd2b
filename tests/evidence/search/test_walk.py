"""A walk forward: the best on the past, tested on what follows with an own account, and the tests joined into one curve."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from gate_support import OLD_FOUR
from hypothesis import given
from hypothesis import strategies as st

from agents.desk.request import BarsRequest
from agents.desk.world import World
from config.reading.load import load_profile
from config.seeds import generator
from evidence.search.fast import sharpe_of
from evidence.search.walk import Floats, chosen_on, cross_validated, folds_of, joined_returns, judged
from evidence.search.walk import test_worlds as worlds_of
from evidence.statistics.splits import walk_forward
from evidence.worlds.world import Curve

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PER_YEAR = 8760.0
SETS = [{"ema_cross.rsi_max": 60.0}, {"ema_cross.rsi_max": 70.0}, {"ema_cross.rsi_max": 80.0}]
SPLITS = walk_forward(600, train=200, test=100, horizon=5, embargo=5)


def returns(seed: int = 1, drift: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Floats:
    return generator(seed, "walk").normal(0, 0.01, (600, 3)) + np.array(drift)


def curve(grown: list[float], trades: int = 3) -> Curve:
    equity = tuple(10_000.0 * np.cumprod([1.0, *(1.0 + np.array(grown))]))
    return Curve(
        equity=equity, start_utc=START, timeframe_s=3600, trades=trades, hearings=0, rulings={}, signed=0, deployed=0.1
    )  # fmt: skip


@given(seed=st.integers(0, 5000))
def test_the_choice_has_the_best_ratio_on_the_past_and_does_not_know_the_test(seed: int) -> None:
    made, split = returns(seed), SPLITS[0]
    column = chosen_on(made, split)
    ratios = [sharpe_of(made[split.train_bars(), each], PER_YEAR) for each in range(3)]
    assert ratios[column] == max(ratio for ratio in ratios if ratio is not None)
    changed = made.copy()
    changed[split.train[0].stop :] = -changed[split.train[0].stop :] * 9
    assert chosen_on(changed, split) == column


def test_a_set_that_never_traded_is_not_chosen_and_the_first_of_equals_is() -> None:
    made = returns(drift=(-0.02, -0.02, -0.02))
    made[:, 2] = 0.0
    assert chosen_on(made, SPLITS[0]) != 2
    assert chosen_on(np.zeros((600, 3)), SPLITS[0]) == 0
    made[:, 0] = made[:, 1]
    assert chosen_on(made, SPLITS[0]) == 0


def test_each_test_window_is_a_world_with_what_was_chosen_for_it() -> None:
    world = World(
        settings=load_profile("backtest", OLD_FOUR), bars=BarsRequest(data=("a.parquet",), detail=("d.parquet",))
    )
    chosen = [SETS[number % 3] for number in range(len(SPLITS))]
    found = worlds_of(world, START, HOUR, SPLITS, chosen)
    assert len(found) == len(SPLITS) == 3
    for split, values, each in zip(SPLITS, chosen, found, strict=True):
        assert each.bars.start_utc == START + split.test[0].start * HOUR
        assert each.bars.end_utc == START + split.test[0].stop * HOUR
        assert (each.bars.data, each.bars.detail) == (world.bars.data, world.bars.detail)
        (voter,) = (entry for entry in each.settings.strategies if entry.strategy == "ema_cross")
        assert voter.params["rsi_max"] == values["ema_cross.rsi_max"]
    assert [each.bars.start_utc for each in found[1:]] == [each.bars.end_utc for each in found[:-1]]


def test_a_world_for_each_split_and_a_choice_for_each_world() -> None:
    world = World(settings=load_profile("backtest", OLD_FOUR))
    with pytest.raises(ValueError, match="zip"):
        worlds_of(world, START, HOUR, SPLITS, SETS[:1])


def test_a_fold_says_when_it_was_trained_and_tested_what_was_chosen_and_what_came_of_it() -> None:
    made = returns(drift=(0.0, 0.02, 0.0))
    tests = [curve([0.01, -0.02, 0.03]), curve([0.0, 0.0]), curve([-0.5], trades=0)]
    first, second, third = folds_of(made, SPLITS, SETS, tests, START, HOUR)
    assert first.chosen == second.chosen == third.chosen == SETS[1]
    assert first.train_utc == (START, START + 200 * HOUR)
    assert first.test_utc == (START + 210 * HOUR, START + 310 * HOUR)
    assert first.growth_test == pytest.approx(1.01 * 0.98 * 1.03 - 1)
    assert first.sharpe_train == sharpe_of(made[:200, 1], PER_YEAR)
    assert first.sharpe_test == pytest.approx(sharpe_of(np.array([0.01, -0.02, 0.03]), PER_YEAR))
    assert second.sharpe_test is None
    assert (third.growth_test, third.sharpe_test, third.trades_test) == (pytest.approx(-0.5), None, 0)
    assert all(fold.train_utc[1] < fold.test_utc[0] for fold in (first, second, third))


@given(grown=st.lists(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=5), min_size=1, max_size=4))
def test_joined_tests_grow_as_the_tests_one_after_the_other(grown: list[list[float]]) -> None:
    joined = joined_returns([curve(each) for each in grown])
    assert joined == pytest.approx([value for each in grown for value in each], abs=1e-12)


def test_every_path_of_the_cross_validation_tests_each_bar_once() -> None:
    made = returns(drift=(0.0, 0.02, 0.0))
    found = cross_validated(made, PER_YEAR, groups=6, tested=2, horizon=3, embargo=2)
    assert (found.groups, found.tested, found.splits, len(found.sharpes)) == (6, 2, 15, 5)
    best = sharpe_of(made[:, 1], PER_YEAR)
    assert found.sharpes == pytest.approx([best] * 5)


def test_the_whole_report_joins_the_tests_and_says_how_likely_the_choice_was_luck() -> None:
    made = returns(drift=(0.0, 0.01, 0.0))
    tests = [curve(list(made[split.test_bars(), 1])) for split in SPLITS]
    folds = folds_of(made, SPLITS, SETS, tests, START, HOUR)
    paths = cross_validated(made, PER_YEAR, groups=6, tested=2, horizon=3, embargo=2)
    found = judged("bars", ("BTC/USDT",), made, folds, tests, paths, PER_YEAR, seed=7)
    assert found.growth == pytest.approx(np.prod([1 + fold.growth_test for fold in folds]) - 1)
    assert (found.sets, found.joined.bars, len(found.folds)) == (3, 300, 3)
    assert found == judged("bars", ("BTC/USDT",), made, folds, tests, paths, PER_YEAR, seed=7)


def test_a_constant_curve_and_a_single_bar_have_no_ratio() -> None:
    assert sharpe_of(np.full(50, 0.01), PER_YEAR) is None
    assert sharpe_of(np.array([0.01]), PER_YEAR) is None
    assert sharpe_of(np.array([0.01, 0.03]), 4.0) == pytest.approx(0.02 / np.std([0.01, 0.03], ddof=1) * 2)
