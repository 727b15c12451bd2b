"""The fast engine: one account on recorded bars, compiled. It does what the full engine does, bar for bar and fill for fill.

It is given what was said at each bar close (direction, conviction, what the court left of the size, ATR) and does the rest:
entries from the next bar's book, stop, target and trailing stop, exits, fees, and the whole gate with VaR, ES, correlation and
breakers. Prices are whole ticks and quantities whole lots, so fills are the same to the digit; `test_kernel_parity.py` holds both
engines against each other.

It has no journal, asks no model and explains nothing: what a sweep finds is run through the full engine before it is believed. It
refuses what it cannot reproduce (see `kernel_rules`), and votes that are none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from execution.kernel import records as w
from execution.kernel.grid import Grid
from execution.kernel.records import Flags, Floats, Ints, Record, Records
from execution.kernel.rules import Rules
from execution.observation import COLUMNS

P = TypeVar("P")
R = TypeVar("R")
Mask = NDArray[np.bool_]

_FIRST_FILLS = 4096
_MOST_TRADES = 16
"""Attempts that the orders of one symbol can make on one bar, each at every level: four at the open, three a sweep."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """What is said at each bar close, all of shape (n_bars, n_symbols); heard only where the bar is believed.

    `direction` 1 proposes a purchase, -1 closes what is held, 0 says nothing. `conviction` and `scale` in [0, 1]: the netted
    vote, and what court and policy left of the size. `atr` in quote units, NaN where unknown.
    """

    direction: Flags
    conviction: Floats
    scale: Floats
    atr: Floats


@dataclass(frozen=True, slots=True, eq=False)
class KernelResult:
    """What a run came to.

    `equity` (n_bars,): at each bar close from the session's first on, in quote units. `fills` (n_fills,), in order: records of
    `kernel_words.FILL`, their bars counted like `equity`. `refused` counts proposals by the first rule that refused them; the
    others of `proposed` were `signed`.
    """

    symbols: tuple[str, ...]
    equity: Floats
    fills: Records
    refused: dict[str, int]
    proposed: int
    signed: int


def simulate(grid: Grid, votes: Votes, rules: Rules) -> KernelResult:
    """Run one account over a grid. Raises DataFault for votes of another shape, or out of their ranges."""
    lanes = Lanes([Course(grid, votes, rules)], asks=False)
    lanes.advance()
    return lanes.result(0)


def sweep(
    grid: Grid,
    sets: Iterable[P],
    prepare: Callable[[P], tuple[Votes, Rules]],
    digest: Callable[[P, KernelResult], R],
    workers: int = 1,
) -> Iterator[R]:
    """Run many parameter sets on one grid, `workers` at a time; yields what `digest` makes of each, in order.

    Threads suffice: the compiled part runs without the interpreter's lock. Results are dropped once digested.
    """

    def run(parameters: P) -> R:
        votes, rules = prepare(parameters)
        return digest(parameters, simulate(grid, votes, rules))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        yield from pool.map(run, sets)


class Course(NamedTuple):
    """What one account lives through: bars `first` to before `end` of a grid, by row; its whole session by default."""

    grid: Grid
    votes: Votes
    rules: Rules
    first: int | None = None
    end: int | None = None

    @property
    def stretch(self) -> tuple[int, int]:
        """The rows of its first bar, and of that behind its last."""
        first = self.grid.first if self.first is None else self.first
        return first, len(self.grid) if self.end is None else self.end


class Lanes:
    """Accounts side by side, L of them, each on a course of its own: the same bars or others, from the same bar or another.

    `advance` takes each lane to its next proposal; `rows` shows what a policy sees of it; the next `advance` brings the policy's
    multipliers. Each lane has a record of all that the loop holds, and shares only bars and votes: many do what each would alone.
    """

    def __init__(self, courses: Sequence[Course], *, asks: bool = True) -> None:
        """`asks`: lanes stop at each proposal; otherwise every size stands as it was voted.

        Raises DataFault for no courses, for votes as `simulate` does, and for courses as `begin` does.
        """
        if not courses:
            raise DataFault("There is no course to run. Nothing was run: give one for each account.")
        self._asks = asks
        self._courses = list(courses)
        self._grids = _joined([(course.grid, course.grid.columns.bars) for course in courses])
        self._votes = _joined(list({id(each.votes): (each.votes, _checked(each)) for each in courses}.values()))
        columns = [grid.columns for grid in self._grids.parts]
        returns, seen = [each.returns for each in columns], [each.seen for each in columns]
        self._tape = (self._grids.rows, _beside(returns), _beside(seen), self._votes.rows)
        self._points = courses[0].rules.points
        self._markets = np.stack([_fitting(course, courses[0]).rules.markets for course in courses])
        self._limits = np.concatenate([course.rules.limits for course in courses])
        self._room = _MOST_TRADES * self._markets.shape[1] * int(self._markets["levels"].max())
        self._state = _blank(courses, self._room)
        for lane, course in enumerate(courses):
            self.begin(lane, course)

    def __len__(self) -> int:
        return len(self._courses)

    @property
    def rows(self) -> Floats:
        """What a policy sees in each lane that asks: shape (L, len(COLUMNS)), float64, as `execution.observation` says."""
        return self._state.rows

    @property
    def asking(self) -> Mask:
        """Which lanes stand at a proposal: shape (L,)."""
        return np.asarray(self._state.lanes["status"] == w.ASKING)

    @property
    def ended(self) -> Mask:
        """Which lanes have lived through their course: shape (L,)."""
        return np.asarray(self._state.lanes["status"] == w.ENDED)

    @property
    def asked(self) -> Ints:
        """What is asked about in each lane that asks, shape (L, 2): the bar, as a row of its grid, and the market's number."""
        lanes, last = self._state.lanes, self._state.docket.shape[1] - 1
        markets = self._state.docket[np.arange(len(self)), np.minimum(lanes["asked"], last)]
        return np.stack((lanes["bar"] - [self._grids.begin(course.grid) for course in self._courses], markets), axis=1)

    @property
    def equity(self) -> Floats:
        """Equity at the last close that each lane has lived through [quote units]: shape (L,)."""
        return self._state.lanes["equity"].copy()

    def begin(self, lane: int, course: Course) -> None:
        """Put a fresh account at the start of a course, which may have other rules than the one before.

        Raises DataFault for a grid or votes that the lanes were not made with, for a stretch that is empty, longer than all at
        first or outside the grid, and for rules of other markets, of deeper books, of a longer window or of another calibration.
        """
        _fitting(course, self._courses[0])
        (first, end), state, limits = course.stretch, self._state, course.rules.limits[0]
        begin, said = self._grids.begin(course.grid), self._votes.begin(course.votes)
        deeper = _MOST_TRADES * len(course.grid.symbols) * int(course.rules.markets["levels"].max()) > self._room
        if not 0 <= first < end <= len(course.grid) or end - first > state.equity.shape[1]:
            raise DataFault(
                f"A course from bar {first} to {end} does not fit on {len(course.grid)} bars, or is longer than the "
                f"{state.equity.shape[1]} that there is room for. Nothing was begun."
            )
        if deeper or limits["window"] > state.paper.shape[1]:
            raise DataFault(
                "The rules of a course have a deeper book or a longer window than those that the lanes were made with. Nothing "
                "was begun: make the lanes with the largest."
            )
        columns = course.grid.columns
        self._courses[lane], self._markets[lane], self._limits[lane] = course, course.rules.markets, limits
        state.lanes[lane], state.places[lane] = np.zeros((), w.LANE), np.zeros((), w.PLACE)
        state.places[lane]["symbol"] = np.arange(len(course.grid.symbols))
        state.accounts[lane] = _account(limits, columns.begin_us + first * columns.step_us, begin + first)
        for name, value in {
            "begin_us": columns.begin_us - begin * columns.step_us, "step_us": columns.step_us, "said": said - begin,
            "origin": begin + columns.origin, "first": begin + first, "bar": begin + first, "end": begin + end,
            "equity": limits["starting_cash"],
        }.items():  # fmt: skip
            state.lanes[lane][name] = value

    def advance(self, multipliers: Floats | None = None, until: int | None = None) -> None:
        """Take each lane to its next proposal, to the close of bar `until` - 1 of its course, or to its end: to what comes first.

        `multipliers`, shape (L,): what the policy makes of the sizes asked about, finite and at least 0; 1 lets them stand, and
        what is more than the caps allow is cut to them. Not read in lanes that do not ask. Raises DataFault for others.
        """
        from execution.kernel.loop import advance

        answers, bars = self._answers(multipliers), self._state.equity.shape[1] if until is None else until
        rules = (self._markets, self._limits, self._points)
        while advance(self._tape, *rules, self._state, answers, bars, self._room, self._asks):
            answers = np.where(self._state.lanes["status"] == w.CROWDED, 1.0, np.nan)
            fills = self._state.fills
            more = np.zeros((len(self), max(self._room, fills.shape[1])), dtype=w.FILL)
            self._state = self._state._replace(fills=np.concatenate((fills, more), axis=1))

    def look(self, markets: Ints) -> Floats:
        """What a policy sees of one market in each lane, at the last close: shape (L, len(COLUMNS)).

        `markets` (L,): their numbers. Nothing is proposed, so that direction and size are those of what is held or under way, and
        conviction and ruling are missing. Raises DataFault for a lane that has lived through no bar, and for other numbers.
        """
        from execution.kernel.loop import look

        lanes = self._state.lanes
        if bool((lanes["bar"] + self.asking <= lanes["first"]).any()):
            raise DataFault("A lane has lived through no bar yet, so that nothing can be seen. Advance it first.")
        given = np.asarray(markets, dtype=np.int64)
        if given.shape != (len(self),) or bool(((given < 0) | (given >= self._markets.shape[1])).any()):
            raise DataFault(
                f"Markets {given.tolist()} are not one of each of {len(self)} lanes. Nothing was looked at."
            )
        seen = np.empty_like(self._state.rows)
        look(self._tape, self._markets, self._limits, self._points, self._state._replace(rows=seen), given)
        return seen

    def result(self, lane: int) -> KernelResult:
        """What a lane has come to so far; its bars are counted from the first of its course."""
        at, account = self._state.lanes[lane], self._state.accounts[lane]
        lived = int(at["bar"] - at["first"]) + int(at["status"] == w.ASKING)
        fills = self._state.fills[lane, : int(account["fills"])].copy()
        fills["bar"] -= at["first"]
        return KernelResult(
            symbols=self._courses[lane].grid.symbols,
            equity=self._state.equity[lane, :lived],
            fills=fills,
            refused={code: int(number) for code, number in zip(w.RULES, account["refused"], strict=True) if number},
            proposed=int(account["proposed"]),
            signed=int(account["signed"]),
        )

    def _answers(self, multipliers: Floats | None) -> Floats:
        if multipliers is None:
            return np.ones(len(self))
        given, asking = np.asarray(multipliers, dtype=np.float64), self.asking
        if given.shape != (len(self),) or not bool((np.isfinite(given) & (given >= 0.0))[asking].all()):
            raise DataFault(
                f"The multipliers are not {len(self)} numbers, finite and at least 0. No lane was advanced: give one for each "
                "lane, 1 where the size shall stand."
            )
        return np.where(asking, given, 1.0)


