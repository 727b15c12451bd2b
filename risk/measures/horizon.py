"""From the returns of bars to the risk of one day: the same days on bars of any length. `docs/decisions/020-horizon.md` has the
reasons and the test.

`limits.var_horizon: day` measures steps of two hours (or of one bar, where a bar is longer), with a volatility that has a
half-life of one day, weighs falls three times as much as rises, and is never below that of the window. `bar` measures each bar
with a decay of 0.94, whatever its length. In both the figure of a step is scaled to the day by the square root of time.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from config.sections.limits import RiskLimits, VarMethod
from risk.measures.basic import Floats, scale_to_horizon
from risk.measures.estimators import estimate_es, estimate_ess, estimate_var, estimate_vars
from risk.measures.ewma import RISKMETRICS, Memory

STEP_H = 2.0
"""Length of a step, for bars that are shorter [hours]."""

HALF_LIFE_H = 24.0
"""Half-life of the volatility [hours]."""

FALLS = 1.5
"""Weight of the square of a fall; that of a rise is 2 - 1.5."""

LEAST_BARS = 50
"""With `bar`: number of returns [bars] below which nothing is opened."""

_DAY_H = 24.0


class Horizon(NamedTuple):
    """How a one-day figure is made from returns of bars.

    `step_bars`: bars that are added up to one step. `steps_per_day`: steps in 24 hours, which may be a fraction. `memory`: that
    of the volatility, by steps. `window_bars`: returns that are kept. `least_bars`: returns below which nothing is opened.
    """

    step_bars: int
    steps_per_day: float
    memory: Memory
    window_bars: int
    least_bars: int

    def steps(self, returns: Floats) -> Floats:
        """Returns of steps, shape (n // step_bars, ...), float64 [simple return], oldest first: sums of successive bars.

        `returns`: shape (n, ...), float64 [simple return], oldest first. The oldest bars that make no whole step are left out.
        """
        size = self.step_bars
        if size == 1:
            return returns
        count = len(returns) // size
        blocks = returns[len(returns) - count * size :].reshape(count, size, *returns.shape[1:])
        total = blocks[:, 0].copy()
        for bar in range(1, size):  # one after the other, as the fast engine adds them
            total += blocks[:, bar]
        return total


def horizon_of(limits: RiskLimits, bars_per_day: float) -> Horizon:
    """The horizon that these limits ask for on bars of this length [bars in 24 hours]. Raises ValueError for no bars."""
    if not 0.0 < bars_per_day < math.inf:
        raise ValueError(f"a day needs a number of bars above 0, got {bars_per_day}")
    window = limits.risk_window_bars
    if limits.var_horizon == "bar":
        return Horizon(1, bars_per_day, RISKMETRICS, window, min(window, LEAST_BARS))
    return _of_a_day(window, limits.risk_window_h, (limits.var_confidence, limits.es_confidence), bars_per_day)


@lru_cache(maxsize=8)
def _of_a_day(bars: int, hours: float, confidences: tuple[float, float], bars_per_day: float) -> Horizon:
    """`horizon_of` for `day`. It is cached, because each rule of the gate asks for it."""
    per_hour = bars_per_day / _DAY_H
    size = max(1, round(STEP_H * per_hour))
    window = max(bars, round(hours * per_hour))
    least = max(LEAST_BARS, *(steps_needed(confidence) for confidence in confidences))
    memory = Memory(0.5 ** (size / per_hour / HALF_LIFE_H), FALLS, floored=True)
    return Horizon(size, bars_per_day / size, memory, window, min(window // size, least) * size)


def steps_needed(confidence: float) -> int:
    """The smallest sample with a quantile of the right coverage [steps]: 99 at 99 %.

    The next of n + 1 exchangeable returns is below the smallest of the n before it with probability 1 / (n + 1), so n must be at
    least 1 / (1 - confidence) - 1. `confidence` in (0.5, 1).
    """
    return math.ceil(1.0 / (1.0 - confidence) - 1.0 - 1e-9)


def one_day_var(steps: Floats, limits: RiskLimits, horizon: Horizon) -> float:
    """One-day VaR [loss as a simple return] by the estimator of `limits`.

    `steps`: shape (n,), float64 [simple return], oldest first: what `Horizon.steps` gives. Raises ValueError as `estimate_var`.
    """
    value = estimate_var(steps, method=limits.var_method, confidence=limits.var_confidence, memory=horizon.memory)
    return scale_to_horizon(value, horizon.steps_per_day)


def one_day_es(steps: Floats, limits: RiskLimits, horizon: Horizon) -> float:
    """One-day expected shortfall [loss as a simple return], as `one_day_var`.

    `steps`: shape (n,), float64 [simple return], oldest first. Raises ValueError as `estimate_es`.
    """
    value = estimate_es(steps, method=limits.var_method, confidence=limits.es_confidence, memory=horizon.memory)
    return scale_to_horizon(value, horizon.steps_per_day)


class DayTail(NamedTuple):
    """A tail of one day as a function of series: `one_day_var` or `one_day_es` of each of a few series, bit for bit.

    `estimate`, `method` and `confidence`: of the tail; see `risk.measures.estimators`.
    """

    estimate: Callable[..., list[float]]
    method: VarMethod
    confidence: float
    horizon: Horizon

    def of(self, rows: Floats) -> list[float]:
        """The tail of each series [loss as a simple return].

        `rows`: shape (m, n), float64 [simple return], oldest first. Raises ValueError as `estimate_var` does.
        """
        values = self.estimate(rows, method=self.method, confidence=self.confidence, memory=self.horizon.memory)
        return [scale_to_horizon(value, self.horizon.steps_per_day) for value in values]


def day_var(limits: RiskLimits, horizon: Horizon) -> DayTail:
    """One-day VaR by the estimator of `limits`."""
    return DayTail(estimate_vars, limits.var_method, limits.var_confidence, horizon)


def day_es(limits: RiskLimits, horizon: Horizon) -> DayTail:
    """One-day expected shortfall, as `day_var`."""
    return DayTail(estimate_ess, limits.var_method, limits.es_confidence, horizon)
