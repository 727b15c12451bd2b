"""One account as a gymnasium environment, for tools that step one at a time; training uses `rl.environment.batched`.

    RiskAdjusterEnv(tapes, base=..., reward=..., fill=..., draw=Draw(...), reviews=True)

Accounting, features and rewards are those of `rl.environment.episodes`, so it gives what one lane of the batched environment
gives. The end of a stretch is `truncated`; nothing ever terminates.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rl.action import Base
from rl.environment.batched import action_space, observation_space
from rl.environment.episodes import WHOLE, Draw, Episodes
from rl.environment.reward import Reward
from rl.environment.tape import PolicyTape
from rl.features import Floats

Singles = NDArray[np.float32]


class RiskAdjusterEnv(gymnasium.Env[Singles, Singles]):
    """Decides on the sizes of one account."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  gymnasium declares it so

    def __init__(
        self,
        tapes: Sequence[PolicyTape],
        *,
        base: Base,
        reward: Reward | None = None,
        fill: Floats | None = None,
        draw: Draw = WHOLE,
        reviews: bool = True,
    ) -> None:
        """Raises DataFault for tapes that do not fit together; see `rl.environment.episodes.Episodes`."""
        self.episodes = Episodes(tapes, 1, base=base, reward=reward, fill=fill, draw=draw, reviews=reviews)
        self.observation_space: spaces.Box = observation_space(self.episodes.schema)  # type: ignore[assignment]
        self.action_space: spaces.Box = action_space()  # type: ignore[assignment]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Singles, dict[str, Any]]:
        """Begin an episode: its first observation, shape (len(FEATURES),), float32 [units of FEATURES]."""
        super().reset(seed=seed)
        return self.episodes.begin(self.np_random)[0], {}

    def step(self, action: Singles) -> tuple[Singles, float, bool, bool, dict[str, Any]]:
        """Decide once. `action`, shape (1,), any float, dimensionless in [-1, 1]."""
        turn = self.episodes.step(np.asarray(action, dtype=np.float64).reshape(1))
        return turn.observations[0], float(turn.paid.rewards[0]), False, bool(turn.ended[0]), {}
