"""The state of accounts that the compiled loop changes: tables with a row for each lane, and what lanes share."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from execution.kernel import records as w
from execution.kernel.lanes.course import Course
from execution.kernel.records import Floats, Ints, Record, Records
from execution.observation import COLUMNS

_FIRST_FILLS = 4096
_MOST_PAIRS = 2_000_000
"""Correlations that are kept [count]: 48 MB, of which a system gives what is written."""
_MOST_TRADES = 23
"""The most trades at one level that the orders of one symbol can make in one bar: four at the open, three in each sweep, of which
a perpetual has up to six, and a liquidation."""
_MEASURES = ("filtered", "window", "step", "var_tail", "es_tail", "decay", "falls", "floored", "day_bars")
"""Limits on which the figures of FACT depend."""


class State(NamedTuple):
    """The state that the compiled loop changes, for L lanes and k markets.

    `now` (k,), a bar of each market, and `paper` (4, window) are written before they are read. `facts` (n_styles, n_rows, k) has
    a table for each way of measuring; `pairs` (n_rows, k, k) is one for all of them.
    """

    lanes: Records
    accounts: Records
    places: Records
    now: Records
    paper: Floats
    facts: Records
    pairs: Records
    docket: Ints
    multipliers: Floats
    fills: Records
    equity: Floats
    rows: Floats


def room_of(markets: Records) -> int:
    """The most fills that one bar can bring [count]. `markets`, shape (..., k): records of RULE."""
    return int(_MOST_TRADES * markets.shape[-1] * markets["levels"].max())


def way_of(limits: Record) -> tuple[float, ...]:
    """All on which the figures of a market by itself depend. Lanes that measure alike share what is known of the bars."""
    return tuple(float(limits[name]) for name in _MEASURES)


def blank(courses: Sequence[Course], room: int, kept: int) -> State:
    """Empty state with enough room for these courses, and for what is known of `kept` bars."""
    count, k = len(courses), len(courses[0].grid.symbols)
    longest = max(max(1, end - first) for first, end in (course.stretch for course in courses))
    window = max(int(course.rules.limits[0]["window"]) for course in courses)
    return State(
        lanes=np.zeros(count, dtype=w.LANE),
        accounts=np.zeros(count, dtype=w.ACCOUNT),
        places=np.zeros((count, k), dtype=w.PLACE),
        now=np.zeros(k, dtype=w.BAR),
        paper=np.empty((4, window), dtype=np.float64),
        facts=np.zeros((0, kept, k), dtype=w.FACT),
        pairs=np.zeros((max(1, min(kept, _MOST_PAIRS // k**2)), k, k), dtype=w.PAIR),
        docket=np.zeros((count, k), dtype=np.int64),
        multipliers=np.ones((count, k), dtype=np.float64),
        fills=np.zeros((count, max(room, _FIRST_FILLS // count)), dtype=w.FILL),
        equity=np.empty((count, longest), dtype=np.float64),
        rows=np.full((count, len(COLUMNS)), np.nan),
    )


def wipe(state: State, lane: int) -> None:
    """Forget all that stands in a lane. Its bytes are written, since a record of many fields is copied field by field."""
    for table in (state.lanes, state.accounts, state.places):
        table[lane : lane + 1].view(np.uint8)[:] = 0


def open_account(account: Record, limits: Record, start_us: int, first: int) -> None:
    """Open an account that has not traded yet in a record of ACCOUNT that is nothing but zeros [quote]."""
    account["cash"], account["bar"] = limits["cash"], first - 1
    for name in ("cash_quote", "peak", "day_start", "week_start"):
        account[name] = limits["starting_cash"]
    day = start_us // w.US_A_DAY
    account["day"], account["week"] = day, (day + w.MONDAY_TO_THURSDAY) // w.DAYS_A_WEEK
