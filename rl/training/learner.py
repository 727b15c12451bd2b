"""Trains one seed: PPO in legs, with a checkpoint and a validation after each.

A leg begins with seeds of its own for every source of chance, and with new episodes. So what follows a checkpoint depends on its
parameters and on nothing that a killed process took with it: a resumed training ends in the same bytes as one that was never
stopped. The best parameters on the validation part are kept; the untrained policy, which is the base, is one of the candidates.

torch uses one thread: two are no faster here, and another number of threads gives other bytes.
"""

import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.logger import Logger

from config.errors import UsageFault
from config.seeds import generator
from rl.training.checkpoint import read_checkpoint, write_checkpoint
from rl.training.curve import LegReport
from rl.training.plan import TrainingPlan
from rl.training.scaled import ScaledEnv
from rl.training.updates import LeanPPO, PlainAdam
from rl.training.world import Act, Floats, Judged, TrainingWorld
from rl.training_range import Scaler

Parameters = dict[str, torch.Tensor]
Report = Callable[[LegReport], None]


class SeedJob(NamedTuple):
    """One seed to train. `folder`: where its checkpoint lies. `board`: folder for TensorBoard, or None."""

    seed: int
    plan: TrainingPlan
    world: TrainingWorld
    scaler: Scaler
    folder: Path
    board: Path | None = None


class SeedResult(NamedTuple):
    """A trained seed. `parameters`: SHA-256 of those that were kept; `last_parameters`: of the last ones. `archive`: its
    Stable-Baselines3 file. `judged`: those that were kept, on the validation part. `warning`: what the environment says of the
    reward."""

    seed: int
    parameters: str
    last_parameters: str
    archive: bytes
    weights: dict[str, NDArray[np.float32]]
    curve: tuple[LegReport, ...]
    judged: Judged
    steps: int
    warning: str | None


def train_seed(job: SeedJob, report: Report) -> SeedResult:
    """Train one seed, or go on where its checkpoint ended. Raises TribunalError."""
    torch.set_num_threads(1)
    learner = _Learner(job)
    for point in learner.curve:
        report(point)
    while not learner.is_over():
        report(learner.leg())
    return learner.result()


