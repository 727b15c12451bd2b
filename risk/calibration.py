"""Calibration: a monotone map from a stated conviction to the probability that the target is reached before the stop.

The map is fitted by isotonic regression with pool-adjacent-violators (Ayer et al. 1955; Barlow et al. 1972). Each fitted level
with n outcomes is shrunk towards one half, p = 1/2 + n / (n + k) (rate - 1/2), so that two lucky outcomes at the top do not give
certainty. Then the levels are pooled once more, so that the map stays monotone. Short sales have maps of their own: what words on
purchases were worth never sizes a short. A map with outcomes later than the start of a
session is refused for that session, because it would use knowledge of the future (law 6).
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from config.errors import UsageFault
from config.frozen import Frozen, UtcTime, absent
from risk.proposal import Argument

SHRINK_K = 50.0
"""Number of outcomes at which a fitted rate has half its weight."""

Floats = NDArray[np.float64]


class CalibrationMap(Frozen):
    """Probabilities at rising convictions, both in [0, 1]. Linear between the points, constant beyond the ends.

    `n` is the number of outcomes behind the map. With `k` outcomes at one level, the distance of its rate to one half is
    halved.
    """

    points: tuple[tuple[float, float], ...]
    n: int = Field(ge=0)
    k: float = Field(gt=0)

    @model_validator(mode="after")
    def _monotone(self) -> Self:
        if any(not 0.0 <= value <= 1.0 for point in self.points for value in point):
            raise ValueError("convictions and probabilities must lie in [0, 1]")
        for (before, low), (after, high) in zip(self.points, self.points[1:], strict=False):
            if before >= after or low > high:
                raise ValueError("convictions must rise, and probabilities must not fall")
        if bool(self.points) != bool(self.n):
            raise ValueError("a map needs points if, and only if, it has outcomes")
        return self

    def calibrated(self, conviction: float) -> float:
        """Probability that the target is reached before the stop, for a conviction in [0, 1]; one half without outcomes.

        Raises ValueError for a conviction that is outside [0, 1] or not finite.
        """
        if not 0.0 <= conviction <= 1.0:
            raise ValueError(f"conviction must lie between 0 and 1, got {conviction}")
        if not self.points:
            return 0.5
        place = bisect_right(self.points, conviction, key=lambda point: point[0])
        if place in (0, len(self.points)):
            return self.points[min(place, len(self.points) - 1)][1]
        (x0, p0), (x1, p1) = self.points[place - 1], self.points[place]
        return min(p1, p0 + (p1 - p0) * (conviction - x0) / (x1 - x0))


class Worth(NamedTuple):
    """The upper bound of the win probability, and the reason for it as text."""

    probability: float
    note: str


class ShortMaps(Frozen):
    """The maps that size short sales: that of the voters, and those of analysts by speaker ("rules/analyst")."""

    voters: CalibrationMap = Field(description="the voters' map; without an outcome a conviction is worth one half")
    analysts: dict[str, CalibrationMap] = Field(default_factory=dict, description="the maps of analysts, by speaker")


class SizingMaps(Frozen):
    """The maps that sizing uses: that of the voters, and those of analysts by speaker ("rules/analyst")."""

    voters: CalibrationMap
    analysts: dict[str, CalibrationMap] = Field(default_factory=dict)
    shorts: ShortMaps | None = Field(
        default=None,
        exclude_if=absent,
        description="those of short sales; absent on spot, and in sessions from before 0.8, which read the others for them",
    )

    def worth(self, conviction: float, argument: Argument | None, *, short: bool = False) -> Worth:
        """The lower of the calibrated probabilities of the voters' conviction and of the analyst's belief, in a purchase or a
        `short` sale.

        Only the voters count when there is no analyst, or no map for this analyst. Raises ValueError for a conviction or
        belief outside [0, 1].
        """
        if short and self.shorts is not None:
            return SizingMaps(voters=self.shorts.voters, analysts=self.shorts.analysts).worth(conviction, argument)
        by_voters = self.voters.calibrated(conviction)
        note = f"the voters' {conviction:.2f} has been worth {by_voters:.1%}"
        if argument is None:
            return Worth(by_voters, note)
        if argument.speaker not in self.analysts:
            return Worth(by_voters, f"{note}; no map of {argument.speaker}")
        by_analyst = self.analysts[argument.speaker].calibrated(argument.belief)
        note = f"{note}, the {argument.belief:.2f} of {argument.speaker} {by_analyst:.1%}: the lower counts"
        return Worth(min(by_voters, by_analyst), note)


class Calibrations(Frozen):
    """Maps by speaker ("voters", "rules/analyst", of short sales "voters (short)"), the runs they come from, and the time when
    their last outcome was known."""

    format: Literal[1] = 1
    horizon_bars: int = Field(ge=1)
    runs: tuple[str, ...]
    known_until_utc: UtcTime
    speakers: dict[str, CalibrationMap]


def fit_calibration(stated: Floats, won: NDArray[np.bool_], k: float = SHRINK_K) -> CalibrationMap:
    """Fit the map from convictions to outcomes.

    `stated`, shape (n,), float64, in [0, 1] [dimensionless]: the convictions. `won`, shape (n,), bool: whether the target was
    reached before the stop. Raises ValueError for other shapes or ranges, or for `k` not above 0.
    """
    if stated.shape != won.shape or stated.ndim != 1:
        raise ValueError(f"convictions {stated.shape} and outcomes {won.shape} must be of one length")
    if not bool(((stated >= 0) & (stated <= 1)).all()):
        raise ValueError("convictions must lie between 0 and 1")
    levels, place = np.unique(stated, return_inverse=True)
    counts = np.bincount(place, minlength=len(levels)).astype(np.float64)
    means = np.bincount(place, weights=won, minlength=len(levels)) / np.maximum(counts, 1.0)
    rates = pool_adjacent_violators(means, counts)
    _, level = np.unique(rates, return_inverse=True)
    behind = np.bincount(level, weights=counts, minlength=len(levels))[level] if len(levels) else counts
    fitted = pool_adjacent_violators(0.5 + behind / (behind + k) * (rates - 0.5), counts)
    points = tuple(zip(levels.tolist(), fitted.tolist(), strict=True))
    return CalibrationMap(points=_corners(points), n=len(stated), k=k)


def pool_adjacent_violators(values: Floats, weights: Floats) -> Floats:
    """The non-decreasing sequence with the least weighted squared distance to `values`, shape (n,), float64.

    `values`, shape (n,), float64 [any unit, kept]; `weights`, shape (n,), float64, above 0 [dimensionless].
    """
    means: list[float] = []
    totals: list[float] = []
    sizes: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        means.append(value)
        totals.append(weight)
        sizes.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            mean, total, size = means.pop(), totals.pop(), sizes.pop()
            both = totals[-1] + total
            means[-1] = (means[-1] * totals[-1] + mean * total) / both
            totals[-1] = both
            sizes[-1] += size
    return np.repeat(np.array(means, dtype=np.float64), sizes)


def read_calibrations(path: Path, session_start: datetime) -> Calibrations:
    """Read the maps that `tribunal calibrate --out` wrote, for a session that starts at `session_start`.

    Raises UsageFault for a file of another kind, and for one with outcomes from after the start.
    """
    try:
        found = Calibrations.model_validate_json(path.read_bytes())
    except OSError as fault:
        raise UsageFault(f"The calibration {path} cannot be read ({fault.strerror}). Nothing was started.") from fault
    except ValidationError as fault:
        raise UsageFault(
            f"{path} is not a file that `tribunal calibrate RUN --out FILE` wrote. Nothing was started."
        ) from fault
    if found.known_until_utc > session_start:
        raise UsageFault(
            f"{path} has learned from outcomes up to {found.known_until_utc.isoformat()}, but the session starts before "
            "that, so the calibration would know its future. Nothing was started. Calibrate on earlier runs."
        )
    return found


def _corners(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """Only the first and last point of each run of equal values: the points between them add nothing."""
    last = len(points) - 1
    return tuple(
        point
        for place, point in enumerate(points)
        if place in (0, last) or not points[place - 1][1] == point[1] == points[place + 1][1]
    )


VOTERS = "voters"


ANALYST = "analyst"


def map_of(speaker: str, *, short: bool) -> str:
    """The name under which a speaker's words are measured: those on short sales apart."""
    return f"{speaker}{_SHORT}" if short else speaker


def maps_in(speakers: Mapping[str, CalibrationMap], *, short: bool) -> dict[str, CalibrationMap]:
    """The maps of one side in a file, by speaker."""
    return {name.removesuffix(_SHORT): known for name, known in speakers.items() if name.endswith(_SHORT) == short}


_SHORT = " (short)"
