"""Workers that try parameter sets: same results whoever tries, in the order of the sets; votes are shared where they may be."""

from typing import Any

import numpy as np
import pytest
from gate_support import OLD_FOUR

from agents.desk.world import World, tape_of
from config.errors import UsageFault
from config.reading.load import load_profile
from evidence.search.crew import open_crew
from evidence.search.fast import FastTape

SETTINGS = load_profile("paper", {**OLD_FOUR, "market.session_days": 12, "market.symbols": ["BTC/USDT", "ETH/USDT"]})
WORLD = World(settings=SETTINGS)
SETS: list[dict[str, float]] = [
    {"exits.trail_fraction": 0.01},
    {"exits.trail_fraction": 0.04},
    {"court.net_threshold": 0.9},
    {"exits.trail_fraction": 0.01},
]


@pytest.fixture(scope="module")
def fast() -> FastTape:
    return FastTape(tape_of(WORLD), SETTINGS)


@pytest.mark.slow
def test_one_worker_and_two_processes_find_the_same_in_the_order_of_the_sets() -> None:
    found: list[list[Any]] = []
    for workers in (1, 2):
        with open_crew(WORLD, workers) as crew:
            found.append(list(crew.try_all(SETS)))
    for alone, pooled in zip(*found, strict=True):
        assert alone.signed == pooled.signed
        assert alone.returns.tobytes() == pooled.returns.tobytes()
    first, second, _, again = found[0]
    assert first.returns.tobytes() == again.returns.tobytes()
    assert len(second.returns) == 12 * 24 - 1


def test_a_crew_finds_what_the_tape_itself_finds(fast: FastTape) -> None:
    with open_crew(WORLD, 1) as crew:
        (tried,) = crew.try_all([SETS[1]])
    result = fast.run(SETS[1])
    assert tried.signed == result.signed
    assert tried.returns == pytest.approx(result.equity[1:] / result.equity[:-1] - 1)


def test_a_set_that_is_not_allowed_fails_when_its_turn_comes() -> None:
    with open_crew(WORLD, 1) as crew:
        tried = crew.try_all([SETS[0], {"exits.trail_fraction": 9.0}])
        assert next(tried).returns.shape == (287,)
        with pytest.raises(UsageFault, match="is not allowed"):
            next(tried)


def test_all_sets_are_columns_in_their_order_for_any_number_of_threads(fast: FastTape) -> None:
    seen: list[int] = []
    one = fast.returns(SETS, 1, seen.append)
    two = fast.returns(SETS, 2, lambda _: None)
    assert one.shape == (287, 4)
    assert one.tobytes() == two.tobytes()
    assert seen == [1, 1, 1, 1]
    assert (one[:, 0] == one[:, 3]).all()


def test_sets_that_differ_in_exits_only_share_their_votes_and_others_do_not(fast: FastTape) -> None:
    votes = [fast.prepared(values)[0] for values in SETS]
    assert votes[0] is votes[1] is votes[3]
    assert votes[2] is not votes[0]
    assert (votes[2].direction != 0).sum() < (votes[0].direction != 0).sum()


def test_votes_that_are_unused_for_long_are_dropped_and_cast_anew_the_same(fast: FastTape) -> None:
    first = fast.prepared({"court.net_threshold": 0.31})[0]
    for number in range(8):
        fast.prepared({"court.net_threshold": 0.4 + number / 100})
    again = fast.prepared({"court.net_threshold": 0.31})[0]
    assert again is not first
    for name in ("direction", "conviction", "scale", "atr"):
        assert np.array_equal(getattr(again, name), getattr(first, name), equal_nan=True)


def test_only_bars_of_the_session_are_voted_on_and_each_is_told_once() -> None:
    told: list[int] = []
    fast = FastTape(tape_of(WORLD), SETTINGS, told.append)
    votes, _ = fast.prepared({})
    assert sum(told) == 288
    assert not votes.direction[: fast.grid.first].any()
    assert votes.direction[fast.grid.first :].any()
    assert (votes.scale == (votes.direction > 0)).all()
    assert (votes.conviction[votes.direction == 0] == 0).all()
