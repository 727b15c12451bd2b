"""Seeds in processes give what they give one after the other; a process that dies ends the training with a sentence."""

import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from stable_baselines3.common.vec_env import VecEnv
from toy_world import ToyWorld

from config.errors import DataFault, OutputFault
from rl.training.crew import Crew
from rl.training.curve import LegReport
from rl.training.learner import Report, SeedJob, SeedResult
from rl.training.plan import TrainingPlan
from rl.training.world import TrainingWorld
from rl.training_range import Scaler

PLAN = TrainingPlan(steps=2 * 1024, seeds=(0, 1, 2), environments=32, rollout=32, minibatch=512, leg_rollouts=1)


@dataclass(frozen=True)
class DeadlyWorld(ToyWorld):
    """Kills the process that trains seed 1."""

    def environment(self, environments: int, seed: int) -> VecEnv:
        if seed == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().environment(environments, seed)


def jobs(folder: Path, world: TrainingWorld) -> list[SeedJob]:
    scaler = Scaler.of(ToyWorld().drawn("training")[0].astype(float))
    return [SeedJob(seed, PLAN, world, scaler, folder) for seed in PLAN.seeds]


def train_all(given: list[SeedJob], workers: int, report: Report, *, ray: bool = False) -> list[SeedResult]:
    with Crew(workers, ray=ray) as crew:
        return crew.train(given, report)


@pytest.mark.slow
def test_processes_are_started_once_and_end_with_the_crew(tmp_path: Path) -> None:
    world = ToyWorld(bars=500)
    with Crew(2) as crew:
        first = crew.train(jobs(tmp_path / "a", world), lambda point: None)
        started = set(multiprocessing.active_children())
        again = crew.train(jobs(tmp_path / "b", world), lambda point: None)
        assert len(started) == 2
        assert set(multiprocessing.active_children()) == started
    assert [made.last_parameters for made in again] == [made.last_parameters for made in first]
    assert not started & set(multiprocessing.active_children())


@pytest.mark.slow
def test_processes_give_the_same_as_one_and_tell_every_leg(tmp_path: Path) -> None:
    told: list[LegReport] = []
    alone = train_all(jobs(tmp_path / "a", ToyWorld(bars=2_000)), 1, lambda point: None)
    together = train_all(jobs(tmp_path / "b", ToyWorld(bars=2_000)), 2, told.append)
    assert [made.last_parameters for made in together] == [made.last_parameters for made in alone]
    assert [made.seed for made in together] == [0, 1, 2]
    assert sorted((point.seed, point.steps) for point in told) == [(n, 1024 * leg) for n in range(3) for leg in (1, 2)]


@pytest.mark.slow
def test_a_process_that_was_killed_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(OutputFault, match=r"seed 1 ended by itself .*the same command goes on"):
        train_all(jobs(tmp_path, DeadlyWorld(bars=2_000)), 2, lambda point: None)


@pytest.mark.slow
def test_an_error_in_a_process_is_the_users_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="not a finite number"):
        train_all(jobs(tmp_path, ToyWorld(bars=100, broken=60)), 2, lambda point: None)


@pytest.mark.slow
def test_a_cluster_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # its processes must find the world of this test
    alone = train_all(jobs(tmp_path / "a", ToyWorld(bars=2_000)), 1, lambda point: None)
    told: list[LegReport] = []
    spread = train_all(jobs(tmp_path / "b", ToyWorld(bars=2_000)), 2, told.append, ray=True)
    assert [made.last_parameters for made in spread] == [made.last_parameters for made in alone]
    assert len(told) == 6
