"""The training environment: any number of accounts behind stable-baselines3's VecEnv, all in one call of the kernel.

    BatchedRiskEnv(tapes, lanes, base=..., reward=..., fill=..., draw=Draw(...), seed=0, reviews=True)

Observations are features before scaling (`rl.features`), float32, with `fill` for what is missing; actions are Box(-1, 1, (1,)),
and 0 is the base. An account that has come to the end of its stretch begins anew at once; its info then holds
`terminal_observation`, `TimeLimit.truncated` and `episode`. After `seed(n)` and `reset()` everything depends on n alone.

Only training imports this module, since it loads stable-baselines3 and torch. `rl.environment.env` is one account of the same
(`rl.environment.episodes`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from config.seeds import generator
from rl.action import Base
from rl.environment.episodes import WHOLE, Draw, Episodes
from rl.environment.reward import Balance, Reward
from rl.environment.tape import PolicyTape
from rl.features import SPOT, Floats, Schema

Singles = NDArray[np.float32]
Mask = NDArray[np.bool_]


def observation_space(schema: Schema = SPOT) -> spaces.Box:
    """What the network sees, in the ranges of the features of the schema."""
    low, high = (
        np.array(bounds, dtype=np.float32) for bounds in zip(*((f.low, f.high) for f in schema.features), strict=True)
    )
    return spaces.Box(low, high, dtype=np.float32)


def action_space() -> spaces.Box:
    """One centred number: 0 is the base."""
    return spaces.Box(-1.0, 1.0, (1,), dtype=np.float32)


class BatchedRiskEnv(VecEnv):
    """Accounts side by side, as `lanes` environments."""

    def __init__(
        self,
        tapes: Sequence[PolicyTape],
        lanes: int,
        *,
        base: Base,
        reward: Reward | None = None,
        fill: Floats | None = None,
        draw: Draw = WHOLE,
        seed: int = 0,
        reviews: bool = True,
    ) -> None:
        """Raises DataFault for tapes that do not fit together; see `rl.environment.episodes.Episodes`."""
        self.episodes = Episodes(tapes, lanes, base=base, reward=reward, fill=fill, draw=draw, reviews=reviews)
        self.render_mode = None
        super().__init__(lanes, observation_space(self.episodes.schema), action_space())
        self._chance = generator(seed, "rl", "episodes")
        self._actions = np.zeros(lanes)
        self._paid, self._steps = np.zeros(lanes), np.zeros(lanes, dtype=np.int64)
        self._nothing: list[dict[str, Any]] = [{} for _ in range(lanes)]  # to tell of accounts whose episode goes on

    @property
    def balance(self) -> Balance:
        """Edge and penalties a bar so far."""
        return self.episodes.balance

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """All that is random from the next `reset` on depends on this number."""
        if seed is not None:
            self._chance = generator(seed, "rl", "episodes")
        return [seed] * self.num_envs

    def reset(self) -> Singles:
        """Begin all episodes anew: observations, shape (L, len(FEATURES)), float32 [units of FEATURES]."""
        self._paid[:], self._steps[:] = 0.0, 0
        return self.episodes.begin(self._chance)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take the actions of the next step: shape (L, 1) or (L,), any float, dimensionless in [-1, 1]."""
        self._actions = np.asarray(actions, dtype=np.float64).reshape(self.num_envs)

    def step_wait(self) -> VecEnvStepReturn:
        """One decision of each account."""
        turn = self.episodes.step(self._actions)
        rewards = turn.paid.rewards.astype(np.float32)
        self._paid += turn.paid.rewards
        self._steps += 1
        infos = self._nothing.copy()
        seen = turn.observations
        if bool(turn.ended.any()):
            for lane in np.flatnonzero(turn.ended).tolist():
                infos[lane] = {
                    "terminal_observation": seen[lane].copy(),
                    "TimeLimit.truncated": True,
                    "episode": {"r": float(self._paid[lane]), "l": int(self._steps[lane]), "t": 0.0},
                }
            self._paid[turn.ended], self._steps[turn.ended] = 0.0, 0
            seen = self.episodes.restart(turn.ended, self._chance)
        return seen, rewards, turn.ended, infos

    def close(self) -> None:
        """Nothing is open."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The attribute, which all accounts share, once for each that is asked about."""
        return [getattr(self, attr_name)] * len(self._chosen(indices))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of all accounts: they share all of them."""
        setattr(self, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method once for each account that is asked about."""
        return [getattr(self, method_name)(*method_args, **method_kwargs) for _ in self._chosen(indices)]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """No account has a wrapper of its own."""
        return [False] * len(self._chosen(indices))

    def _chosen(self, indices: VecEnvIndices) -> list[int]:
        if indices is None:
            return list(range(self.num_envs))
        return [indices] if isinstance(indices, int) else list(indices)
