"""Splits tapes by time into a training and a validation part, with a gap between them that no position reaches across.

The gap (purge and embargo in one) is at least the longest time that a position was held. What is read at the first bars of the
validation part, such as a volatility, may look back into the training part; what is learnt there may not look forward.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from config.errors import DataFault
from execution.kernel.lanes.result import KernelResult
from rl.action import Base
from rl.environment.episodes import play
from rl.environment.tape import PolicyTape

LEAST_TRAINING_DAYS, LEAST_VALIDATION_DAYS = 60.0, 20.0
_DAY_US = 86_400_000_000


class Parts(NamedTuple):
    """The two parts, and the gap between them [days]."""

    training: tuple[PolicyTape, ...]
    validation: tuple[PolicyTape, ...]
    gap_days: float


def split_by_time(
    tapes: Sequence[PolicyTape], share: float, least_gap_days: float = 0.0, most_gap_days: float | None = None
) -> Parts:
    """Both parts of tapes of the same time. `share`: the part of the time that validates, the latest [fraction].

    The gap is measured under the base that changes nothing, before the cut. Raises DataFault when a part becomes too short, and
    where there is no tape.
    """
    if not tapes:
        raise DataFault(
            "These bars are too few, or no voter votes for a market in them. Nothing was trained. Give more bars, or other "
            "voters."
        )
    begin, end = min(_begin(tape) for tape in tapes), max(_end(tape) for tape in tapes)
    cut = end - round((end - begin) * share)
    held = [_days_held(tape) for tape in _before(tapes, cut)]
    gap = max([least_gap_days, *held])
    gap = gap if most_gap_days is None else min(gap, max(least_gap_days, most_gap_days))
    training, validation = _before(tapes, cut - math.ceil(gap * _DAY_US)), _from(tapes, cut)
    trained = max((len(tape) / tape.bars_per_day for tape in training), default=0.0)
    judged = max((len(tape) / tape.bars_per_day for tape in validation), default=0.0)
    if trained < LEAST_TRAINING_DAYS or judged < LEAST_VALIDATION_DAYS:
        raise DataFault(
            f"These bars are too few: {trained:.0f} days to train and {judged:.0f} to validate are left beside a gap of "
            f"{gap:.0f} days, for which positions are held. Nothing was trained; {LEAST_TRAINING_DAYS:.0f} and "
            f"{LEAST_VALIDATION_DAYS:.0f} are needed. Give more bars, or another --validation."
        )
    return Parts(training, validation, gap)


def longest_held(result: KernelResult) -> int:
    """The longest time that a position of a run was open [bars]; one that is still open counts up to the last bar."""
    longest = 0
    for symbol in range(len(result.symbols)):
        fills = result.fills[result.fills["symbol"] == symbol]
        lots = np.cumsum(np.where(fills["buys"] == 1, fills["lots"], -fills["lots"]))
        opened: int | None = None
        for bar, held in zip(fills["bar"].tolist(), lots.tolist(), strict=True):
            opened = bar if opened is None else opened
            longest = max(longest, bar - opened)
            opened = None if held == 0 else opened
        if opened is not None:
            longest = max(longest, len(result.equity) - opened)
    return longest


def _days_held(tape: PolicyTape) -> float:
    alone = play([tape], lambda rows, features: Base().of(rows))
    return longest_held(alone.results[0]) / tape.bars_per_day


def _begin(tape: PolicyTape) -> int:
    columns = tape.course.grid.columns
    return columns.begin_us + tape.course.stretch[0] * columns.step_us


def _end(tape: PolicyTape) -> int:
    columns = tape.course.grid.columns
    return columns.begin_us + tape.course.stretch[1] * columns.step_us


def _row(tape: PolicyTape, at: int) -> int:
    """The first row that opens at or after a moment [microseconds since 1970 UTC], within the stretch."""
    columns, (first, end) = tape.course.grid.columns, tape.course.stretch
    return min(end, max(first, -((columns.begin_us - at) // columns.step_us)))


def _before(tapes: Sequence[PolicyTape], at: int) -> tuple[PolicyTape, ...]:
    cut = ((tape, tape.course.stretch[0], _row(tape, at)) for tape in tapes)
    return tuple(tape.slice(first, end) for tape, first, end in cut if end > first)


def _from(tapes: Sequence[PolicyTape], at: int) -> tuple[PolicyTape, ...]:
    cut = ((tape, _row(tape, at), tape.course.stretch[1]) for tape in tapes)
    return tuple(tape.slice(first, end) for tape, first, end in cut if end > first)
