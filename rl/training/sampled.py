"""What the training part looks like under the base: observations, from which scale and range are measured."""

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from config.errors import DataFault

Seen = NDArray[np.float32]

LEAST_SAMPLES = 1_000


def sample(env: VecEnv, *, steps: int, seed: int) -> Seen:
    """Observations of the training part under the base (action 0), shape (n, F), float32 [units of the columns].

    Raises DataFault for one that is not finite, or for too few.
    """
    env.seed(seed)
    seen = [np.array(env.reset(), dtype=np.float32)]
    still = np.zeros((env.num_envs, 1), dtype=np.float32)
    for _ in range(-(-steps // env.num_envs)):
        seen.append(np.array(env.step(still)[0], dtype=np.float32))
    found = np.concatenate(seen)
    if not np.isfinite(found).all():
        raise DataFault("An observation of the training part is not a finite number. Nothing was trained.")
    if len(found) < LEAST_SAMPLES:
        raise DataFault(f"{len(found)} observations are too few to scale the columns. Nothing was trained.")
    return found
