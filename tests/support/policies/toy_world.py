"""A market of one line for tests of training: a signal, a regime, and a return whose edge is known.

The base multiplier is 1. `edge`: mean return of a bar in the calm regime and in the other one, in standard deviations. The first
columns of an observation are the regime and its persistence; the rest is noise.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from rl.training.world import Act, Judged, shares_of

Floats = NDArray[np.float64]
MOST, COST = 1.25, 0.0002
PER_YEAR = 24 * 365


@dataclass(frozen=True)
class ToyWorld:
    """`penalty`: cost of each unit of exposure by bar. `shuffled`: the columns say nothing. `broken`: a bar with NaN."""

    edges: tuple[float, float] = (0.12, -0.06)
    penalty: float = 0.0
    shuffled: bool = False
    bars: int = 12_000
    seed: int = 0
    broken: int | None = None

    @property
    def key(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def environment(self, environments: int, seed: int) -> VecEnv:
        return ToyEnv(self, environments, seed)

    def judge(self, act: Act) -> Judged:
        seen, moves = self.drawn("validation")
        multiplier = np.clip(1.0 + act(seen.astype(np.float64)), 0.0, MOST)
        made = multiplier * moves - COST * np.abs(np.diff(multiplier, prepend=1.0))
        return Judged(sharpe(made), sharpe(moves), *shares_of(multiplier))

    def oracle(self) -> float:
        """The Sharpe ratio of the rule that knows the regime: all of the size in the good one, nothing in the bad one."""
        seen, moves = self.drawn("validation")
        best = np.where(np.where(seen[:, 0] > 0.5, *self.edges) > 0.0, MOST, 0.0)
        return sharpe(best * moves - COST * np.abs(np.diff(best, prepend=1.0)))

    def drawn(self, part: str) -> tuple[NDArray[np.float32], Floats]:
        """Observations (bars, 4) and returns (bars,) of a part."""
        chance = np.random.default_rng([self.seed, *part.encode()])
        regime = (np.cumsum(chance.random(self.bars) < 0.02) % 2).astype(bool)
        moves = 0.01 * (np.where(regime, *self.edges) + chance.standard_normal(self.bars))
        seen = np.column_stack([regime, chance.standard_normal((self.bars, 3))]).astype(np.float32)
        if self.shuffled:
            seen = chance.permutation(seen)
        if self.broken is not None and part == "training":
            seen[self.broken] = np.nan
        return seen, moves


class ToyEnv(VecEnv):
    """Accounts at random places of the training part, in episodes of 64 bars."""

    length = 64

    def __init__(self, world: ToyWorld, environments: int, seed: int) -> None:
        super().__init__(environments, spaces.Box(-np.inf, np.inf, (4,), np.float32), spaces.Box(-1.0, 1.0, (1,)))
        self._world, (self._columns, self._moves) = world, world.drawn("training")
        self.seed(seed)

    def seed(self, seed: int | None = None) -> Any:
        self._chance = np.random.default_rng(seed)
        return [seed] * self.num_envs

    def reset(self) -> NDArray[np.float32]:
        self._at = self._chance.integers(0, self._world.bars - self.length - 1, self.num_envs)
        self._age, self._held = np.zeros(self.num_envs, int), np.ones(self.num_envs)
        return self._columns[self._at]

    def step_async(self, actions: Any) -> None:
        self._actions = actions

    def step_wait(self) -> Any:
        multiplier = np.clip(1.0 + self._actions[:, 0].astype(float), 0.0, MOST)
        made = multiplier * self._moves[self._at] - COST * np.abs(multiplier - self._held)
        rewards = (100.0 * (made - self._world.penalty * multiplier)).astype(np.float32)
        self._held, self._at, self._age = multiplier, self._at + 1, self._age + 1
        dones = self._age >= self.length
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for n in np.flatnonzero(dones):
            infos[n] = {"terminal_observation": self._columns[self._at[n]], "TimeLimit.truncated": True}
        self._at[dones] = self._chance.integers(0, self._world.bars - self.length - 1, int(dones.sum()))
        self._age[dones], self._held[dones] = 0, 1.0
        return self._columns[self._at], rewards, dones, infos

    def close(self) -> None: ...

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None: ...

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        return []

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


def sharpe(returns: Floats) -> float:
    """Annual, from returns by hour; 0 of constant ones."""
    sd = float(returns.std())
    return float(returns.mean()) / sd * PER_YEAR**0.5 if sd > 0.0 else 0.0
