"""Observations as the network sees them: centred and scaled by the training part alone, and cut to a fixed range.

It refuses what is not finite: a network that has seen one NaN forgets all that it knew.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from config.errors import DataFault
from rl.training_range import Scaler

Singles = NDArray[np.float32]


class ScaledEnv(VecEnvWrapper):
    """An environment with scaled observations. Raises DataFault when one, or a reward, is not finite."""

    def __init__(self, venv: VecEnv, scaler: Scaler) -> None:
        super().__init__(venv)
        self._scaler = scaler

    def reset(self) -> Singles:
        """Begin new episodes: scaled observations, shape (n, F), float32 [standard deviations]."""
        return self._seen(self.venv.reset())

    def step_wait(self) -> VecEnvStepReturn:
        """One step of all accounts, with scaled observations."""
        seen, rewards, dones, infos = self.venv.step_wait()
        if not np.isfinite(rewards).all():
            raise DataFault(_spoilt("a reward"))
        for at in np.flatnonzero(dones):
            self._scale_last(infos[at])
        return self._seen(seen), rewards, dones, infos

    def _scale_last(self, info: dict[str, Any]) -> None:
        last = info.get("terminal_observation")
        if last is not None:
            info["terminal_observation"] = self._seen(np.asarray(last)[None, :])[0]

    def _seen(self, seen: Any) -> Singles:
        if not np.isfinite(seen).all():
            raise DataFault(_spoilt("an observation"))
        return self._scaler.scaled(np.asarray(seen, dtype=np.float64)).astype(np.float32)


def _spoilt(what: str) -> str:
    return (
        f"The environment gave {what} that is not a finite number, so the training was stopped: nothing learnt from it would be "
        "worth anything. The last checkpoint is kept; check the bars with `tribunal quality`."
    )
