"""Where a policy left its base in a run, and what a purchase was worth there.

Each case of the run has an outcome: a purchase of it, to its stop, its target or its horizon (`agents.memory.outcomes`). What a
departure brought is the difference of the two multipliers times that return, so it needs no size: more of a gain or less of a
loss is above zero. It says what the opinion was worth, whether or not it was followed. Reviews of positions are not cases, so
they are not here. A few dozen cases prove nothing; `tribunal evaluate` is what judges.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence.rulings.hearings import HearingRun
from rl.features import schema_of_rows

LEAST = 0.01
"""A smaller difference of the multipliers is the base itself."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a policy said of one case: its multiplier and that of its base, at most what its market allows
    [dimensionless], what it saw [daily fraction, fraction,
    probability], the return of a purchase net of fees [bps], and why its base stood in. None where a figure is missing."""

    as_of_utc: datetime
    symbol: str
    advised: float
    base: float
    volatility: float | None
    drawdown: float | None
    conviction: float | None
    return_bps: float | None
    fallback: str | None

    @property
    def departure(self) -> float:
        """Its multiplier less that of its base [dimensionless]."""
        return self.advised - self.base

    @property
    def brought_bps(self) -> float | None:
        """What the departure brought, of a whole position [bps]."""
        return None if self.return_bps is None else self.departure * self.return_bps


@dataclass(frozen=True, slots=True)
class Side:
    """The cases in which a policy took more than its base, less, or the same: their number, how many of them have an outcome, the
    mean departure [dimensionless], and the means of a purchase's return and of what the departure brought [bps]; None without."""

    name: str
    cases: int
    settled: int
    departure: float | None
    return_bps: float | None
    brought_bps: float | None


def opinions(run: HearingRun) -> tuple[Opinion, ...]:
    """What a policy said of each case of a run; nothing if none was asked."""
    found = []
    for heard in run.hearings:
        said, case = heard.hearing.adjustment, heard.hearing.case
        seen = said.observation
        if said.advised is None or said.base is None or seen is None:
            continue
        found.append(
            Opinion(
                as_of_utc=case.as_of_utc,
                symbol=case.symbol,
                advised=said.advised,
                base=min(said.base, schema_of_rows(seen.row()).most),
                volatility=seen.volatility,
                drawdown=seen.drawdown,
                conviction=seen.conviction if seen.calibrated is None else seen.calibrated,
                return_bps=None if heard.outcome is None else heard.outcome.return_bps,
                fallback=said.fallback,
            )
        )
    return tuple(found)


def sides(said: Sequence[Opinion]) -> tuple[Side, ...]:
    """The opinions on each side of the base."""
    return (
        _side("more than its base", [each for each in said if each.departure >= LEAST]),
        _side("less than its base", [each for each in said if each.departure <= -LEAST]),
        _side("as its base", [each for each in said if abs(each.departure) < LEAST]),
    )


def _side(name: str, said: Sequence[Opinion]) -> Side:
    return Side(
        name=name,
        cases=len(said),
        settled=sum(each.return_bps is not None for each in said),
        departure=_mean(each.departure for each in said),
        return_bps=_mean(each.return_bps for each in said),
        brought_bps=_mean(each.brought_bps for each in said),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
