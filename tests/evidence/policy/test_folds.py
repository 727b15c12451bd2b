"""Cross-validation of arms on planted worlds: an edge is found, none is called one, and training knows nothing of a test."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from planted import planted_tape

from config.errors import UsageFault
from evidence.policy.arms import ALWAYS, BASE, CHOSEN, RANDOM, families
from evidence.policy.folds import LEARNERS, CrossValidated, Layout, Trained, cross_validate, layout_of
from evidence.policy.forecasts import MODELS
from evidence.policy.judging import Judgement, judge, promise_of
from evidence.policy.playing import DECISIONS, DEPLOYED, FEES, SMALL, TRADED
from evidence.search.walk import chosen_on
from evidence.statistics.pooled import pooled_difference
from rl.action import Base
from rl.environment.tape import PolicyTape
from rl.features import FEATURES

Floats = np.ndarray
_REGIME = [feature.name for feature in FEATURES].index("regime")
_START = datetime(2019, 1, 1, tzinfo=UTC)


def reader(sign: float) -> "Reading":
    return Reading(sign)


class Reading:
    """A trained policy that reads the regime of the court: more in one, nothing in the other. It notes what it was trained on."""

    def __init__(self, sign: float) -> None:
        self.given: list[tuple[PolicyTape, ...]] = []
        self._sign = sign

    def __call__(self, tapes: Sequence[PolicyTape], split: int) -> Trained:
        self.given.append(tuple(tapes))
        return Trained(Base(), self._act, (self._act, self._still))

    def _act(self, features: Floats) -> Floats:
        regime = features[:, _REGIME]
        return np.where(np.isnan(regime), 0.0, np.clip(self._sign * regime, -0.8, 0.25))

    def _still(self, features: Floats) -> Floats:
        return np.zeros(len(features))


@cache
def _layout(seed: int = 1, edge: float = 0.15, told: bool = True) -> Layout:
    return layout_of([planted_tape(seed, edge=edge, told=told)], groups=4, tested=1, embargo_days=2)


@cache
def _found(seed: int = 1, edge: float = 0.15, told: bool = True, sign: float = 1.0) -> CrossValidated:
    return cross_validate(_layout(seed, edge, told), 7, reader(sign), learners=LEARNERS[:1])


def _judged(found: CrossValidated, trials: int = 10) -> Judgement:
    return judge(found, label="planted", seed=7, start_utc=_START, end_utc=_START, trials=trials)


@pytest.mark.slow
def test_a_policy_that_knows_the_regime_is_shown_to_beat_its_base_and_passes() -> None:
    found = _judged(_found(edge=0.3))
    assert found.better
    assert found.relief is not None
    assert "PPO beat its base" in found.why
    assert found.passed == found.calmer


@pytest.mark.slow
def test_the_same_policy_the_wrong_way_round_is_not_shown_and_the_verdict_says_what_could_have_been() -> None:
    found = _judged(_found(sign=-1.0))
    assert not found.passed
    assert "was not shown to beat" in found.why
    assert "could have shown" in found.why


@pytest.mark.slow
def test_a_policy_that_is_its_base_differs_by_nothing() -> None:
    found = _judged(cross_validate(_layout(), 7, reader(0.0), learners=()))
    policy, base = found.policy, found.arm(BASE)
    assert policy is not None
    assert base is not None
    assert policy.difference is not None
    assert policy.difference.value == 0.0
    assert policy.sharpe == base.sharpe
    assert found.relief == pytest.approx(0.0)
    assert not found.passed


@pytest.mark.slow
def test_training_parts_hold_no_day_of_a_test_nor_within_the_gap() -> None:
    trainer, layout = reader(1.0), _layout()
    cross_validate(layout, 7, trainer, learners=())
    first = layout.accounts[0].course.stretch[0]
    for tapes, split in zip(trainer.given, layout.plan.splits, strict=True):
        spans = [tape.course.stretch for tape in tapes]
        trained = np.unique(np.concatenate([np.arange(*span) for span in spans])) - first
        tested = split.test_bars()
        assert len(trained)
        assert np.abs(trained[:, None] - tested[None, :]).min() > layout.gap_days
    assert layout.gap_days == layout.held_days + 2
    assert 25 <= layout.held_days <= 30


@pytest.mark.slow
def test_each_path_holds_each_day_once_and_each_day_is_tested_as_often_as_there_are_paths() -> None:
    layout = layout_of([planted_tape(1, edge=0.15)], groups=5, tested=2, embargo_days=2)
    found = cross_validate(layout, 7, learners=LEARNERS[:1])
    assert found.arm(BASE).returns.shape == (len(layout.plan.paths), layout.days)
    assert len(layout.plan.paths) == 4
    always = found.arm(ALWAYS).returns
    assert (always == always[0]).all()


@pytest.mark.slow
def test_zero_trades_nothing_and_is_in_the_table() -> None:
    zero = _found().arm("zero").days
    assert (zero[:, :, [DEPLOYED, TRADED, FEES]] == 0.0).all()
    assert (zero[:, :, SMALL] == zero[:, :, DECISIONS]).all()
    row = _judged(_found()).arm("zero")
    assert row is not None
    assert row.sharpe is None
    assert row.small == 1.0


@pytest.mark.slow
def test_the_random_arm_has_the_mean_of_the_policy_and_not_its_knowledge() -> None:
    judged = _judged(_found(edge=0.3))
    policy, random = judged.policy, judged.arm(RANDOM)
    assert policy is not None
    assert random is not None
    assert random.exposure == pytest.approx(policy.exposure, rel=0.25)
    assert (policy.sharpe or 0.0) > (random.sharpe or 0.0) + 0.3


@pytest.mark.slow
def test_ridge_finds_a_regime_that_the_court_tells_and_none_that_it_does_not() -> None:
    told, untold = _found(edge=0.3), _found(edge=0.3, told=False)
    found = [
        pooled_difference(each.arm("ridge").returns, each.arm(BASE).returns, per_year=365, seed=1)
        for each in (told, untold)
    ]
    assert found[0].is_shown
    assert not found[1].is_shown


@pytest.mark.long
def test_without_an_edge_a_policy_is_rarely_taken_for_better() -> None:
    alarms = []
    for seed in range(40):
        layout = layout_of([planted_tape(seed, edge=0.0, days=500)], groups=3, tested=1, embargo_days=2)
        alarms.append(_judged(cross_validate(layout, seed, reader(1.0), learners=())).better)
    assert np.mean(alarms) <= 0.15


@pytest.mark.slow
def test_seeds_are_judged_alone() -> None:
    seeds = _judged(_found(edge=0.3)).seeds
    assert seeds is not None
    assert len(seeds.differences) == 2
    assert seeds.differences[0] > seeds.differences[1] == 0.0
    assert seeds.share_better == 0.5


@pytest.mark.slow
def test_at_equal_exposure_a_rule_that_only_holds_less_wins_nothing() -> None:
    found = _judged(_found())
    always, fixed = found.arm(ALWAYS), found.arm("fixed")
    assert always is not None
    assert fixed is not None
    assert always.at_equal_exposure is not None
    assert fixed.at_equal_exposure is not None
    assert fixed.at_equal_exposure.scale * fixed.exposure == pytest.approx(
        always.at_equal_exposure.scale * always.exposure
    )


@pytest.mark.slow
def test_more_trials_deflate_more() -> None:
    few, many = _judged(_found(), trials=1), _judged(_found(), trials=500)
    assert few.deflated is not None
    assert many.deflated is not None
    assert many.deflated.dsr < few.deflated.dsr
    assert many.trials == 500


@pytest.mark.slow
def test_what_is_promised_holds_the_mean_that_was_made() -> None:
    arm = _found().arm(BASE)
    promise = promise_of(arm, 7)
    assert promise is not None
    assert promise.low < float(arm.returns.mean()) < promise.high
    assert promise.sd > 0.0
    assert promise.days == arm.returns.shape[1]


def test_bars_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(UsageFault, match=r"held for up to \d+ days"):
        layout_of([planted_tape(1, edge=0.1, days=120)], groups=4, tested=2, embargo_days=20)


def test_the_chosen_target_takes_on_each_split_a_setting_of_the_base_or_of_a_forecast_and_is_no_trial_of_its_own() -> (
    None
):
    found = _found()
    chosen, base = found.arm(CHOSEN), found.arm(BASE)
    families = {each.split(":")[0] for each in chosen.settings}
    assert len(chosen.settings) == len(base.settings) == len(found.layout.plan.splits)
    assert families <= {BASE, *MODELS}
    assert chosen.trials.shape == (found.layout.days, 0)
    for split, (words, own) in enumerate(zip(chosen.settings, _best_in_training(found), strict=True)):
        assert words == own, split


def _best_in_training(found: CrossValidated) -> list[str]:
    """What the settings of all four arms, put beside each other, say for each split."""
    arms = [found.arm(name) for name in (BASE, *MODELS)]
    tapes = [tape for group in found.layout.parts for tape in group]
    words = [
        f"{each.name}: {setting.words}"
        for each in families(tapes)
        if each.name in (BASE, *MODELS)
        for setting in each.settings
    ]
    tried = np.column_stack([arm.trials for arm in arms])
    return [words[chosen_on(tried, split)] for split in found.layout.plan.splits]
