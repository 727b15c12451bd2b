"""PPO whose rollouts and gradient steps are written out: those of stable-baselines3, with the derivative by hand, in place of
autograd.

Actions, samples, their order, the loss, the cut of the gradient and Adam are those of `stable_baselines3.PPO`, so parameters
differ by rounding alone. The networks are small: modules, distributions and autograd took more time for their bookkeeping than
for the arithmetic, and a training spends most of its time here. Where episodes end, the values of their last observations are
asked for together, and not one by one. It is for the policies of `rl.training.learner` alone, two hidden layers with tanh and one
action in [-1, 1], and for a clipped objective without a clipped value, an early stop by divergence, or an entropy that depends on
the state.
"""

import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor


class LeanPPO(PPO):
    """PPO with gradients written out. It saves and loads as PPO does."""

    def train(self) -> None:
        """Go over the gathered rollout `n_epochs` times."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        clip = float(self.clip_range(self._current_progress_remaining))  # type: ignore[operator]
        told = []
        with torch.no_grad():
            gradient = Gradient(self.policy, self.batch_size)
            flat = Batch(*map(self.rollout_buffer.swap_and_flatten, _gathered(self.rollout_buffer)))
            for _ in range(self.n_epochs):
                for batch in flat.drawn(self.batch_size):
                    told.append(gradient.of(batch, clip, self.vf_coef, self.ent_coef))
                    gradient.cut(self.max_grad_norm)
                    self.policy.optimizer.step()
                self._n_updates += 1
        losses = torch.stack([each.policy for each in told]), torch.stack([each.value for each in told])
        self.logger.record("train/policy_gradient_loss", float(losses[0].mean()))
        self.logger.record("train/value_loss", float(losses[1].mean()))
        self.logger.record("train/std", float(self.policy.log_std.detach().exp().mean()))
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def collect_rollouts(
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: RolloutBuffer, n_rollout_steps: int
    ) -> bool:
        """Fill the buffer with `n_rollout_steps` steps of each environment; False if the callback ended it before.

        Raises ValueError for a policy whose parameters are no longer finite, as stable-baselines3 does.
        """
        self.policy.set_training_mode(False)
        rollout_buffer.reset()
        callback.on_rollout_start()
        with torch.no_grad():
            player = _Player(self.policy, env.num_envs)
            for _ in range(n_rollout_steps):
                seen = np.asarray(self._last_obs, dtype=np.float32)
                move = player.move(torch.as_tensor(seen))
                if not bool(torch.isfinite(move.actions).all()):
                    raise ValueError("the actions of the policy are no finite numbers")
                new, rewards, dones, infos = env.step(np.clip(move.actions.numpy(), -1.0, 1.0))
                self.num_timesteps += env.num_envs
                callback.update_locals(locals())
                if not callback.on_step():
                    return False
                self._update_info_buffer(infos, dones)
                cut = [at for at in np.flatnonzero(dones).tolist() if infos[at].get("TimeLimit.truncated", False)]
                if cut:
                    last = np.stack([infos[at]["terminal_observation"] for at in cut])
                    rewards[cut] += self.gamma * self.policy.predict_values(torch.as_tensor(last))[:, 0].numpy()
                started = self._last_episode_starts
                rollout_buffer.add(seen, move.actions.numpy(), rewards, started, move.values, move.likely)  # type: ignore[arg-type]
                self._last_obs, self._last_episode_starts = new, dones  # type: ignore[assignment]
            values = player.value_of(torch.as_tensor(np.asarray(new, dtype=np.float32)))
        rollout_buffer.compute_returns_and_advantage(last_values=values, dones=dones)
        callback.on_rollout_end()
        return True

    def _update_info_buffer(self, infos: list[dict[str, Any]], dones: Any = None) -> None:
        """Only accounts whose episode has ended have something to tell."""
        ended = range(len(infos)) if dones is None else np.flatnonzero(dones).tolist()
        super()._update_info_buffer([infos[at] for at in ended], None if dones is None else dones[ended])


class PlainAdam(torch.optim.Adam):
    """Adam, by the same arithmetic, without loading the compiler of torch, which takes a second and is not used."""

    add_param_group: Any = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    state_dict: Any = inspect.unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict: Any = inspect.unwrap(torch.optim.Optimizer.load_state_dict)

    def step(self, closure: Any = None) -> Any:
        """Change the parameters by their gradients."""
        with torch.no_grad():
            return _STEP(self, closure)


_STEP: Any = inspect.unwrap(torch.optim.Adam.step)


class Batch(NamedTuple):
    """What was seen, done and said in n steps, and what came of it: `observations` (n, F), `actions` (n, 1), the rest (n, 1) or
    (n,); arrays or tensors, float32."""

    observations: Any
    actions: Any
    old_log_prob: Any
    advantages: Any
    returns: Any

    def drawn(self, size: int) -> Iterator["Batch"]:
        """All steps of these arrays once, in parts of `size`, in an order that is drawn as stable-baselines3 draws it."""
        order = np.random.permutation(len(self.observations))
        mixed = [torch.from_numpy(np.take(each, order, axis=0)) for each in self]
        seen, done, *rest = mixed
        for begin in range(0, len(order), size):
            own = slice(begin, begin + size)
            yield Batch(seen[own], done[own], *(each[own].flatten() for each in rest))


def _gathered(buffer: RolloutBuffer) -> tuple[NDArray[np.float32], ...]:
    """The fields of a Batch, shape (n_steps, n_environments, ...), float32, dimensionless."""
    return buffer.observations, buffer.actions, buffer.log_probs, buffer.advantages, buffer.returns


class Move(NamedTuple):
    """What n accounts do: `actions` (n, 1) before they are cut, `values` (n,) of what they see, `likely` (n,) log densities."""

    actions: Tensor
    values: Tensor
    likely: Tensor


class _Player:
    """A policy in a rollout of n accounts. Its noise is drawn as stable-baselines3 draws it."""

    def __init__(self, policy: Any, rows: int) -> None:
        hidden = policy.mlp_extractor
        self._actor = _Net(hidden.policy_net, policy.action_net, rows)
        self._critic = _Net(hidden.value_net, policy.value_net, rows)
        self._log_std, self._std = policy.log_std, policy.log_std.exp()
        self._none, self._one = torch.zeros(rows, 1), torch.ones(rows, 1)

    def move(self, seen: Tensor) -> Move:
        """`seen`, shape (n, F), float32: scaled features."""
        noise = torch.normal(self._none, self._one)
        actions = self._actor.forward(seen)[:, None] + noise * self._std
        likely = (-0.5 * noise * noise - self._log_std - _HALF_LOG_TAU)[:, 0]
        return Move(actions, self.value_of(seen), likely)

    def value_of(self, seen: Tensor) -> Tensor:
        """What the critic says of n observations, shape (n,)."""
        return self._critic.forward(seen)


class Losses(NamedTuple):
    """Means over a minibatch, each of shape ()."""

    policy: Tensor
    value: Tensor


class Gradient:
    """The gradient of PPO's loss with respect to all parameters of a policy, which are told theirs once."""

    def __init__(self, policy: Any, rows: int) -> None:
        parameters = list(policy.parameters())
        self._flat = torch.zeros(sum(each.numel() for each in parameters))
        begin = 0
        for each in parameters:
            each.grad = self._flat[begin : begin + each.numel()].view_as(each)
            begin += each.numel()
        self._log_std = policy.log_std
        hidden = policy.mlp_extractor
        self._actor = _Net(hidden.policy_net, policy.action_net, rows)
        self._critic = _Net(hidden.value_net, policy.value_net, rows)

    def of(self, batch: Any, clip: float, value_weight: float, entropy_weight: float) -> Losses:
        """Write the gradient of a minibatch of n samples, and return its losses."""
        seen, n = batch.observations, len(batch.observations)
        mean, value = self._actor.forward(seen), self._critic.forward(seen)
        gained = batch.advantages
        gained = (gained - gained.mean()) / (gained.std() + 1e-8)
        precision = torch.exp(-2.0 * self._log_std)
        away = batch.actions[:, 0] - mean
        squared = away * away * precision
        likely = -0.5 * squared - self._log_std - _HALF_LOG_TAU
        ratio = torch.exp(likely - batch.old_log_prob)
        free, bound = gained * ratio, gained * torch.clamp(ratio, 1.0 - clip, 1.0 + clip)
        of_likely = torch.where(free <= bound, free, torch.zeros_like(free)) / -n  # a clipped sample moves nothing
        self._actor.backward(seen, of_likely * away * precision)
        self._log_std.grad.copy_((of_likely * (squared - 1.0)).sum() - entropy_weight)
        off = value - batch.returns
        self._critic.backward(seen, off * (2.0 * value_weight / n))
        return Losses(-torch.minimum(free, bound).mean(), (off * off).mean())

    def cut(self, most: float) -> None:
        """Shorten the gradient to the norm `most`, if it is longer."""
        self._flat.mul_(torch.clamp(most / (self._flat.norm() + 1e-6), max=1.0))


