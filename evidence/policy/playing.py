"""Runs rules on tapes side by side: the same proposals, bars and fills for all of them, and multipliers of each one's own.

Every pair of a rule and a tape is a lane of one kernel call, so rules are paired bar by bar. A rule is given what is decided on
at once in its lanes, and where it lies on the grid: an arm with columns of its own looks them up there.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from execution.kernel.engine import KernelResult, Lanes
from execution.kernel.records import ABSENT, Records
from execution.observation import COLUMNS
from rl.features import COURT_COLUMNS, FEATURES, encode_features
from rl.tape import PolicyTape

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEPLOYED, TRADED, FEES, DECISIONS, SMALL = range(1, 6)
RETURN = 0
FIGURES = 6
"""Columns of a day: its return, what was deployed at its close, what was traded and paid in fees [fractions of equity], decisions
in it, and how many of them left less than `SMALLEST` of the size [counts]."""
SMALLEST = 0.05


class Seen(NamedTuple):
    """n decisions. `rows`, shape (n, len(COLUMNS)), `features`, shape (n, len(FEATURES)): float64, units of `rl.features`.
    `tapes`, `bars` [rows of the grid], `markets`, shape (n,), int64: where each lies. `reviewed`, shape (n,), bool: whether a
    position is reviewed, rather than a purchase proposed."""

    rows: Floats
    features: Floats
    tapes: Ints
    bars: Ints
    markets: Ints
    reviewed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)


Rule = Callable[[Seen], Floats]
"""Multipliers of n decisions, shape (n,), float64, finite and at least 0, dimensionless."""


class Run(NamedTuple):
    """What one rule did on one tape: its decisions in order, and the multiplier of each, shape (n,), dimensionless."""

    result: KernelResult
    seen: Seen
    multipliers: Floats


def play_rules(tapes: Sequence[PolicyTape], rules: Sequence[Rule]) -> list[list[Run]]:
    """Run each rule on each tape; the runs of a rule in the order of `tapes`.

    Raises DataFault for tapes that do not fit together.
    """
    width, count = len(tapes), len(rules) * len(tapes)
    lanes = Lanes([tape.course for _ in rules for tape in tapes], reviews=True)
    noted: list[list[tuple[Seen, Floats]]] = [[] for _ in rules]
    lanes.advance()
    while bool((asking := lanes.asking).any()):
        rows, asked, reviewing, factors = lanes.rows, lanes.asked, lanes.reviewing, np.ones(count)
        for number, rule in enumerate(rules):
            at = number * width + np.flatnonzero(asking[number * width : (number + 1) * width])
            if not len(at):
                continue
            seen = _seen(tapes, at - number * width, rows[at], asked[at], reviewing[at])
            factors[at] = rule(seen)
            noted[number].append((seen, factors[at]))
        lanes.advance(factors, only=asking)
    found = []
    for number, parts in enumerate(noted):
        seen, factors = _joined(parts)
        results = [lanes.result(number * width + tape) for tape in range(width)]
        found.append([_own(result, seen, factors, tape) for tape, result in enumerate(results)])
    return found


def _seen(tapes: Sequence[PolicyTape], at: Ints, rows: Floats, asked: Ints, reviewed: NDArray[np.bool_]) -> Seen:
    court = np.empty((len(at), len(COURT_COLUMNS)))
    for tape in np.unique(at).tolist():
        own = at == tape
        court[own] = tapes[tape].court_of(asked[own, 0], asked[own, 1])
    return Seen(rows, encode_features(rows, court), at, asked[:, 0], asked[:, 1], reviewed)


def _joined(parts: list[tuple[Seen, Floats]]) -> tuple[Seen, Floats]:
    if not parts:
        return NOTHING_SEEN, np.zeros(0)
    columns = zip(*(seen for seen, _ in parts), strict=True)
    return Seen(*(np.concatenate(column) for column in columns)), np.concatenate([factors for _, factors in parts])


def _own(result: KernelResult, seen: Seen, factors: Floats, tape: int) -> Run:
    own = seen.tapes == tape
    return Run(result, Seen(*(column[own] for column in seen)), factors[own])


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


NOTHING_SEEN = Seen(
    np.zeros((0, len(COLUMNS))), np.zeros((0, len(FEATURES))), _none(), _none(), _none(), np.zeros(0, dtype=np.bool_)
)


def days_of(tape: PolicyTape, run: Run) -> Floats:
    """What a run did day by day: shape (n_days, FIGURES), float64, units as FIGURES says.

    Bars after the last whole day are left out. Days are counted from the first bar of the tape, which should begin one.
    """
    course, result, step = tape.course, run.result, max(1, round(tape.bars_per_day))
    first, n = course.stretch[0], len(result.equity)
    days = n // step
    cash = float(course.rules.limits[0]["starting_cash"])
    equity = np.concatenate(([cash], result.equity[step - 1 :: step][:days]))
    made = np.zeros((days, FIGURES))
    made[:, RETURN] = equity[1:] / equity[:-1] - 1.0
    ends = np.arange(1, days + 1) * step - 1
    made[:, DEPLOYED] = _deployed(tape, result)[ends] / equity[1:]
    fills = result.fills
    markets, sold = course.rules.markets[fills["symbol"]], fills["bar"] // step
    whole = sold < days
    notional = fills["lots"] * markets["lot"].sum(axis=-1) * _prices(fills, markets)
    np.add.at(made[:, TRADED], sold[whole], notional[whole])
    np.add.at(made[:, FEES], sold[whole], fills["fee"][whole])
    made[:, (TRADED, FEES)] /= equity[:-1, None]
    decided = (run.seen.bars - first) // step
    whole = decided < days
    np.add.at(made[:, DECISIONS], decided[whole], 1.0)
    np.add.at(made[:, SMALL], decided[whole & (run.multipliers < SMALLEST)], 1.0)
    return made


def _prices(fills: Records, markets: Records) -> Floats:
    """The price of each fill [quote]."""
    return np.asarray(fills["ticks"] * markets["tick_whole"] / markets["tick_parts"])


def _deployed(tape: PolicyTape, result: KernelResult) -> Floats:
    """What is held at each close, shape (n_bars,) [quote]."""
    course, n = tape.course, len(result.equity)
    held = np.zeros((n, len(result.symbols)))
    fills = result.fills
    np.add.at(held, (fills["bar"], fills["symbol"]), np.where(fills["buys"] == 1, fills["lots"], -fills["lots"]))
    first = course.stretch[0]
    bars = course.grid.columns.bars[first : first + n]
    marks = _carried(np.where(bars["state"] != ABSENT, bars["close"], np.nan))
    lots = course.rules.markets["lot"].sum(axis=-1)
    return np.asarray((np.cumsum(held, axis=0) * lots * marks).sum(axis=1))


def _carried(prices: Floats) -> Floats:
    """Prices with the last known one where there is none, shape (n_bars, k) [quote]; 0 before the first."""
    rows = np.where(np.isfinite(prices), np.arange(len(prices))[:, None], -1)
    last = np.maximum.accumulate(rows, axis=0)
    return np.where(last >= 0, np.take_along_axis(prices, np.maximum(last, 0), axis=0), 0.0)
