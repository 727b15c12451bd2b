"""The fast engine: compiled code that runs one account on recorded bars, with the same fills as the full engine.

Its input is the votes at each bar close: direction, conviction, the court's scale of the size, and ATR. It computes the rest:
entries from the next bar's book, stop, target and trailing stop, exits, fees, and the whole gate with VaR, ES, correlation and
breakers. Prices are whole ticks and quantities whole lots, so fills are the same to the digit; the parity tests compare both
engines.

It has no journal, asks no model and explains nothing, so what a sweep finds must be run through the full engine before it is
trusted. It refuses settings that it cannot reproduce (see `execution.kernel.rules`), and votes that are out of range.
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
from execution.kernel.records import Flags, Floats, Ints, Record, Records, Small
from execution.kernel.rules import Rules
from execution.observation import COLUMNS

P = TypeVar("P")
R = TypeVar("R")
Mask = NDArray[np.bool_]

_FIRST_FILLS = 4096
_MOST_TRADES = 16
"""The most trades at one level that the orders of one symbol can make in one bar: four at the open, and three in each sweep."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """The votes at each bar close, all of shape (n_bars, n_symbols). They count only where the bar is believed.

    `direction`: 1 proposes a purchase, -1 closes the position, 0 does neither. `conviction` in [0, 1]: strength of the netted
    vote. `scale` in [0, 1]: the factor that court and policy apply to the size. `atr` in quote units, NaN where unknown. `cast`,
    if given, has a bit for each voter that votes for a purchase, whatever the others say: its record is kept. Without it, all
    purchases are those of one voter.

    `exposure` in [0, 1] and `exit_price` [quote], if given: the share that position voters want, and their own exit; NaN where
    none speaks. `sharing` and `out`, which belong to `cast`: a bit for each voter that wants a share, and that votes for a sale.
    """

    direction: Flags
    conviction: Floats
    scale: Floats
    atr: Floats
    cast: NDArray[np.int32] | None = None
    exposure: Floats | None = None
    exit_price: Floats | None = None
    sharing: NDArray[np.int32] | None = None
    out: NDArray[np.int32] | None = None

    @property
    def voters(self) -> int:
        """How many voters have a record."""
        return 1 if self.cast is None else int(self.cast.max(initial=0)).bit_length()


@dataclass(frozen=True, slots=True, eq=False)
class KernelResult:
    """The result of a run.

    `equity` (n_bars,): at each bar close of the session, in quote units. `fills` (n_fills,), in order: records of
    `execution.kernel.records.FILL`; their bars are counted like those of `equity`. `refused` counts proposals by the first rule
    that refused them; all other proposals among `proposed` were `signed`.
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
    """Run many parameter sets on one grid, `workers` at a time; yields what `digest` returns for each, in order.

    Threads suffice, since the compiled part runs without the interpreter's lock. A result is dropped after its digest.
    """

    def run(parameters: P) -> R:
        votes, rules = prepare(parameters)
        return digest(parameters, simulate(grid, votes, rules))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        yield from pool.map(run, sets)


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


