"""Worlds of perpetuals whose answer is known: a side that wins, funding that eats, liquidation that is near, nothing to learn."""

from pathlib import Path

import numpy as np
import pytest
from contract_worlds import Planted, contract_tape

from rl.action import Base, multipliers
from rl.environment.episodes import Draw, play, survey
from rl.environment.reward import Profit
from rl.environment.tape import PolicyTape
from rl.features import PERPETUAL, Floats
from rl.training.base import pooled_sharpe
from rl.training.learner import SeedJob, SeedResult, train_seed
from rl.training.plan import TrainingPlan
from rl.training.tape_world import TapeWorld
from rl.training_range import Scaler

NAMES = [feature.name for feature in PERPETUAL.features]
BASE = Base()
QUICK = TrainingPlan(
    steps=4 * 1024, seeds=(0,), environments=32, rollout=32, minibatch=256, learning_rate=5e-3, log_std=0.0, leg_rollouts=4,
    gamma=0.5,
)  # fmt: skip


class Taught:
    """A policy of one seed, taught on some tapes and validated on others."""

    def __init__(self, folder: Path, training: list[PolicyTape], validation: list[PolicyTape]) -> None:
        seen = play(training, lambda rows, features: BASE.of(rows))
        self._scaler, measured = Scaler.of(seen.features), survey(training, BASE)
        reward, draw = Profit(losses=1.0, unit=measured.unit), Draw(60, 0)
        world = TapeWorld(tuple(training), tuple(validation), BASE, reward, measured.fill, draw)
        self.made: SeedResult = train_seed(SeedJob(0, QUICK, world, self._scaler, folder), lambda point: None)

    def act(self, features: Floats) -> Floats:
        scaled, kept = self._scaler.scaled(features), {k: np.asarray(v) for k, v in self.made.weights.items()}
        first = np.tanh(scaled @ kept["mlp_extractor.policy_net.0.weight"].T + kept["mlp_extractor.policy_net.0.bias"])
        second = np.tanh(first @ kept["mlp_extractor.policy_net.2.weight"].T + kept["mlp_extractor.policy_net.2.bias"])
        return np.clip((second @ kept["action_net.weight"].T + kept["action_net.bias"])[:, 0], -1.0, 1.0)

    def shown(self, tapes: list[PolicyTape]) -> tuple[Floats, Floats, float]:
        """Features and multipliers of its decisions on fresh tapes, and its Sharpe ratio less that of its base."""

        def decide(rows: Floats, features: Floats) -> Floats:
            return multipliers(BASE.of(rows), self.act(features), PERPETUAL.most)

        own, base = play(tapes, decide), play(tapes, lambda rows, features: BASE.of(rows))
        mine, its = (pooled_sharpe([one.equity for one in each.results], [1.0] * len(tapes)) for each in (own, base))
        return own.features, own.multipliers, mine - its


def taught(folder: Path, *worlds: Planted) -> tuple[Taught, list[PolicyTape]]:
    """A policy of these worlds, and fresh tapes of each."""
    tapes = [[contract_tape(seed, world) for world in worlds for seed in seeds] for seeds in ((1, 2, 3), (4,), (5, 6))]
    return Taught(folder, tapes[0], tapes[1]), tapes[2]


@pytest.mark.slow
def test_where_shorts_win_and_longs_lose_the_longs_are_trimmed(tmp_path: Path) -> None:
    policy, fresh = taught(tmp_path, Planted(drift=(-0.008, -0.008)))
    features, chosen, gain = policy.shown(fresh)
    side = features[:, NAMES.index("direction")]
    assert chosen[side < 0.0].mean() > 0.7
    assert chosen[side > 0.0].mean() < chosen[side < 0.0].mean() - 0.3
    assert gain > 0.5


@pytest.mark.long
def test_where_funding_eats_longs_those_that_pay_it_are_trimmed(tmp_path: Path) -> None:
    policy, fresh = taught(tmp_path, Planted(sides=(1,), funding=(0.003, -0.003)))
    features, chosen, gain = policy.shown(fresh)
    rate = features[:, NAMES.index("funding_rate")]
    assert chosen[rate > 0.0].mean() < chosen[rate < 0.0].mean() - 0.3
    assert gain > 0.5


@pytest.mark.long
def test_where_wicks_of_the_mark_liquidate_those_that_are_near_it_they_are_trimmed_and_the_others_are_not(
    tmp_path: Path,
) -> None:
    wicked = Planted(sides=(1,), drift=(0.006, 0.0), wicks=0.2)
    policy, fresh = taught(tmp_path, wicked, wicked._replace(leverage=3))
    features, chosen, gain = policy.shown(fresh)
    near = features[:, NAMES.index("liquidation")] < 3.4
    assert 0 < near.sum() < len(near)
    assert chosen[near].mean() < chosen[~near].mean() - 0.3
    assert gain > 0.1


@pytest.mark.long
def test_where_there_is_no_edge_the_base_is_not_beaten(tmp_path: Path) -> None:
    policy, _ = taught(tmp_path, Planted(funding=(0.0005, -0.0005)))
    fresh = [contract_tape(seed, Planted(funding=(0.0005, -0.0005))) for seed in range(10, 18)]
    assert policy.shown(fresh)[2] < 0.5
