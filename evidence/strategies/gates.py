"""The gates that a strategy must pass before it may trade on paper, each with a number and a limit.

An unknown number does not pass. Passing is necessary but not sufficient: the other tools in this folder test whether the results
are luck.
"""

import math
from typing import Literal

from config.frozen import Frozen
from config.sections.gates import GateSettings


class Gate(Frozen):
    """One gate: `number` must be above, or below, `limit`. `number` is None when it is not known."""

    name: Literal["sharpe", "max_drawdown", "trades"]
    number: float | None
    must_be: Literal["above", "below"]
    limit: float

    @property
    def passed(self) -> bool:
        """Whether the number is known and on the right side of the limit."""
        if self.number is None:
            return False
        return self.number > self.limit if self.must_be == "above" else self.number < self.limit


class Readiness(Frozen):
    """All gates of one backtest."""

    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether all gates are passed."""
        return all(gate.passed for gate in self.gates)


def readiness(*, sharpe: float | None, max_drawdown: float, trades: int, limits: GateSettings) -> Readiness:
    """Compare a backtest with the gates: annual Sharpe ratio, maximum drawdown (positive fraction), closed trades.

    A number that is not finite counts as unknown. Raises ValueError for a negative drawdown or count.
    """
    if max_drawdown < 0.0 or trades < 0:
        raise ValueError(f"drawdown and trades cannot be negative, got {max_drawdown} and {trades}")
    return Readiness(
        gates=(
            Gate(name="sharpe", number=_known(sharpe), must_be="above", limit=limits.min_sharpe),
            Gate(name="max_drawdown", number=_known(max_drawdown), must_be="below", limit=limits.max_drawdown),
            Gate(name="trades", number=float(trades), must_be="above", limit=float(limits.min_trades)),
        )
    )


def _known(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