class Lanes:
    """L independent accounts, called lanes, each on its own course: any bars of the grids, from any first bar.

    `advance` takes each lane to its next proposal. `rows` gives what a policy sees of it. The next call of `advance` takes the
    policy's multipliers. Lanes share only bars and votes, so each gives the same result as it would alone.
    """

    def __init__(
        self, courses: Sequence[Course], *, asks: bool = True, reviews: bool = False, also: Sequence[Course] = ()
    ) -> None:
        """`asks`: lanes stop at each proposal; otherwise they run to the end, with the sizes of the votes.

        `reviews`, of lanes that ask: they also stop, before the proposals of a bar, at each position by shares whose voters speak
        and which no order is changing. The multiplier, up to 1, then scales the share that these want: the position is trimmed to
        it, or proposed to be enlarged, or kept within `court.resize_band`. `also`: courses on other grids and votes that a lane
        may `begin` later.

        Raises DataFault if there is no course, for votes that `simulate` refuses, and for courses that `begin` refuses.
        """
        if not courses:
            raise DataFault("There is no course to run. Nothing was run: give one for each account.")
        self._asks, self._reviews = asks, reviews
        self._courses = list(courses)
        known = [*courses, *also]
        self._grids = _joined([(course.grid, course.grid.columns.bars) for course in known])
        self._begins = np.zeros(len(courses), dtype=np.int64)
        self._votes, says = _said([_fitting(course, courses[0]) for course in known])
        columns = [grid.columns for grid in self._grids.parts]
        returns, seen = _beside([each.returns for each in columns]), _beside([each.seen for each in columns])
        sums = _sums(returns, int(courses[0].rules.limits[0]["step"]))
        self._tape = (self._grids.rows, returns, sums, seen, self._votes.rows, says)
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
        """What a policy sees in each lane that asks: shape (L, len(COLUMNS)), float64.

        Columns and units as in `rl.observation.Observation` [fraction, days, count]; NaN where something is missing.
        """
        return self._state.rows

    @property
    def asking(self) -> Mask:
        """Whether each lane has stopped at a proposal or a review: shape (L,), bool."""
        return np.asarray(self._state.lanes["status"] == w.ASKING)

    @property
    def reviewing(self) -> Mask:
        """Whether each lane has stopped at the review of a position by shares: shape (L,), bool."""
        return np.asarray(self._state.lanes["reviewing"] == 1)

    @property
    def ended(self) -> Mask:
        """Whether each lane has reached the end of its course: shape (L,), bool."""
        return np.asarray(self._state.lanes["status"] == w.ENDED)

    @property
    def asked(self) -> Ints:
        """The proposal at which each lane has stopped: shape (L, 2), int64.

        Column 0 is the bar [row of the lane's grid], column 1 the market [number in the order of the symbols].
        """
        lanes, last = self._state.lanes, self._state.docket.shape[1] - 1
        markets = self._state.docket[np.arange(len(self)), np.minimum(lanes["asked"], last)]
        return np.stack((lanes["bar"] - self._begins, markets), axis=1)

    @property
    def equity(self) -> Floats:
        """Equity at the last close of each lane: shape (L,), float64 [quote]."""
        return self._state.lanes["equity"].copy()

    @property
    def peak(self) -> Floats:
        """Highest equity of each lane at any close so far: shape (L,), float64 [quote]."""
        return self._state.accounts["peak"].copy()

    @property
    def traded(self) -> Floats:
        """Notional of all fills of each lane so far: shape (L,), float64 [quote]."""
        return self._state.accounts["traded"].copy()

    @property
    def bars(self) -> Ints:
        """How many bars of its course each lane has closed: shape (L,), int64 [bars]."""
        lanes = self._state.lanes
        return np.asarray(lanes["bar"] - lanes["first"] + self.asking)

    def begin(self, lane: int, course: Course) -> None:
        """Start a new account in a lane, at the first bar of a course. The course may have other rules than the one before.

        Raises DataFault for a grid or votes that were not given when the lanes were made; for a course that is empty, outside the
        grid, or longer than every course at that time; and for rules of other markets, deeper books, a longer window or another
        calibration.
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
        if not 0 <= course.delay <= first:
            raise DataFault(
                f"A course hears its votes {course.delay} bars late and begins at bar {first}, before which there are fewer. "
                "Nothing was begun. Let it begin later."
            )
        columns = course.grid.columns
        self._courses[lane], self._markets[lane], self._limits[lane] = course, course.rules.markets, limits
        self._begins[lane] = begin
        state.lanes[lane], state.places[lane] = np.zeros((), w.LANE), np.zeros((), w.PLACE)
        state.places[lane]["symbol"], state.places[lane]["part"] = np.arange(len(course.grid.symbols)), 1.0
        state.accounts[lane] = _account(limits, columns.begin_us + first * columns.step_us, begin + first)
        state.accounts[lane]["voters"] = course.votes.voters if limits["learns"] else 0
        for name, value in {
            "begin_us": columns.begin_us - begin * columns.step_us, "step_us": columns.step_us,
            "said": said - begin - course.delay, "origin": begin + columns.origin, "first": begin + first,
            "bar": begin + first, "end": begin + end, "equity": limits["starting_cash"],
        }.items():  # fmt: skip
            state.lanes[lane][name] = value

    def advance(self, multipliers: Floats | None = None, until: int | None = None, only: Mask | None = None) -> None:
        """Take each lane to its next proposal, to the close of bar `until` - 1 of its course, or to its end, whichever is first.

        `multipliers`, shape (L,), dimensionless: the policy's factors for the proposed sizes, finite and at least 0. With 1 a
        size stays as it is; a size above the caps is cut to them. They are not read in lanes that have not stopped at a
        proposal. `only`, shape (L,), bool: the lanes that are taken on; None for all of them. Raises DataFault for multipliers of
        another shape, and for values out of range.
        """
        from execution.kernel.loop import advance

        answers, bars = self._answers(multipliers), self._state.equity.shape[1] if until is None else until
        rules = (self._markets, self._limits, self._points)
        answers = answers if only is None else np.where(only, answers, np.nan)
        while advance(self._tape, *rules, self._state, answers, bars, self._room, self._asks, self._reviews):
            answers = np.where(self._state.lanes["status"] == w.CROWDED, 1.0, np.nan)
            fills = self._state.fills
            more = np.zeros((len(self), max(self._room, fills.shape[1])), dtype=w.FILL)
            self._state = self._state._replace(fills=np.concatenate((fills, more), axis=1))
        if bool(self._state.accounts["overfull"].any()):
            raise DataFault(
                "A position was bought in more parts than the fast engine keeps. Its result is not given. Use a wider "
                "court.resize_band, or the full engine."
            )

    def look(self, markets: Ints) -> Floats:
        """What a policy sees of one market in each lane, at the last close: shape (L, len(COLUMNS)), float64.

        Columns and units as in `rows` [fraction, days, count]. `markets`, shape (L,), int64: the number of the market in each
        lane; -1 leaves a lane out, and its row is NaN. Nothing is proposed, so direction and size are those of the position or
        the entry under way, and conviction and ruling are missing. Raises DataFault if a lane has not closed a bar yet, and for
        numbers that are no market's.
        """
        from execution.kernel.loop import look

        lanes = self._state.lanes
        given = np.asarray(markets, dtype=np.int64)
        if bool(((lanes["bar"] + self.asking <= lanes["first"]) & (given != w.NONE)).any()):
            raise DataFault(
                "A lane has not closed a bar yet, so there is nothing to see. Nothing was read. Call advance first."
            )
        if given.shape != (len(self),) or bool(((given < w.NONE) | (given >= self._markets.shape[1])).any()):
            raise DataFault(
                f"Markets {given.tolist()} do not name one market for each of {len(self)} lanes. Nothing was read. Give one "
                f"number from 0 to {self._markets.shape[1] - 1} for each lane, or -1 for none."
            )
        seen = np.full_like(self._state.rows, np.nan)
        look(self._tape, self._markets, self._limits, self._points, self._state._replace(rows=seen), given)
        return seen

    def result(self, lane: int) -> KernelResult:
        """The result of a lane so far. Its bars are counted from the first of its course."""
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
                f"The multipliers are not {len(self)} numbers, finite and at least 0. No lane was advanced. Give one for each "
                "lane, and 1 where the size should not change."
            )
        return np.where(asking, given, 1.0)


class _State(NamedTuple):
    """The state that the compiled loop changes, for L lanes and k markets. `paper` (4, window) is written before it is read."""

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


def _joined(tables: Sequence[tuple[Any, NDArray[Any]]]) -> _Joined:
    own = list({id(part): (part, rows) for part, rows in tables}.values())
    begins = np.cumsum([0, *(len(rows) for _, rows in own)])[:-1].tolist()
    return _Joined(
        [part for part, _ in own], begins, own[0][1] if len(own) == 1 else np.concatenate([r for _, r in own])
    )


def _beside(columns: Sequence[Any]) -> Any:
    return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)


def _sums(returns: Floats, step: int) -> Floats:
    """The sums of the latest `step` of k markets' returns, shape (k, n_bars) [fraction], as the returns.

    They are the lanes' own: a grid is shared by runs in other threads, which may have steps of another length.
    """
    from execution.kernel.loop import roll

    sums = np.empty_like(returns)
    roll(returns, sums, step)
    return sums


def _fitting(course: Course, pattern: Course) -> Course:
    """The course. Raises DataFault if its bars, votes and rules are not for the same markets, or do not match the pattern."""
    markets, grid = len(course.rules.markets), course.grid
    if markets != len(grid.symbols):
        raise DataFault(
            f"There are rules for {markets} markets, and bars of {len(grid.symbols)}. Nothing was run. Give both for the same "
            "markets."
        )
    if markets != len(pattern.rules.markets) or not np.array_equal(course.rules.points, pattern.rules.points):
        raise DataFault(
            "All lanes of one call need the same number of markets and the same calibration. Nothing was run. Run the others in "
            "a separate call."
        )
    if course.rules.limits[0]["step"] != pattern.rules.limits[0]["step"]:
        raise DataFault(
            "All lanes of one call need steps of one length for VaR. Nothing was run. Run those of another limits.var_horizon in "
            "a separate call."
        )
    if course.votes.direction.shape != grid.columns.bars.shape:
        raise DataFault(
            f"Votes have shape {course.votes.direction.shape}, and bars have shape {grid.columns.bars.shape}. Nothing was run. "
            "Give one vote for each bar and market."
        )
    return course


def _said(courses: Sequence[Course]) -> tuple[_Joined, Records]:
    """The votes of all courses: which row holds those of each bar, and the rows."""
    own = [(votes, *_checked(course)) for votes, course in {id(c.votes): (c.votes, c) for c in courses}.values()]
    begins = np.cumsum([0, *(len(says) for _, _, says in own)], dtype=np.int32)
    heard = [(votes, rows + begin if begin else rows) for begin, (votes, rows, _) in zip(begins, own, strict=False)]
    return _joined(heard), own[0][2] if len(own) == 1 else np.concatenate([says for _, _, says in own])


def _checked(course: Course) -> tuple[Small, Records]:
    """Which row holds the votes of each bar, shape (n,), and the rows (n_rows, k): records of SAY; row 0 says nothing.

    Raises DataFault for votes of other shapes, and out of their ranges.
    """
    shape, votes = course.grid.columns.bars.shape, course.votes
    cast = (votes.direction > 0).view(np.int8) if votes.cast is None else votes.cast
    none = np.broadcast_to(np.nan, shape)
    exposure = none if votes.exposure is None else votes.exposure
    exit_price = none if votes.exit_price is None else np.where(np.isnan(exposure), np.nan, votes.exit_price)
    sharing = _sharing(votes, cast)
    out = (votes.direction < 0).view(np.int8) if votes.out is None else votes.out
    given: dict[str, NDArray[Any]] = {
        "cast": cast,
        "exposure": exposure,
        "exit": exit_price,
        "sharing": sharing,
        "out": out,
        "direction": votes.direction,
        "conviction": votes.conviction,
        "scale": votes.scale,
        "atr": votes.atr,
    }
    if any(column.shape != shape for column in given.values()):
        raise DataFault(
            f"Votes have shapes {[c.shape for c in given.values()]}, and all must have {shape}. Nothing was run."
        )
    direction, conviction = _told(votes.direction), _told(votes.conviction)
    scale, atr = _told(votes.scale), _told(votes.atr)
    within = all(bool(((part >= 0.0) & (part <= 1.0)).all()) for part in (conviction, scale))
    if not within or bool((abs(direction) > 1).any()) or bool(((atr < 0) | np.isinf(atr)).any()):
        raise DataFault(
            "A vote is out of range: directions are -1, 0 or 1, convictions and scales lie in [0, 1], and an ATR is positive, or "
            "NaN where unknown. Nothing was run."
        )
    if votes.exposure is not None and _is_odd(exposure, exit_price, votes.direction):
        raise DataFault(
            "A share or an exit is out of range: shares lie in [0, 1], that of a purchase is above 0, and an exit is a positive "
            "price; NaN stands for none. Nothing was run."
        )
    if int(cast.min(initial=0)) < 0 or votes.voters > w.MOST_VOTERS:
        raise DataFault(
            f"The fast engine keeps the records of {w.MOST_VOTERS} voters at most. Nothing was run. Leave some out, or use the "
            "full engine."
        )
    spoken = np.flatnonzero(((votes.direction != 0) | (cast != 0) | (out != 0)).any(axis=1))
    heard, says = np.zeros(len(cast), dtype=np.int32), np.zeros((len(spoken) + 1, shape[1]), dtype=w.SAY)
    heard[spoken] = np.arange(1, len(says), dtype=np.int32)
    for name, column in given.items():  # what goes with no vote is never read
        says[name][1:] = column[spoken]
    return heard, says


def _sharing(votes: Votes, cast: NDArray[Any]) -> NDArray[Any]:
    """Which voters want a share; none where no share is given."""
    if votes.sharing is not None:
        return votes.sharing
    if votes.exposure is None:
        return np.broadcast_to(np.int32(0), cast.shape)
    return np.where(np.isnan(votes.exposure), 0, cast).astype(np.int32)


def _is_odd(exposure: NDArray[Any], exit_price: NDArray[Any], direction: NDArray[Any]) -> bool:
    """Whether a share or an exit is out of its range."""
    odd = (exposure < 0.0) | (exposure > 1.0) | ((exposure == 0.0) & (direction > 0)) | (exit_price <= 0.0)
    return bool((odd | np.isinf(exit_price)).any())


def _told(column: NDArray[Any]) -> NDArray[Any]:
    """The column, or its first row where that is repeated for all bars."""
    return column if column.strides[0] else column[:1]


def _blank(courses: Sequence[Course], room: int) -> _State:
    """Empty state with enough room for these courses."""
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