class _Learner:
    """The state of one seed between two legs."""

    def __init__(self, job: SeedJob) -> None:
        self._job, self._plan = job, job.plan
        self._path = job.folder / f"seed-{job.seed:04d}.checkpoint"
        self._key = job.plan.key(job.seed, job.world.key)
        self._env = ScaledEnv(job.world.environment(job.plan.environments, job.seed), job.scaler)
        self._model = new_model(job.plan, self._env, job.seed)
        self._model.set_logger(_logger(job))
        self.curve: list[LegReport] = []
        self._leg = 0
        state = read_checkpoint(self._path, self._key)
        if state is None:
            self._judged = self._judge()
            self._best = _copied(self._model.policy.state_dict())
            self._best_leg = 0
        else:
            self._restore(state)

    def is_over(self) -> bool:
        """Whether all legs are done, or the last ones brought nothing."""
        return self._leg >= self._plan.legs or self._leg - self._best_leg >= self._plan.patience

    def leg(self) -> LegReport:
        """Train one leg, judge it, and write the checkpoint. Raises UsageFault when the parameters are no longer finite."""
        model, plan = self._model, self._plan
        number = int(generator(self._job.seed, "leg", str(self._leg)).integers(2**31))
        model.set_random_seed(number)
        model._last_obs = None  # new episodes
        steps = plan.steps_of(self._leg)
        try:
            model.learn(steps, log_interval=plan.leg_rollouts, reset_num_timesteps=False)
        except ValueError as fault:  # actions that are NaN are refused
            if self._is_finite():
                raise
            raise UsageFault(self._diverged()) from fault
        if not self._is_finite():
            raise UsageFault(self._diverged())
        self._leg += 1
        judged = self._judge()
        kept = judged.gain > self._judged.gain
        if kept:
            self._judged, self._best_leg, self._best = judged, self._leg, _copied(model.policy.state_dict())
        self.curve.append(self._point(steps, judged, kept))
        write_checkpoint(self._path, self._state())
        return self.curve[-1]

    def _is_finite(self) -> bool:
        return all(bool(torch.isfinite(values).all()) for values in self._model.policy.state_dict().values())

    def _diverged(self) -> str:
        return (
            f"The training of seed {self._job.seed} diverged in leg {self._leg + 1}: its parameters are no longer finite. The "
            "checkpoint before it is kept; take a smaller --learning-rate."
        )

    def result(self) -> SeedResult:
        """The kept parameters."""
        last = parameters_hash(self._model.policy.state_dict())
        self._model.policy.load_state_dict(self._best)
        stream = io.BytesIO()
        self._model.policy_kwargs.pop("optimizer_class")  # whoever reads the file needs only Stable-Baselines3
        self._model.save(stream)
        return SeedResult(
            seed=self._job.seed,
            parameters=parameters_hash(self._best),
            last_parameters=last,
            archive=stream.getvalue(),
            weights={name: values.numpy().copy() for name, values in self._best.items()},
            curve=tuple(self.curve),
            judged=self._judged,
            steps=self._model.num_timesteps,
            warning=getattr(self._env.venv.get_attr("balance")[0], "warning", None),
        )

    def _judge(self) -> Judged:
        return self._job.world.judge(actor(self._model, self._job.scaler))

    def _point(self, steps: int, judged: Judged, kept: bool) -> LegReport:
        return LegReport(
            seed=self._job.seed,
            steps=self._model.num_timesteps,
            more=steps,
            gain=judged.gain,
            sharpe=judged.sharpe,
            ratio=judged.ratio,
            departure=judged.departure,
            zero=judged.zero,
            reward=float(self._model.rollout_buffer.rewards.mean()),
            std=float(self._model.policy.log_std.detach().exp().mean()),
            kept=kept,
        )

    def _state(self) -> dict[str, Any]:
        return {
            "key": self._key,
            "leg": self._leg,
            "steps": self._model.num_timesteps,
            "policy": self._model.policy.state_dict(),
            "optimizer": self._model.policy.optimizer.state_dict(),
            "best": self._best,
            "best_leg": self._best_leg,
            "judged": list(self._judged),
            "curve": [list(point) for point in self.curve],
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        self._leg, self._best_leg = state["leg"], state["best_leg"]
        self._model.num_timesteps = state["steps"]
        self._model.policy.load_state_dict(state["policy"])
        self._model.policy.optimizer.load_state_dict(state["optimizer"])
        self._best = state["best"]
        self._judged = Judged(*state["judged"])
        self.curve = [LegReport(*point) for point in state["curve"]]


def new_model(plan: TrainingPlan, env: ScaledEnv, seed: int) -> LeanPPO:
    """An untrained policy whose mean action is 0 in every state, so that it is the base."""
    torch.set_num_threads(1)
    model = LeanPPO(
        "MlpPolicy",
        env,
        learning_rate=plan.learning_rate,
        n_steps=plan.rollout,
        batch_size=plan.minibatch,
        n_epochs=plan.epochs,
        gamma=plan.gamma,
        gae_lambda=plan.gae_lambda,
        clip_range=plan.clip_range,
        ent_coef=plan.entropy,
        seed=seed,
        device="cpu",
        policy_kwargs={
            "net_arch": [plan.width, plan.width],
            "activation_fn": torch.nn.Tanh,
            "log_std_init": plan.log_std,
            "optimizer_class": PlainAdam,
            "optimizer_kwargs": {"fused": True, "eps": 1e-5},
        },
    )
    with torch.no_grad():
        for parameter in model.policy.action_net.parameters():
            parameter.zero_()
    return model


def actor(model: LeanPPO, scaler: Scaler) -> Act:
    """The mean action of a policy: from features before scaling, shape (n, F), to actions, shape (n,), float64, dimensionless."""
    policy = model.policy

    def act(features: Floats) -> Floats:
        with torch.no_grad():
            given = torch.as_tensor(scaler.scaled(features).astype(np.float32))
            mean = policy.action_net(policy.mlp_extractor.forward_actor(given)).numpy()
        bounded: Floats = np.clip(mean[:, 0].astype(np.float64), -1.0, 1.0)
        return bounded

    return act


def parameters_hash(parameters: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 over the bytes of all parameters, by name."""
    digest = hashlib.sha256()
    for name in sorted(parameters):
        digest.update(name.encode() + b"\x00" + parameters[name].detach().numpy().astype("<f4").tobytes())
    return digest.hexdigest()


def _copied(parameters: Mapping[str, torch.Tensor]) -> Parameters:
    return {name: values.detach().clone() for name, values in parameters.items()}


def _logger(job: SeedJob) -> Logger:
    """Where Stable-Baselines3 logs: nowhere, or to TensorBoard. Raises UsageFault when that is not installed."""
    if job.board is None:
        return Logger(folder=None, output_formats=[])
    try:
        from stable_baselines3.common.logger import TensorBoardOutputFormat

        return Logger(folder=None, output_formats=[TensorBoardOutputFormat(str(job.board / f"seed-{job.seed:04d}"))])
    except (AssertionError, ImportError) as fault:
        raise UsageFault(
            "TensorBoard is not installed; nothing was started. Run: pip install tensorboard, or leave out --tensorboard."
        ) from fault
