"""What training needs of a market: environments to learn in, and a part of the time that judges what was learnt.

The judge never sees the training part, and training never sees the judge's: who makes a world has split the time. A world is
sent to other processes, so it holds data and no open thing.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

Floats = NDArray[np.float64]
Act = Callable[[Floats], Floats]
"""Features before scaling, shape (n, F), float64, NaN where missing, to actions in [-1, 1], shape (n,)."""

ZERO = 0.05
"""A multiplier below this share of its base counts as none."""


class Judged(NamedTuple):
    """A policy on the validation part, beside its base on the same bars.

    `sharpe`, `base_sharpe`: annual, after costs. `ratio`: mean of multiplier over base; 1 is the base. `departure`: mean of
    |multiplier / base - 1|. `zero`: share of decisions with a multiplier below a twentieth of the base.
    """

    sharpe: float
    base_sharpe: float
    ratio: float
    departure: float
    zero: float

    @property
    def gain(self) -> float:
        """What the policy adds to the base: difference of annual Sharpe ratios. Early stopping looks at this alone."""
        return self.sharpe - self.base_sharpe


class TrainingWorld(Protocol):
    """Environments over the training part, and a judge over the validation part."""

    @property
    def key(self) -> str:
        """SHA-256 of all that shapes what is learnt and judged: data, spans, base, costs, reward."""
        ...

    def environment(self, environments: int, seed: int) -> VecEnv:
        """Batched environment: float32 observations (F,), actions Box(-1, 1, (1,)).

        After `seed(n)` and `reset()` it depends on n alone.
        """
        ...

    def judge(self, act: Act) -> Judged:
        """The policy on the validation part: always the same answer for the same actions. `act`: see `Act`; it gets shape (n, F) and gives shape (n,), float64, dimensionless."""
        ...


def shares_of(ratio: Floats) -> tuple[float, float, float]:
    """`ratio`, `departure` and `zero` of `Judged`, of multipliers over their base, shape (n,), float64 [dimensionless]."""
    if not len(ratio):
        return 1.0, 0.0, 0.0
    return float(ratio.mean()), float(np.abs(ratio - 1.0).mean()), float((ratio < ZERO).mean())
