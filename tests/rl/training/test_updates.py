"""Gradient steps that are written out are those of stable-baselines3, to the rounding of single precision."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from toy_world import ToyWorld

from rl.training.learner import new_model
from rl.training.plan import TrainingPlan
from rl.training.scaled import ScaledEnv
from rl.training.updates import Gradient, LeanPPO, PlainAdam
from rl.training_range import Scaler

PLAN = TrainingPlan(steps=1024, seeds=(3,), environments=32, rollout=32, minibatch=512, entropy=0.01)


@pytest.fixture
def gathered() -> Callable[[], LeanPPO]:
    """Makes a model with a rollout in its buffer and drawn last layers: always the same."""

    def make() -> LeanPPO:
        world = ToyWorld(bars=2_000)
        scaler = Scaler.of(ToyWorld().drawn("training")[0].astype(np.float64))
        model = new_model(PLAN, ScaledEnv(world.environment(32, 3), scaler), 3)
        model.set_logger(Logger(folder=None, output_formats=[]))
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for each in (model.policy.action_net.weight, model.policy.value_net.weight):
                each.copy_(torch.randn(each.shape, generator=generator) * 0.3)
        model.set_random_seed(5)
        _, callback = model._setup_learn(PLAN.samples)
        model.collect_rollouts(model.env, callback, model.rollout_buffer, PLAN.rollout)  # type: ignore[arg-type]
        return model

    return make


def autograd(model: LeanPPO, clip: float) -> dict[str, torch.Tensor]:
    """The gradient of one minibatch, as stable-baselines3 computes it."""
    batch = next(iter(model.rollout_buffer.get(PLAN.minibatch)))
    values, likely, entropy = model.policy.evaluate_actions(batch.observations, batch.actions)
    gained = (batch.advantages - batch.advantages.mean()) / (batch.advantages.std() + 1e-8)
    ratio = torch.exp(likely - batch.old_log_prob)
    worst = torch.min(gained * ratio, gained * torch.clamp(ratio, 1 - clip, 1 + clip))
    off = torch.nn.functional.mse_loss(batch.returns, values.flatten())
    assert entropy is not None
    model.policy.zero_grad()
    (-worst.mean() + model.vf_coef * off - model.ent_coef * entropy.mean()).backward()
    return gradients(model)


def gradients(model: LeanPPO) -> dict[str, torch.Tensor]:
    found: dict[str, Any] = {name: each.grad for name, each in model.policy.named_parameters()}
    return {name: each.clone() for name, each in found.items()}


@pytest.mark.parametrize("clip", [0.2, 0.01])
def test_the_gradient_is_that_of_autograd_also_where_samples_are_clipped(
    gathered: Callable[[], LeanPPO], clip: float
) -> None:
    model = gathered()
    with torch.no_grad():  # a policy that has moved since the rollout, so that ratios differ from 1
        model.policy.action_net.bias.add_(0.1)
        model.policy.log_std.add_(0.05)
    model.set_random_seed(7)
    wanted = autograd(model, clip)
    model.set_random_seed(7)
    with torch.no_grad():
        written = Gradient(model.policy, PLAN.minibatch)
        written.of(next(iter(model.rollout_buffer.get(PLAN.minibatch))), clip, model.vf_coef, model.ent_coef)
    found = gradients(model)
    for name, each in wanted.items():
        torch.testing.assert_close(found[name], each, rtol=1e-4, atol=1e-6, msg=name)


def test_all_epochs_over_a_rollout_end_in_the_same_parameters(gathered: Callable[[], LeanPPO]) -> None:
    lean, plain = gathered(), gathered()
    before = lean.policy.action_net.weight.detach().clone()
    for model, train in ((lean, LeanPPO.train), (plain, PPO.train)):
        model.set_random_seed(9)
        train(model)
    for (name, one), other in zip(lean.policy.named_parameters(), plain.policy.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4, msg=name)
    assert not torch.allclose(before, lean.policy.action_net.weight)
    assert lean._n_updates == plain._n_updates


def test_only_episodes_that_ended_are_told(gathered: Callable[[], LeanPPO]) -> None:
    model = gathered()
    assert model.ep_info_buffer is not None
    model.ep_info_buffer.clear()
    infos: list[dict[str, Any]] = [{"episode": {"r": float(at), "l": 1, "t": 0.0}} for at in range(3)]
    model._update_info_buffer([{}, infos[1], {}], np.array([False, True, False]))
    assert list(model.ep_info_buffer) == [infos[1]["episode"]]


def test_a_rollout_holds_what_that_of_stable_baselines3_holds(gathered: Callable[[], LeanPPO]) -> None:
    kept = []
    for collect in (LeanPPO.collect_rollouts, PPO.collect_rollouts):
        model = gathered()
        model.set_random_seed(11)
        _, callback = model._setup_learn(4 * PLAN.samples, reset_num_timesteps=False)
        model._last_obs = model.env.reset()  # type: ignore[union-attr]
        starts = []
        for _ in range(4):  # 128 steps of episodes of 64: the last one of the fourth rollout ends them all
            assert collect(model, model.env, callback, model.rollout_buffer, PLAN.rollout)  # type: ignore[arg-type]
            starts.append(model.rollout_buffer.episode_starts.copy())
        assert starts[2].sum() == PLAN.environments, "no episode ended, so nothing was asked for its value"
        kept.append((model.rollout_buffer, np.concatenate(starts), model.num_timesteps))
    (lean, begun, steps), (plain, begun_too, steps_too) = kept
    assert steps == steps_too
    np.testing.assert_array_equal(begun, begun_too)
    for name in ("observations", "actions", "rewards", "values", "log_probs", "advantages", "returns"):
        np.testing.assert_allclose(getattr(lean, name), getattr(plain, name), rtol=1e-4, atol=1e-5, err_msg=name)


_STEPS = """
import sys, torch
from rl.training.updates import PlainAdam
held = torch.nn.Parameter(torch.zeros(3))
adam = PlainAdam([held], lr=0.1, fused=True)
held.grad = torch.ones(3)
adam.step()
adam.load_state_dict(adam.state_dict())
assert float(held[0]) < 0.0
assert "torch._dynamo" not in sys.modules
"""


@pytest.mark.slow
def test_adam_is_that_of_torch_to_the_bit_and_loads_no_compiler() -> None:
    def stepped(kind: type[torch.optim.Adam]) -> list[torch.Tensor]:
        chance = torch.Generator().manual_seed(2)
        held = [torch.nn.Parameter(torch.randn(size, generator=chance)) for size in ((64, 13), (64,), (1,))]
        adam = kind(held, lr=1e-3, eps=1e-5, fused=True)
        for _ in range(20):
            for each in held:
                each.grad = torch.randn(each.shape, generator=chance)
            adam.step()
        return [each.detach() for each in held]

    assert all(torch.equal(*pair) for pair in zip(stepped(PlainAdam), stepped(torch.optim.Adam), strict=True))
    subprocess.run([sys.executable, "-c", _STEPS], check=True, timeout=120)