class _State(NamedTuple):
    """What the compiled loop changes: L lanes, k markets; `paper` (4, window) is written before it is read."""

    lanes: Records
    accounts: Records
    places: Records
    paper: Floats
    docket: Ints
    multipliers: Floats
    fills: Records
    equity: Floats
    rows: Floats


class _Joined(NamedTuple):
    """Tables one below the other, each kind of part once; a single one is not copied."""

    parts: list[Any]
    begins: list[int]
    rows: Records

    def begin(self, part: Any) -> int:
        """The row at which a part begins. Raises DataFault for one that is not there."""
        for known, begin in zip(self.parts, self.begins, strict=True):
            if known is part:
                return begin
        raise DataFault("A course names bars or votes that the lanes were not made with. Nothing was begun.")


def _joined(tables: Sequence[tuple[Any, Records]]) -> _Joined:
    own = list({id(part): (part, rows) for part, rows in tables}.values())
    begins = np.cumsum([0, *(len(rows) for _, rows in own)])[:-1].tolist()
    return _Joined(
        [part for part, _ in own], begins, own[0][1] if len(own) == 1 else np.concatenate([r for _, r in own])
    )


def _beside(columns: Sequence[Any]) -> Any:
    return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)


def _fitting(course: Course, pattern: Course) -> Course:
    """The course. Raises DataFault where its bars, votes and rules are not for the same markets, or not like those beside it."""
    markets, grid = len(course.rules.markets), course.grid
    if markets != len(grid.symbols):
        raise DataFault(
            f"There are rules for {markets} markets and bars of {len(grid.symbols)}. Nothing was run: give both for the same."
        )
    if markets != len(pattern.rules.markets) or not np.array_equal(course.rules.points, pattern.rules.points):
        raise DataFault(
            "Lanes that run side by side need the same number of markets and the same calibration. Nothing was run: run the "
            "others apart."
        )
    if course.votes.direction.shape != grid.columns.bars.shape:
        raise DataFault(
            f"Votes of shape {course.votes.direction.shape} stand beside bars of shape {grid.columns.bars.shape}. Nothing "
            "was run."
        )
    return course


