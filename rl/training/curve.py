"""Learning curves: what the validation part said after each leg of each seed."""

from collections.abc import Sequence
from typing import NamedTuple

_BLOCKS = "▁▂▃▄▅▆▇█"


class LegReport(NamedTuple):
    """One point of a learning curve. `steps`: those so far; `more`: those since the last point.

    `gain`, `sharpe`, `ratio`, `departure`, `zero`: of `Judged`, on the validation part. `reward`: mean of a step, in training.
    `std`: of the action. `kept`: whether this is the best validation so far.
    """

    seed: int
    steps: int
    more: int
    gain: float
    sharpe: float
    ratio: float
    departure: float
    zero: float
    reward: float
    std: float
    kept: bool


class Curves:
    """The curves of all seeds as they grow."""

    def __init__(self, known: Sequence[LegReport] = ()) -> None:
        self._by_seed: dict[int, list[LegReport]] = {}
        for point in known:
            self.add(point)

    def add(self, point: LegReport) -> None:
        """Add one point."""
        self._by_seed.setdefault(point.seed, []).append(point)

    def means(self) -> list[float]:
        """The mean gain over seeds at each leg; a seed that has stopped keeps its last value."""
        longest = max((len(curve) for curve in self._by_seed.values()), default=0)
        columns = [[curve[min(at, len(curve) - 1)].gain for curve in self._by_seed.values()] for at in range(longest)]
        return [sum(column) / len(column) for column in columns]

    def told(self, width: int = 24) -> str:
        """The curve in words and blocks, for a line of progress."""
        means = self.means()
        if not means:
            return "validation follows"
        ratio = [curve[-1].ratio for curve in self._by_seed.values()]
        return (
            f"{sparkline(means[-width:])} validation Sharpe {means[-1]:+.2f} against the base, multiplier "
            f"{sum(ratio) / len(ratio):.2f} of it, seeds {len(self._by_seed)}"
        )


def sparkline(values: Sequence[float]) -> str:
    """The values as blocks, the lowest to the highest."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(_BLOCKS[min(len(_BLOCKS) - 1, int((value - low) / span * len(_BLOCKS)))] for value in values)
