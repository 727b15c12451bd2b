"""Runs rules on tapes side by side: the same proposals, bars and fills for all of them, and multipliers of each one's own.

Every pair of a rule and a tape is a lane of one call, so rules are paired bar by bar. A rule is given what is decided on
at once in its lanes, and where it lies on the grid: an arm with columns of its own looks them up there. At a review no court is
asked, so its columns are missing.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from execution.kernel.lanes.result import KernelResult
from execution.kernel.records import ABSENT, CLOSE, Records
from rl.environment.episodes import schema_of
from rl.environment.lanes import lanes_of, starting_cash
from rl.environment.tape import PolicyTape
from rl.features import COURT_COLUMNS, SCHEMAS, Schema, encode_features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEPLOYED, TRADED, FEES, DECISIONS, SMALL = range(1, 6)
RETURN = 0
FIGURES = 6
"""Columns of a day: its return, what was deployed at its close, what was traded and paid in fees [fractions of equity], decisions
in it, and how many of them left less than `SMALLEST` of the size [counts]."""
SMALLEST = 0.05


class Asked(NamedTuple):
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

    def part(self, kept: Any) -> "Asked":
        """Some of these decisions: a slice, a mask or numbers."""
        return Asked(*(column[kept] for column in self))

    @classmethod
    def joined(cls, parts: Iterable["Asked"]) -> "Asked":
        """Decisions one after the other."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class Rule(Protocol):
    """A rule."""

    def __call__(self, seen: Asked, /) -> Floats:
        """The multipliers of n decisions, shape (n,), float64, finite and at least 0, dimensionless."""
        ...


class Run(NamedTuple):
    """What one rule did on one tape: its decisions in order, and the multiplier of each, shape (n,), dimensionless."""

    result: KernelResult
    seen: Asked
    multipliers: Floats


def play_rules(tapes: Sequence[PolicyTape], rules: Sequence[Rule]) -> list[list[Run]]:
    """Run each rule on each tape; the runs of a rule in the order of `tapes`.

    Raises DataFault for tapes that do not fit together.
    """
    width, count = len(tapes), len(rules) * len(tapes)
    schema = schema_of(tapes)
    lanes = lanes_of([tape.course for _ in rules for tape in tapes], reviews=True)
    court, noted = _Courts(tapes), [(_none(), nothing_seen(schema), np.zeros(0))]
    lanes.advance()
    while bool((asking := lanes.asking).any()):
        at = np.flatnonzero(asking)
        asked, rows, of_rule, tape = lanes.asked[at], lanes.rows[at], at // width, at % width
        reviewed = lanes.reviewing[at]
        known = np.where(reviewed[:, None], np.nan, court.of(tape, asked[:, 0], asked[:, 1]))
        seen = Asked(rows, encode_features(rows, known), tape, asked[:, 0], asked[:, 1], reviewed)
        given, edges = np.ones(len(at)), np.searchsorted(of_rule, np.arange(len(rules) + 1))
        for number, rule in enumerate(rules):
            own = slice(int(edges[number]), int(edges[number + 1]))
            if own.start < own.stop:
                given[own] = np.minimum(rule(seen.part(own)), schema.most)
        factors = np.ones(count)
        factors[at] = given
        noted.append((at, seen, given))
        lanes.advance(factors, only=asking)
    runs = [Run(lanes.result(lane), *decided) for lane, decided in enumerate(_by_lane(noted, count))]
    return [runs[begin : begin + width] for begin in range(0, count, width)]


def _by_lane(noted: list[tuple[Ints, Asked, Floats]], count: int) -> Iterator[tuple[Asked, Floats]]:
    """The decisions of each lane in the order in which they were taken, and their multipliers."""
    lanes = np.concatenate([at for at, _, _ in noted])
    order = np.argsort(lanes, kind="stable")
    edges = np.searchsorted(lanes[order], np.arange(count + 1))
    seen = Asked.joined(seen for _, seen, _ in noted).part(order)
    given = np.concatenate([each for _, _, each in noted])[order]
    for lane in range(count):
        own = slice(int(edges[lane]), int(edges[lane + 1]))
        yield seen.part(own), given[own]


class _Courts:
    """The court columns of the tapes; parts of one tape share theirs."""

    def __init__(self, tapes: Sequence[PolicyTape]) -> None:
        known = {id(tape.court): tape.court for tape in tapes}
        self._columns = list(known.values())
        number = {name: n for n, name in enumerate(known)}
        self._of = np.array([number[id(tape.court)] for tape in tapes])

    def of(self, tapes: Ints, bars: Ints, markets: Ints) -> Floats:
        """What the court knew of n decisions, shape (n, len(COURT_COLUMNS))."""
        if len(self._columns) == 1:
            return np.asarray(self._columns[0][bars, markets])
        made, which = np.empty((len(bars), len(COURT_COLUMNS))), self._of[tapes]
        for number, columns in enumerate(self._columns):
            own = which == number
            made[own] = columns[bars[own], markets[own]]
        return made


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


def nothing_seen(schema: Schema) -> Asked:
    """No decisions, as wide as those of this schema."""
    rows, features = np.zeros((0, len(schema.columns))), np.zeros((0, len(schema.features)))
    return Asked(rows, features, _none(), _none(), _none(), np.zeros(0, dtype=np.bool_))


NOTHING_SEEN = nothing_seen(SCHEMAS[0])


def days_of(tape: PolicyTape, run: Run) -> Floats:
    """What a run did day by day: shape (n_days, FIGURES), float64, [fractions, counts] as FIGURES says.

    Bars after the last whole day are left out. Days are counted from the first bar of the tape, which should begin one.
    """
    course, result, step = tape.course, run.result, max(1, round(tape.bars_per_day))
    first, n = course.stretch[0], len(result.equity)
    days = n // step
    cash = starting_cash(course)
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
    """What is held at each close, long and short added up, shape (n_bars,) [quote]."""
    course, n = tape.course, len(result.equity)
    held = np.zeros((n, len(result.symbols)))
    fills = result.fills
    np.add.at(held, (fills["bar"], fills["symbol"]), np.where(fills["buys"] == 1, fills["lots"], -fills["lots"]))
    first = course.stretch[0]
    columns, own = course.grid.columns, slice(first, first + n)
    marks = _carried(np.where(columns.state[own] != ABSENT, columns.prices[CLOSE, own], np.nan))
    lots = course.rules.markets["lot"].sum(axis=-1)
    return np.asarray((np.abs(np.cumsum(held, axis=0)) * lots * marks).sum(axis=1))


def _carried(prices: Floats) -> Floats:
    """Prices with the last known one where there is none, shape (n_bars, k) [quote]; 0 before the first."""
    rows = np.where(np.isfinite(prices), np.arange(len(prices))[:, None], -1)
    last = np.maximum.accumulate(rows, axis=0)
    return np.where(last >= 0, np.take_along_axis(prices, np.maximum(last, 0), axis=0), 0.0)