def _checked(course: Course) -> Records:
    shape, votes = course.grid.columns.bars.shape, course.votes
    given: dict[str, Flags | Floats] = {
        "direction": votes.direction,
        "conviction": votes.conviction,
        "scale": votes.scale,
        "atr": votes.atr,
    }
    if any(column.shape != shape for column in given.values()):
        raise DataFault(
            f"Votes have shapes {[c.shape for c in given.values()]}, where {shape} belongs. Nothing was run."
        )
    within = all(bool(((part >= 0.0) & (part <= 1.0)).all()) for part in (votes.conviction, votes.scale))
    if not within or bool((abs(votes.direction) > 1).any()) or bool(((votes.atr < 0) | np.isinf(votes.atr)).any()):
        raise DataFault(
            "A vote is out of range: directions are -1, 0 or 1, convictions and scales lie in [0, 1], and an ATR is positive, or "
            "NaN where unknown. Nothing was run."
        )
    says = np.empty(shape, dtype=w.SAY)
    for name, column in given.items():
        says[name] = column
    return says


def _blank(courses: Sequence[Course], room: int) -> _State:
    """Room for all that these courses will hold."""
    count, k = len(courses), len(courses[0].grid.symbols)
    longest = max(max(1, end - first) for first, end in (course.stretch for course in courses))
    window = max(int(course.rules.limits[0]["window"]) for course in courses)
    return _State(
        lanes=np.zeros(count, dtype=w.LANE),
        accounts=np.zeros(count, dtype=w.ACCOUNT),
        places=np.zeros((count, k), dtype=w.PLACE),
        paper=np.empty((4, window), dtype=np.float64),
        docket=np.zeros((count, k), dtype=np.int64),
        multipliers=np.ones((count, k), dtype=np.float64),
        fills=np.zeros((count, max(room, _FIRST_FILLS // count)), dtype=w.FILL),
        equity=np.empty((count, longest), dtype=np.float64),
        rows=np.full((count, len(COLUMNS)), np.nan),
    )


def _account(limits: Record, start_us: int, first: int) -> Records:
    """An account that has not traded yet."""
    account = np.zeros((), dtype=w.ACCOUNT)
    account["cash"], account["bar"] = limits["cash"], first - 1
    account["cash_quote"] = account["peak"] = account["day_start"] = account["week_start"] = limits["starting_cash"]
    account["day"] = start_us // 86_400_000_000
    account["week"] = (account["day"] + w.MONDAY_TO_THURSDAY) // w.DAYS_A_WEEK
    return account
