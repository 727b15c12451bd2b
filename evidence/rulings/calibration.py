"""Compares the convictions of each speaker with the outcomes and fits the calibration map.

A map always looks good on the outcomes to which it was fitted. So use `later`: it fits a map on the earlier half, with only those
outcomes that were known when the later half began, and scores it on the later half.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agents.court.hearing import Hearing
from agents.memory.outcomes import CaseOutcome
from config.errors import UsageFault
from config.frozen import Frozen, absent
from evidence.rulings.hearings import HearingRun
from evidence.rulings.statements import TOGETHER, horizon_statements, statements
from evidence.statistics.reliability import Reliability, brier, measure
from market.timeframe import Timeframe
from risk.calibration import ANALYST, CalibrationMap, Calibrations, fit_calibration, map_of

Floats = NDArray[np.float64]


class Later(Frozen):
    """Brier scores on the later half of the outcomes (`n`): of the stated convictions, of those calibrated on the earlier half
    (`learned_from`), and of a constant forecast at the win rate of the earlier half."""

    n: int
    learned_from: int
    stated: float
    calibrated: float
    base_rate: float


class SpeakerCalibration(Frozen):
    """One speaker: the reliability of the convictions, and the map. `later` is None when there are too few to split."""

    speaker: str
    figures: Reliability
    map: CalibrationMap
    later: Later | None


class HorizonCalibration(Frozen):
    """One horizon of an analyst, or all of them together: the reliability of what was said. Sizing does not read it."""

    speaker: str
    horizon: str
    figures: Reliability


class Ended(Frozen):
    """How the cases of one side ended: at their target, at their stop, or neither, and their mean return after fees [bps]."""

    cases: int
    targets: int
    stops: int
    neither: int
    mean_return_bps: float


class CalibrationReport(Frozen):
    """All speakers of some runs. `pending`: hearings without an outcome, because their tape ended first."""

    runs: tuple[str, ...]
    horizon_bars: int
    shrink_k: float
    hearings: int
    pending: int
    targets: int
    stops: int
    neither: int
    mean_return_bps: float
    calibrations: Calibrations
    speakers: tuple[SpeakerCalibration, ...]
    horizons: tuple[HorizonCalibration, ...] = ()
    shorts: Ended | None = Field(default=None, exclude_if=absent)
    """How the short sales among them ended; None if there were none."""


class _Stated(NamedTuple):
    stated: float
    outcome: CaseOutcome


def calibrate(runs: Sequence[HearingRun], shrink_k: float) -> CalibrationReport:
    """Figures and maps over the runs together. Raises UsageFault where no outcome is known or `shrink_k` is not above 0."""
    if not 0 < shrink_k < inf:
        raise UsageFault(f"--shrink must be a number above 0, not {shrink_k}. Nothing was computed.")
    outcomes = [outcome for run in runs for _, outcome in run.settled]
    if not outcomes:
        raise UsageFault(
            "No hearing of these runs has an outcome: their tapes ended first, or nothing was heard. Nothing was computed. "
            "Give longer runs, or a shorter horizon with --bars."
        )
    speakers = tuple(_speaker(name, said, shrink_k) for name, said in _said(runs).items())
    labels = [outcome.label for outcome in outcomes]
    heard = sum(len(run.hearings) for run in runs)
    names, horizon = tuple(run.run for run in runs), runs[0].barriers.horizon_bars
    return CalibrationReport(
        runs=names,
        horizon_bars=horizon,
        shrink_k=shrink_k,
        hearings=heard,
        pending=heard - len(outcomes),
        targets=labels.count(1),
        stops=labels.count(-1),
        neither=labels.count(0),
        mean_return_bps=float(np.mean([outcome.return_bps for outcome in outcomes])),
        calibrations=Calibrations(
            horizon_bars=horizon,
            runs=names,
            known_until_utc=max(outcome.known_at_utc for outcome in outcomes),
            speakers={found.speaker: found.map for found in speakers},
        ),
        speakers=speakers,
        horizons=_horizons(runs),
        shorts=_ended([outcome for run in runs for heard, outcome in run.settled if heard.case.proposal.is_short]),
    )


def _ended(outcomes: Sequence[CaseOutcome]) -> Ended | None:
    if not outcomes:
        return None
    labels = [outcome.label for outcome in outcomes]
    return Ended(
        cases=len(outcomes),
        targets=labels.count(1),
        stops=labels.count(-1),
        neither=labels.count(0),
        mean_return_bps=float(np.mean([outcome.return_bps for outcome in outcomes])),
    )


def _horizons(runs: Sequence[HearingRun]) -> tuple[HorizonCalibration, ...]:
    """What each analyst's horizons have been worth, together first, then from the shortest on."""
    found: dict[tuple[str, str], list[_Stated]] = defaultdict(list)
    for run in runs:
        for hearing, outcome in run.settled:
            for horizon, stated in horizon_statements(hearing).items():
                found[_analyst(hearing), horizon].append(_Stated(stated, outcome))
    order = (TOGETHER, *map(str, Timeframe))
    return tuple(
        HorizonCalibration(speaker=speaker, horizon=horizon, figures=_measured(found[speaker, horizon]))
        for speaker, horizon in sorted(found, key=lambda each: (each[0], order.index(each[1])))
    )


def _analyst(hearing: Hearing) -> str:
    return map_of(f"{hearing.speaker('analyst')}/{ANALYST}", short=hearing.case.proposal.is_short)


def _said(runs: Sequence[HearingRun]) -> dict[str, list[_Stated]]:
    found: dict[str, list[_Stated]] = defaultdict(list)
    for run in runs:
        for hearing, outcome in run.settled:
            for speaker, stated in statements(hearing, run.barriers).items():
                found[speaker].append(_Stated(stated, outcome))
    return found


def _speaker(name: str, said: list[_Stated], shrink_k: float) -> SpeakerCalibration:
    stated, won = _columns(said)
    return SpeakerCalibration(
        speaker=name,
        figures=_measured(said),
        map=fit_calibration(stated, won, shrink_k),
        later=_later(said, shrink_k),
    )


def _measured(said: list[_Stated]) -> Reliability:
    return measure(*_columns(said), np.array([item.outcome.return_bps for item in said]))


def _later(said: list[_Stated], shrink_k: float) -> Later | None:
    split = _middle(sorted(item.outcome.as_of_utc for item in said))
    if split is None:
        return None
    earlier = [item for item in said if item.outcome.known_at_utc < split]
    later = [item for item in said if item.outcome.as_of_utc >= split]
    if not earlier or not later:
        return None
    learned = fit_calibration(*_columns(earlier), shrink_k)
    stated, won = _columns(later)
    base = np.full(len(later), np.mean([item.outcome.won for item in earlier]))
    return Later(
        n=len(later),
        learned_from=len(earlier),
        stated=brier(stated, won),
        calibrated=brier(np.array([learned.calibrated(value) for value in stated.tolist()]), won),
        base_rate=brier(base, won),
    )


def _middle(moments: list[datetime]) -> datetime | None:
    """The first moment of the later half; None for fewer than two different moments."""
    half = len(moments) // 2
    return next((later for before, later in pairwise(moments[max(half - 1, 0) :]) if later > before), None)


def _columns(said: list[_Stated]) -> tuple[Floats, NDArray[np.bool_]]:
    return np.array([item.stated for item in said]), np.array([item.outcome.won for item in said])