_HALF_LOG_TAU = 0.5 * float(np.log(2.0 * np.pi))


class _Net:
    """A network F -> H -> H -> 1 with tanh between, on n samples; its arrays are used again."""

    def __init__(self, hidden: Any, last: Any, rows: int) -> None:
        first, second = hidden[0], hidden[2]
        self._first, self._second, self._last = first, second, last
        width = first.out_features
        self._one, self._two, self._back, self._scratch = (torch.empty(rows, width) for _ in range(4))
        self._hidden = self._one.numpy(), self._two.numpy()  # the same memory: numpy's tanh takes a sixth of the time

    def forward(self, seen: Tensor) -> Tensor:
        """What it says of n samples, shape (n,). `seen`, shape (n, F), float32: scaled features."""
        one, two, last = self._one, self._two, self._last
        torch.addmm(self._first.bias, seen, self._first.weight.t(), out=one)
        np.tanh(self._hidden[0], out=self._hidden[0])
        torch.addmm(self._second.bias, one, self._second.weight.t(), out=two)
        np.tanh(self._hidden[1], out=self._hidden[1])
        return torch.addmm(last.bias, two, last.weight.t())[:, 0]

    def backward(self, seen: Tensor, of_said: Tensor) -> None:
        """Write the gradients of its parameters. `of_said`, shape (n,), float32: the loss by what it said of each sample."""
        one, two, back, column = self._one, self._two, self._back, of_said[:, None]
        torch.mm(column.t(), two, out=self._last.weight.grad)
        torch.sum(column, 0, out=self._last.bias.grad)
        torch.mul(column, self._last.weight, out=back)
        self._through_tanh(two)
        torch.mm(back.t(), one, out=self._second.weight.grad)
        torch.sum(back, 0, out=self._second.bias.grad)
        torch.mm(back, self._second.weight, out=self._scratch)
        self._back, self._scratch = self._scratch, back
        self._through_tanh(one)
        torch.mm(self._back.t(), seen, out=self._first.weight.grad)
        torch.sum(self._back, 0, out=self._first.bias.grad)

    def _through_tanh(self, after: Tensor) -> None:
        """Multiply what came back by the derivative of tanh, 1 - tanh ** 2."""
        torch.mul(self._back, after, out=self._scratch)
        self._back.addcmul_(self._scratch, after, value=-1.0)
