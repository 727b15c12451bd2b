"""The tables of bars and votes that the compiled loop reads. What no account of a call can ask for is not measured, and its table
has no bars.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from execution.kernel.grid import Columns, Figures
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.reach import can_bind
from execution.kernel.margined.contracts import joined_contracts
from execution.kernel.records import Floats, Records, Small


class Tape(NamedTuple):
    """Bars of all grids one after the other, and what is said at each.

    `columns`: prices, states, frozen markets, moves and stale bars (`execution.kernel.bars.measured.show`). `returns`, `sums`,
    `seen` (k, n): returns, the sums of the latest of them [simple return], and how many there were [count]. `heard` (n,): the row
    of `says` (n_rows, k) of each bar. `more`: None on spot; marks, rates, starts and dues of perpetuals
    (`execution.kernel.margined.contracts`).
    """

    columns: tuple[Any, ...]
    returns: Floats
    sums: Floats
    seen: Small
    heard: Small
    says: Records
    more: tuple[Any, ...] | None


def tape_of(columns: Sequence[Columns], courses: Sequence[Course], asks: bool, heard: Small, says: Records) -> Tape:
    """The tape of these grids, for all courses that may be begun on it. `asks`: a policy will look at its accounts.

    `heard`, shape (n_bars,) [row]: which row of `says`, shape (n_rows, n_symbols), records of SAY [quote], holds what is said.
    """
    tailed = asks or any(map(can_bind, courses))
    measured = tailed or not all(each.whole and each.shape[1] == 1 for each in columns) or any(map(_brakes, courses))
    figures = [each.figures for each in columns] if measured else [_unmeasured(columns[0].shape[1])]
    returns, seen = _beside([each.returns for each in figures]), _beside([each.seen for each in figures])
    sums = _sums_of(returns, int(courses[0].rules.limits[0]["step"])) if tailed else returns[:, :0].copy()
    prices = _beside([each.prices for each in columns])
    below = [_below([getattr(each, name) for each in columns]) for name in ("state", "frozen")]
    below += [_below([getattr(each, name) for each in figures]) for name in ("sigma", "stale")]
    contracts = [each.contracts for each in columns if each.contracts is not None]
    more = joined_contracts(contracts).columns if contracts else None
    return Tape((prices, *below), returns, sums, seen, heard, says, more)


def _brakes(course: Course) -> bool:
    """Whether a large move may stop an account."""
    limits = course.rules.limits[0]
    return bool(limits["by_symbol"]) or float(limits["turbulence_sigma"]) < np.inf


def _unmeasured(k: int) -> Figures:
    return Figures(np.empty((k, 0)), np.empty((k, 0), np.int32), np.empty((0, k)), np.empty((0, k), np.int32))


def _below(tables: Sequence[Any]) -> Any:
    return tables[0] if len(tables) == 1 else np.concatenate(tables)


def _beside(tables: Sequence[Any]) -> Any:
    return tables[0] if len(tables) == 1 else np.concatenate(tables, axis=1)


def _sums_of(returns: Floats, step: int) -> Floats:
    """The sums of the latest `step` of k markets' returns, shape (k, n_bars) [fraction], as the returns.

    They are the lanes' own: a grid is shared by runs in other threads, which may have steps of another length.
    """
    from execution.kernel.loop import roll

    sums = np.empty_like(returns)
    roll(returns, sums, step)
    return sums
