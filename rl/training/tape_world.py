"""A training world of tapes: the batched environment over the training part, and whole runs over the validation part."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from rl.action import Base, multipliers
from rl.environment.batched import BatchedRiskEnv
from rl.environment.episodes import Draw, play, schema_of
from rl.environment.reward import Reward
from rl.environment.tape import PolicyTape
from rl.training.base import pooled_sharpe
from rl.training.world import Act, Judged, shares_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TapeWorld:
    """`fill`: what stands for missing features, shape (F,), float64, in their units: the means of the training part.

    `base` and `reward` were tuned and scaled on the training part alone.
    """

    training: tuple[PolicyTape, ...]
    validation: tuple[PolicyTape, ...]
    base: Base
    reward: Reward
    fill: Floats
    draw: Draw

    @cached_property
    def key(self) -> str:
        """SHA-256 of all that shapes what is learnt and judged."""
        about = {
            "training": [tape.content_sha256 for tape in self.training],
            "validation": [tape.content_sha256 for tape in self.validation],
            "base": repr(self.base),
            "reward": repr(self.reward),
            "fill": self.fill.tolist(),
            "draw": repr(self.draw),
        }
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()

    def environment(self, environments: int, seed: int) -> VecEnv:
        """The batched environment over the training part."""
        return BatchedRiskEnv(
            self.training, environments, base=self.base, reward=self.reward, fill=self.fill, draw=self.draw, seed=seed
        )

    def judge(self, act: Act) -> Judged:
        """Each validation tape once, from its first bar to its last.

        `act`: see `Act`; it gets shape (n, F) and gives shape (n,), float64, dimensionless.
        """
        ratios: list[Floats] = []
        most = schema_of(self.validation).most

        def decide(rows: Floats, features: Floats) -> Floats:
            base = self.base.of(rows)
            chosen = multipliers(base, act(np.where(np.isnan(features), self.fill, features)), most)
            given = np.minimum(base, most)  # what an account is given of a base alone
            ratios.append(chosen[given > 0.0] / given[given > 0.0])
            return chosen

        own = self._sharpe(play(self.validation, decide).results)
        return Judged(own, self._base_sharpe, *shares_of(np.concatenate([*ratios, np.zeros(0)])))

    @cached_property
    def _base_sharpe(self) -> float:
        return self._sharpe(play(self.validation, lambda rows, features: self.base.of(rows)).results)

    def _sharpe(self, results: tuple[object, ...]) -> float:
        curves = [np.asarray(result.equity) for result in results]  # type: ignore[attr-defined]
        return pooled_sharpe(curves, [tape.bars_per_day for tape in self.validation])
