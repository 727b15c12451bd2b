"""Rules that learn without reinforcement: they find what is planted, say nothing of too little, and count the cost of change."""

from functools import cache

import numpy as np
import pytest
from planted import planted_tape

from evidence.policy.arms import base_rule
from evidence.policy.learners import LEAST_LESSONS, Lesson, lesson_of, network, ridge
from evidence.policy.playing import play_rules
from rl.action import Base
from rl.features import FEATURES

_REGIME = [feature.name for feature in FEATURES].index("regime")


@cache
def _lesson(edge: float) -> Lesson:
    tape = planted_tape(2, edge=edge, days=500)
    run = play_rules([tape], [base_rule(Base())])[0][0]
    return lesson_of([tape], run.seen, Base())


def _asked(lesson: Lesson) -> tuple[np.ndarray, np.ndarray]:
    """The same decision in the good and in the bad regime."""
    known = lesson.features[np.isfinite(lesson.features[:, _REGIME])][:50]
    good, bad = known.copy(), known.copy()
    good[:, _REGIME], bad[:, _REGIME] = 1.0, -1.0
    return good, bad


def test_a_lesson_is_the_move_of_the_day_after_and_none_is_known_at_the_end() -> None:
    tape = planted_tape(2, edge=0.2, days=300)
    run = play_rules([tape], [base_rule(Base())])[0][0]
    lesson = lesson_of([tape], run.seen, Base())
    opens = tape.course.grid.columns.bars["open"]
    market = lesson.accounts % 1_000
    np.testing.assert_allclose(
        lesson.moves, opens[lesson.bars + 2, market] / opens[lesson.bars + 1, market] - 1.0, rtol=1e-12
    )
    assert lesson.bars.max() <= len(opens) - 3
    assert (np.diff(lesson.bars) >= 0).all()


def test_ridge_asks_for_more_in_the_good_regime() -> None:
    good, bad = _asked(_lesson(0.5))
    act = ridge(_lesson(0.5), 1)
    assert (act(good) >= act(bad)).all()
    assert (act(good) - act(bad)).mean() > 0.2
    assert np.abs(act(np.vstack([good, bad]))).max() <= 1.0


@pytest.mark.slow
def test_the_network_learns_the_same_and_is_the_same_for_the_same_seed() -> None:
    lesson = _lesson(0.5)
    good, bad = _asked(lesson)
    act, again = network(lesson, 1), network(lesson, 1)
    assert act(good).mean() > act(bad).mean()
    np.testing.assert_array_equal(act(good), again(good))


def test_of_too_little_nothing_is_learnt() -> None:
    lesson = _lesson(0.5)
    few = Lesson(*(column[: LEAST_LESSONS - 1] for column in lesson))
    for learn in (ridge, network):
        assert (learn(few, 1)(lesson.features) == 0.0).all()


def test_what_is_missing_counts_as_the_mean_of_training() -> None:
    lesson = _lesson(0.5)
    act = ridge(lesson, 1)
    blank = np.full((3, len(FEATURES)), np.nan)
    assert np.isfinite(act(blank)).all()
