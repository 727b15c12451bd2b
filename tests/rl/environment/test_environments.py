"""Both environments keep the contracts of their libraries, and account alike."""

from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from policy_tapes import policy_tape
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as check_for_baselines
from stable_baselines3.common.vec_env import VecEnv

from config.seeds import generator
from rl.action import Base
from rl.environment.batched import BatchedRiskEnv
from rl.environment.env import RiskAdjusterEnv
from rl.environment.episodes import Draw
from rl.environment.reward import CvarConstrained, Profit

BASE = Base(0.02)


def batched(lanes: int = 6, seed: int = 0, **more: Any) -> BatchedRiskEnv:
    return BatchedRiskEnv([policy_tape(0), policy_tape(1)], lanes, base=BASE, draw=Draw(90, 1), seed=seed, **more)


def single() -> RiskAdjusterEnv:
    return RiskAdjusterEnv([policy_tape(0), policy_tape(1)], base=BASE, draw=Draw(90, 1))


def test_the_single_environment_is_one_for_both_libraries() -> None:
    check_env(single(), skip_render_check=True)
    check_for_baselines(single())


@pytest.mark.slow
def test_one_account_is_one_lane() -> None:
    alone, beside = single(), BatchedRiskEnv([policy_tape(0), policy_tape(1)], 1, base=BASE, draw=Draw(90, 1))
    alone.np_random = generator(5, "rl", "episodes")
    beside.seed(5)
    assert np.array_equal(alone.reset()[0], beside.reset()[0])
    chance = np.random.default_rng(2)
    for _ in range(400):
        action = chance.uniform(-1.0, 1.0, 1).astype(np.float32)
        one, reward, terminated, truncated, _ = alone.step(action)
        many, rewards, dones, infos = beside.step(action[None, :])
        assert not terminated
        assert reward == pytest.approx(float(rewards[0]), rel=1e-6)
        assert truncated == bool(dones[0])
        assert np.array_equal(one, infos[0]["terminal_observation"] if truncated else many[0])
        if truncated:
            break
    else:
        pytest.fail("the episode never ended")


def test_an_ended_account_begins_anew_and_tells_its_last_observation() -> None:
    env = batched()
    env.reset()
    ended = 0
    for _ in range(200):
        seen, rewards, dones, infos = env.step(np.zeros((6, 1), dtype=np.float32))
        assert seen.dtype == np.float32
        assert rewards.dtype == np.float32
        assert env.observation_space.contains(seen[0])
        for lane in np.flatnonzero(dones):
            ended += 1
            assert infos[lane]["TimeLimit.truncated"] is True
            assert env.observation_space.contains(infos[lane]["terminal_observation"])
            assert infos[lane]["episode"]["l"] > 0
        assert all(not infos[lane] for lane in np.flatnonzero(~dones))
    assert ended > 6


def test_everything_depends_on_the_seed_alone() -> None:
    told = []
    for seed in (1, 1, 2):
        env = batched(seed=9)
        env.reset()
        env.seed(seed)
        seen = [env.reset()]
        seen += [env.step(np.full((6, 1), 0.2 * (step % 3 - 1)))[0] for step in range(40)]
        told.append(np.concatenate(seen))
    assert np.array_equal(told[0], told[1])
    assert not np.array_equal(told[0], told[2])


def test_a_vec_env_answers_for_all_its_accounts() -> None:
    env = batched()
    assert isinstance(env, VecEnv)
    assert env.get_attr("balance") == [env.balance] * 6
    assert env.env_is_wrapped(VecEnv) == [False] * 6
    assert env.env_method("seed", 3, indices=[0, 1]) == [[3] * 6] * 2
    env.set_attr("marked", 1)
    assert env.get_attr("marked", indices=2) == [1]
    env.close()


def test_the_balance_of_penalties_is_kept() -> None:
    env = batched(reward=CvarConstrained(Profit(drawdown=50.0), 0.01))
    env.reset()
    for _ in range(40):
        env.step(np.zeros((6, 1)))
    assert env.balance.penalties > 0.0
    assert env.balance.warning is not None


@pytest.mark.slow
def test_ppo_learns_on_it_without_a_wrapper() -> None:
    env = batched(lanes=8)
    model = PPO("MlpPolicy", env, n_steps=8, batch_size=32, n_epochs=1, seed=0, device="cpu")
    before = [parameter.detach().clone() for parameter in model.policy.parameters()]
    model.learn(128)
    assert any(not bool((a == b).all()) for a, b in zip(before, model.policy.parameters(), strict=True))
    assert all(bool(parameter.isfinite().all()) for parameter in model.policy.parameters())
