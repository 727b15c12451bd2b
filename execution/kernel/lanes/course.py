"""The courses of accounts, and the tables of bars and votes that they share, each of them once.

Courses of one call must have the same markets, calibration and steps of VaR; others are refused.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from execution.kernel.grid import Grid
from execution.kernel.lanes.votes import Votes, heard
from execution.kernel.records import Records
from execution.kernel.rules import Rules


class Course(NamedTuple):
    """The bars that one account trades: rows `first` to `end` of a grid, `end` not included. Default: its whole session.

    `delay`: how many bars late each vote is heard.
    """

    grid: Grid
    votes: Votes
    rules: Rules
    first: int | None = None
    end: int | None = None
    delay: int = 0

    @property
    def stretch(self) -> tuple[int, int]:
        """The row of its first bar, and the row after its last bar."""
        first = self.grid.first if self.first is None else self.first
        return first, len(self.grid) if self.end is None else self.end


class Joined(NamedTuple):
    """Tables that are joined one below the other, each part once. A single table is not copied."""

    parts: list[Any]
    begins: list[int]
    rows: NDArray[Any]

    def begin(self, part: Any) -> int:
        """The row at which a part begins. Raises DataFault for a part that is not in the table."""
        for known, begin in zip(self.parts, self.begins, strict=True):
            if known is part:
                return begin
        raise DataFault(
            "A course has bars or votes that were not given when the lanes were made. Nothing was started. Make the lanes with "
            "all bars and votes that they will need."
        )


def joined(tables: Sequence[tuple[Any, NDArray[Any]]]) -> Joined:
    """Tables one below the other, each of shape (n_rows, ...) [its own units]; one that is given twice is there once."""
    own = list({id(part): (part, rows) for part, rows in tables}.values())
    begins = np.cumsum([0, *(len(rows) for _, rows in own)])[:-1].tolist()
    return Joined(
        [part for part, _ in own], begins, own[0][1] if len(own) == 1 else np.concatenate([r for _, r in own])
    )


def fitting(course: Course, pattern: Course) -> Course:
    """The course. Raises DataFault if its bars, votes and rules are not for the same markets, or do not match the pattern."""
    markets, grid, known = len(course.rules.markets), course.grid, course.rules is pattern.rules
    if markets != len(grid.symbols):
        raise DataFault(
            f"There are rules for {markets} markets, and bars of {len(grid.symbols)}. Nothing was run. Give both for the same "
            "markets."
        )
    other = markets != len(pattern.rules.markets)
    if not known and (other or not np.array_equal(course.rules.points, pattern.rules.points)):
        raise DataFault(
            "All lanes of one call need the same number of markets and the same calibration. Nothing was run. Run the others in "
            "a separate call."
        )
    if not known and course.rules.limits[0]["step"] != pattern.rules.limits[0]["step"]:
        raise DataFault(
            "All lanes of one call need steps of one length for VaR. Nothing was run. Run those of another limits.var_horizon in "
            "a separate call."
        )
    if (grid.columns.contracts is not None) is not course.rules.perpetual:
        raise DataFault(
            "Bars and rules are not both of spot or both of perpetuals. Nothing was run. Give both for the same markets."
        )
    if course.votes.short is not None and not course.rules.perpetual:
        raise DataFault("Votes name short sales, and spot cannot be sold short. Nothing was run. Give none of them.")
    if course.votes.direction.shape != grid.columns.shape:
        raise DataFault(
            f"Votes have shape {course.votes.direction.shape}, and bars have shape {grid.columns.shape}. Nothing was run. "
            "Give one vote for each bar and market."
        )
    return course


def said(courses: Sequence[Course]) -> tuple[Joined, Records]:
    """The votes of all courses: which row holds those of each bar, shape (n_bars,) [row], and the rows, shape (n_rows, k)."""
    own = [
        (votes, *heard(votes, course.grid.columns.shape))
        for votes, course in {id(c.votes): (c.votes, c) for c in courses}.values()
    ]
    begins = np.cumsum([0, *(len(says) for _, _, says in own)], dtype=np.int32)
    rows = [
        (votes, own_rows + begin if begin else own_rows)
        for begin, (votes, own_rows, _) in zip(begins, own, strict=False)
    ]
    return joined(rows), own[0][2] if len(own) == 1 else np.concatenate([says for _, _, says in own])
