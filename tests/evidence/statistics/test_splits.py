"""No train bar is near a test bar, every bar is tested equally often, and the paths are whole."""

from collections import Counter
from math import comb

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from evidence.statistics.splits import Combinatorial, Split, combinatorial_purged, number_of_paths, walk_forward


def nearest(split: Split) -> int:
    """Distance of the nearest pair of a train and a test bar."""
    return int(np.abs(split.train_bars()[:, None] - split.test_bars()[None, :]).min())


def test_six_groups_of_which_two_are_tested_make_fifteen_splits_and_five_paths() -> None:
    """The worked case of Lopez de Prado (2018), ch. 12, figure 12.1."""
    found = combinatorial_purged(600, groups=6, tested=2, horizon=0, embargo=0)
    assert (len(found.splits), len(found.paths)) == (15, 5)
    assert number_of_paths(6, 2) == 5


def test_one_tested_group_is_plain_cross_validation_with_one_path() -> None:
    found = combinatorial_purged(100, groups=5, tested=1, horizon=0, embargo=0)
    assert found.paths == ((0, 1, 2, 3, 4),)
    assert all(len(split.train_bars()) == 80 for split in found.splits)


@st.composite
def validations(draw: st.DrawFn) -> tuple[int, int, int, int, Combinatorial]:
    """Bars, groups, tested and gap, with the cross-validation that they make."""
    n_bars, groups = draw(st.integers(60, 200)), draw(st.integers(2, 7))
    tested, horizon, embargo = draw(st.integers(1, groups - 1)), draw(st.integers(0, 4)), draw(st.integers(0, 4))
    try:
        found = combinatorial_purged(n_bars, groups=groups, tested=tested, horizon=horizon, embargo=embargo)
    except ValueError:
        reject()  # so many groups are tested that a gap swallows the rest
    return n_bars, groups, tested, horizon + embargo, found


@given(validations())
def test_cross_validation_keeps_its_distance_and_tests_every_bar_equally_often(
    made: tuple[int, int, int, int, Combinatorial],
) -> None:
    n_bars, groups, tested, gap, found = made
    assert len(found.splits) == comb(groups, tested)
    assert all(nearest(split) > gap for split in found.splits)
    counts = Counter(bar for split in found.splits for bar in split.test_bars().tolist())
    assert counts == dict.fromkeys(range(n_bars), number_of_paths(groups, tested))
    assert len(found.paths) == number_of_paths(groups, tested)


@given(validations())
@settings(max_examples=40)
def test_nothing_is_purged_that_need_not_be(made: tuple[int, int, int, int, Combinatorial]) -> None:
    n_bars, _, _, gap, found = made
    for split in found.splits:
        distance = np.abs(np.arange(n_bars)[:, None] - split.test_bars()[None, :]).min(axis=1)
        assert split.train_bars().tolist() == np.flatnonzero(distance > gap).tolist()


def test_paths_hold_every_bar_once_and_every_test_once() -> None:
    found = combinatorial_purged(60, groups=6, tested=2, horizon=1, embargo=2)
    tests = [split.test_bars() + 1000.0 * number for number, split in enumerate(found.splits)]
    paths = found.path_values(tests)
    assert paths.shape == (5, 60)
    assert (paths % 1000 == np.arange(60)).all()
    assert sorted(paths.ravel().tolist()) == sorted(np.concatenate(tests).tolist())


def test_values_that_do_not_fit_the_tests_are_refused() -> None:
    found = combinatorial_purged(60, groups=6, tested=2, horizon=0, embargo=0)
    with pytest.raises(ValueError, match="15 splits"):
        found.path_values([np.zeros(20)])
    with pytest.raises(ValueError, match="split 0 tests 20 bars"):
        found.path_values([np.zeros(19)] * 15)


@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 5), st.integers(0, 5), st.integers(0, 150), st.booleans())
def test_a_walk_goes_forward_without_a_gap_between_its_tests(
    train: int, test: int, horizon: int, embargo: int, more: int, anchored: bool
) -> None:
    n_bars = train + horizon + embargo + test + more
    splits = walk_forward(n_bars, train=train, test=test, horizon=horizon, embargo=embargo, anchored=anchored)
    tested = np.concatenate([split.test_bars() for split in splits])
    assert tested.tolist() == list(range(train + horizon + embargo, train + horizon + embargo + len(splits) * test))
    assert n_bars - tested[-1] - 1 < test
    for number, split in enumerate(splits):
        assert split.train_bars().max() < split.test_bars().min()
        assert nearest(split) == horizon + embargo + 1
        assert len(split.train_bars()) == train + (number * test if anchored else 0)
        assert split.train_bars().min() == (0 if anchored else number * test)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: walk_forward(100, train=90, test=20, horizon=0, embargo=0), "110 in all; there are 100"),
        (lambda: walk_forward(100, train=0, test=20, horizon=0, embargo=0), "a bar at least"),
        (lambda: walk_forward(100, train=9, test=20, horizon=-1, embargo=0), "negative"),
        (lambda: combinatorial_purged(100, groups=4, tested=4, horizon=0, embargo=0), "from 1 to 3"),
        (lambda: combinatorial_purged(3, groups=4, tested=1, horizon=0, embargo=0), "cannot be cut"),
        (lambda: combinatorial_purged(40, groups=4, tested=2, horizon=20, embargo=0), "leaves nothing"),
    ],
)
def test_what_leaves_nothing_to_learn_from_is_refused(call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=words):
        call()
