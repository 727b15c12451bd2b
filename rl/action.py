"""What an action means: one number in [-1, 1] scales a static rule, so a policy that has learnt nothing is that rule.

    Base(target_daily_volatility, blend).of(rows) -> base       the rule: a volatility target
    multipliers(base, actions) -> m                             m = min(1.25, base * (1 + a)), at least 0; on perpetuals at most 1

The action is centred: at 0 the multiplier is the base. (A network starts near 0. Where 0 means "no position", training starts in
a corner that it never leaves.)

Smoothing: none of its own. A position by shares is traded only if the share that is wanted, times the multiplier, differs from
the one that it stands for by more than `court.resize_band`. That band is the account's, so it acts in training as in a session,
and a second one would only make the policy late. A purchase by single events is decided once and never resized.

It needs numpy alone. It refuses no action: what is not finite counts as 0, and what is out of range is cut.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.errors import UsageFault
from execution.observation import COLUMNS
from risk.proposal import MOST_ADJUSTED

Floats = NDArray[np.float64]

MOST = MOST_ADJUSTED
"""The largest multiplier (decision 31)."""

_VOLATILITY, _RATIO = COLUMNS.index("volatility"), COLUMNS.index("volatility_ratio")


@dataclass(frozen=True, slots=True)
class Base:
    """The rule that a policy corrects: `target_daily_volatility` [fraction] over the market's volatility of a day.

    That volatility is the one of the risk window times (short over long volatility) ** `blend`: at 0 the long one, at 1 the short
    one. Without a target the base is 1 everywhere: the ruling stands.
    """

    target_daily_volatility: float | None = None
    blend: float = 0.0

    def __post_init__(self) -> None:
        target = self.target_daily_volatility
        if (target is not None and not 0.0 < target < math.inf) or not 0.0 <= self.blend <= 1.0:
            raise UsageFault(
                f"A base with target {target} and blend {self.blend} is no rule. Nothing was run. Give a target above 0 "
                "[fraction a day] or none, and a blend from 0 to 1."
            )

    def of(self, rows: Floats) -> Floats:
        """The base multiplier of n decisions, shape (n,), float64, in 0 to MOST; 1 where a volatility is missing.

        `rows`, shape (n, len(COLUMNS)), float64, units as in `rl.observation.Observation` [fraction, days, count].
        """
        if self.target_daily_volatility is None:
            return np.ones(len(rows))
        now = rows[:, _VOLATILITY]
        if self.blend != 0.0:
            now = now * rows[:, _RATIO] ** self.blend
        with np.errstate(divide="ignore", invalid="ignore"):
            base = self.target_daily_volatility / now
        return np.where(np.isnan(base), 1.0, np.clip(base, 0.0, MOST))


def multipliers(base: Floats, actions: Floats, most: float = MOST) -> Floats:
    """The multipliers of n actions, shape (n,), float64, in 0 to `most`, dimensionless.

    `base`, shape (n,), float64: from `Base.of`. `actions`, shape (n,), any float, in [-1, 1], dimensionless. `most`: that of the
    schema, 1 on perpetuals (`rl.features`).
    """
    given = np.asarray(actions, dtype=np.float64)
    safe = np.clip(np.where(np.isfinite(given), given, 0.0), -1.0, 1.0)
    return np.clip(base * (1.0 + safe), 0.0, most)
