"""Worlds whose answer is known: training finds an edge that is there, none that is not, and says when it has collapsed."""

from pathlib import Path

import numpy as np
import pytest
from tiers import long_after
from toy_world import ToyWorld

from rl.training.learner import SeedJob, SeedResult, train_seed
from rl.training.plan import TrainingPlan
from rl.training.product import COLLAPSED, collapsed, said_of
from rl.training_range import Scaler

EDGE = (0.2, -0.1)
"""Mean return of a bar in the calm regime and in the other one, in standard deviations."""
QUICK = TrainingPlan(steps=16 * 8192, seeds=(0,), learning_rate=5e-3, log_std=0.0, leg_rollouts=4)
LONG = TrainingPlan(steps=600_000, seeds=(0,), minibatch=1024)


def trained(world: ToyWorld, folder: Path, plan: TrainingPlan, seed: int = 0) -> SeedResult:
    scaler = Scaler.of(world.drawn("training")[0].astype(np.float64))
    return train_seed(SeedJob(seed, plan, world, scaler, folder), lambda point: None)


@pytest.mark.slow
def test_an_edge_of_a_regime_is_found(tmp_path: Path) -> None:
    world = ToyWorld(edges=EDGE)
    made = trained(world, tmp_path, QUICK)
    assert made.judged.base_sharpe < 0.5 * world.oracle()
    assert made.judged.sharpe > 0.8 * world.oracle()


@pytest.mark.slow
def test_shuffled_columns_leave_no_gain(tmp_path: Path) -> None:
    plan = QUICK.model_copy(update={"steps": 8 * 8192})
    found = trained(ToyWorld(edges=EDGE), tmp_path / "a", plan).judged.gain
    assert trained(ToyWorld(edges=EDGE, shuffled=True), tmp_path / "b", plan).judged.gain < 0.1 * found


@pytest.mark.slow
def test_without_an_edge_nothing_is_gained(tmp_path: Path) -> None:
    made = trained(ToyWorld(edges=(0.0, 0.0)), tmp_path, QUICK.model_copy(update={"steps": 8 * 8192}))
    assert made.judged.gain < 0.3
    assert made.judged.departure < 0.1


@pytest.mark.slow
def test_a_penalty_above_the_edge_collapses_and_the_tool_says_so(tmp_path: Path) -> None:
    world = ToyWorld(edges=(-0.02, -0.02), penalty=0.003)
    made = trained(world, tmp_path, QUICK)
    assert made.curve[-1].zero > COLLAPSED
    assert collapsed(made)
    assert said_of(made.judged).startswith("collapsed to zero")


def test_a_policy_that_learnt_nothing_is_called_the_base(tmp_path: Path) -> None:
    made = trained(ToyWorld(edges=EDGE, shuffled=True), tmp_path, QUICK.model_copy(update={"steps": 8192}))
    assert said_of(made.judged._replace(departure=0.0)).startswith("the base itself")
    assert not collapsed(made)


@pytest.mark.slow
@pytest.mark.parametrize("seed", long_after(1, range(3)))
def test_the_default_plan_finds_the_edge_with_every_seed(tmp_path: Path, seed: int) -> None:
    world = ToyWorld(edges=EDGE, bars=40_000)
    assert trained(world, tmp_path, LONG, seed).judged.sharpe > 0.8 * world.oracle()


@pytest.mark.slow
@pytest.mark.parametrize("seed", long_after(1, range(3)))
def test_the_default_plan_gains_nothing_where_there_is_nothing(tmp_path: Path, seed: int) -> None:
    assert trained(ToyWorld(edges=(0.0, 0.0), bars=40_000), tmp_path, LONG, seed).judged.gain < 0.3
