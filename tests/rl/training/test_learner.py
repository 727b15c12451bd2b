"""A seed is trained in legs: its bytes depend on its plan and its world alone, and a stop costs at most a leg."""

from pathlib import Path

import numpy as np
import pytest
from toy_world import ToyWorld

from config.errors import DataFault, OutputFault, UsageFault
from rl.training.curve import LegReport
from rl.training.learner import SeedJob, SeedResult, actor, new_model, train_seed
from rl.training.plan import TrainingPlan
from rl.training.scaled import ScaledEnv
from rl.training.world import TrainingWorld
from rl.training_range import Scaler

PLAN = TrainingPlan(steps=6 * 1024, seeds=(3,), environments=32, rollout=32, minibatch=512, leg_rollouts=2)


def job(folder: Path, plan: TrainingPlan = PLAN, world: TrainingWorld | None = None) -> SeedJob:
    found = ToyWorld(bars=2_000) if world is None else world
    features, _ = ToyWorld().drawn("training")
    return SeedJob(plan.seeds[0], plan, found, Scaler.of(features.astype(np.float64)), folder)


def trained(given: SeedJob, legs: int | None = None) -> SeedResult:
    """The result; or, after some legs, a stop as a kill makes it."""
    told: list[LegReport] = []

    def report(point: LegReport) -> None:
        told.append(point)
        if len(told) == legs:
            raise Killed

    return train_seed(given, report)


class Killed(Exception):
    pass


def test_the_same_seed_gives_the_same_parameters(tmp_path: Path) -> None:
    one, two = trained(job(tmp_path / "a")), trained(job(tmp_path / "b"))
    assert (one.parameters, one.last_parameters) == (two.parameters, two.last_parameters)
    assert one.curve == two.curve


def test_another_seed_gives_other_parameters(tmp_path: Path) -> None:
    other = job(tmp_path / "b", PLAN.model_copy(update={"seeds": (4,)}))
    assert trained(job(tmp_path / "a")).last_parameters != trained(other).last_parameters


@pytest.mark.parametrize("legs", [1, 2])
def test_a_resumed_training_ends_in_the_same_parameters(tmp_path: Path, legs: int) -> None:
    with pytest.raises(Killed):
        trained(job(tmp_path / "a"), legs)
    resumed, whole = trained(job(tmp_path / "a")), trained(job(tmp_path / "b"))
    assert resumed.last_parameters == whole.last_parameters
    assert resumed.parameters == whole.parameters
    assert resumed.curve == whole.curve


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first = trained(job(tmp_path))
    state = (tmp_path / "seed-0003.checkpoint").read_bytes()
    assert trained(job(tmp_path)).parameters == first.parameters
    assert (tmp_path / "seed-0003.checkpoint").read_bytes() == state


def test_an_untrained_policy_is_the_base(tmp_path: Path) -> None:
    given = job(tmp_path)
    model = new_model(PLAN, ScaledEnv(given.world.environment(32, 3), given.scaler), 3)
    assert not actor(model, given.scaler)(np.random.default_rng(0).normal(size=(50, 4))).any()


def test_without_a_better_validation_the_base_is_kept_and_the_seed_stops(tmp_path: Path) -> None:
    worthless = ToyWorld(edges=(0.0, 0.0), penalty=-0.01, bars=2_000, seed=1)
    plan = PLAN.model_copy(update={"steps": 40 * 1024, "patience": 2})
    made = trained(job(tmp_path, plan, worthless))
    best = max([0, *(number for number, point in enumerate(made.curve, 1) if point.kept)])
    assert len(made.curve) == best + 2 < plan.legs
    assert made.judged.gain == max(0.0, *(point.gain for point in made.curve))


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        trained(job(tmp_path), 1)
    with pytest.raises(UsageFault, match="other bars or settings"):
        trained(job(tmp_path, PLAN.model_copy(update={"gamma": 0.5})))


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        trained(job(tmp_path), 1)
    path = tmp_path / "seed-0003.checkpoint"
    path.write_bytes(path.read_bytes()[:-7] + b"damaged")
    with pytest.raises(OutputFault, match="is damaged"):
        trained(job(tmp_path))


def test_a_number_that_is_not_finite_ends_the_training_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="an observation that is not a finite number"):
        trained(job(tmp_path, world=ToyWorld(bars=100, broken=60)))


def test_a_training_that_diverges_keeps_the_checkpoint_before_it(tmp_path: Path) -> None:
    wild = PLAN.model_copy(update={"learning_rate": 1e38})
    with pytest.raises(UsageFault, match=r"diverged.*--learning-rate"):
        trained(job(tmp_path, wild))


def test_more_seeds_may_join_a_training() -> None:
    more = PLAN.model_copy(update={"seeds": (3, 4, 5)})
    assert more.key(3, "world") == PLAN.key(3, "world") != PLAN.key(4, "world")
    assert PLAN.key(3, "world") != PLAN.model_copy(update={"steps": 9_999}).key(3, "world")
