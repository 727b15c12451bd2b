"""Accounts side by side, which stop at each proposal, or at a bar that the caller names, and go on from there.

They share bars and votes, and nothing else: each gives the result that it would give alone.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault, UsageFault
from execution.kernel import records as w
from execution.kernel.lanes.course import Course, fitting, joined, said
from execution.kernel.lanes.reach import can_bind
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.state import blank, open_account, room_of, way_of, wipe
from execution.kernel.lanes.tape import tape_of
from execution.kernel.records import Floats, Ints, Record
from execution.kernel.rules import Rules

Mask = NDArray[np.bool_]


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
        self._both = True if courses[0].rules.perpetual else None
        if asks and self._both:
            raise UsageFault(
                "The fast engine shows a policy no short, no margin and no liquidation, and the markets are perpetuals. Nothing "
                "was run. Trade them with the account of a session."
            )
        self._courses = list(courses)
        known = [fitting(course, courses[0]) for course in (*courses, *also)]
        self._grids = joined([(course.grid, course.grid.columns.state) for course in known])
        self._begins = np.zeros(len(courses), dtype=np.int64)
        self._votes, says = said(known)
        self._tape_of = partial(
            tape_of, [grid.columns for grid in self._grids.parts], known, heard=self._votes.rows, says=says
        )
        self._tape = self._tape_of(asks=asks)
        self._points = courses[0].rules.points
        self._rules: list[Rules] = []
        self._rows, self._numbers = np.arange(len(courses)), np.arange(len(courses[0].grid.symbols))
        self._markets = np.zeros((0, *courses[0].rules.markets.shape), dtype=w.RULE)
        self._limits = np.zeros(0, dtype=w.LIMITS)
        self._room = max(room_of(course.rules.markets) for course in courses)
        self._state = blank(courses, self._room, len(self._grids.rows) if asks else 1)
        self._styles: list[tuple[float, ...]] = []
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
        lanes, docket = self._state.lanes, self._state.docket
        last, found = docket.shape[1] - 1, np.empty((len(self), 2), dtype=np.int64)
        np.subtract(lanes["bar"], self._begins, out=found[:, 0])
        found[:, 1] = docket[self._rows, np.minimum(lanes["asked"], last)] if last else docket[:, 0]
        return found

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
        number = next((n for n, known in enumerate(self._rules) if known is course.rules), w.NONE)
        fitting(course, self._courses[0] if number == w.NONE else course)
        (first, end), state, limits = course.stretch, self._state, course.rules.limits[0]
        begin, told = self._grids.begin(course.grid), self._votes.begin(course.votes)
        if not 0 <= first < end <= len(course.grid) or end - first > state.equity.shape[1]:
            raise DataFault(
                f"A course from bar {first} to {end} does not fit on {len(course.grid)} bars, or is longer than the "
                f"{state.equity.shape[1]} that there is room for. Nothing was begun."
            )
        if number == w.NONE and (room_of(course.rules.markets) > self._room or limits["window"] > state.paper.shape[1]):
            raise DataFault(
                "The rules of a course have a deeper book or a longer window than those that the lanes were made with. Nothing "
                "was begun: make the lanes with the largest."
            )
        if not 0 <= course.delay <= first:
            raise DataFault(
                f"A course hears its votes {course.delay} bars late and begins at bar {first}, before which there are fewer. "
                "Nothing was begun. Let it begin later."
            )
        if number == w.NONE:
            number = self._learn(course.rules)
            state = self._state
        columns = course.grid.columns
        self._courses[lane], self._begins[lane] = course, begin
        wipe(state, lane)
        places, account = state.places[lane], state.accounts[lane]
        places["symbol"], places["part"], places["side"] = self._numbers, 1.0, w.LONG
        open_account(account, limits, columns.begin_us + first * columns.step_us, begin + first)
        account["voters"] = course.votes.voters if limits["learns"] else 0
        rules = self._limits[number]
        rules["tailed"] = rules["tailed"] or (self._tape.sums.size > 0 and can_bind(course))
        at = state.lanes[lane]
        for name, value in {
            "begin_us": columns.begin_us - begin * columns.step_us, "step_us": columns.step_us,
            "said": told - begin - course.delay, "origin": begin + columns.origin, "first": begin + first,
            "bar": begin + first, "end": begin + end, "equity": limits["starting_cash"], "ruled": number,
        }.items():  # fmt: skip
            at[name] = value

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
        asks = (self._asks, self._reviews, self._both)
        while (found := advance(self._tape, *rules, self._state, answers, bars, self._room, *asks)) & w.NO_ROOM:
            answers = np.where(self._state.lanes["status"] == w.CROWDED, 1.0, np.nan)
            fills = self._state.fills
            more = np.zeros((len(self), max(self._room, fills.shape[1])), dtype=w.FILL)
            self._state = self._state._replace(fills=np.concatenate((fills, more), axis=1))
        if found & w.TOO_MANY_LOTS:
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

        if self._both:
            raise UsageFault(
                "What the fast engine shows a policy knows no shorts, and the markets are perpetuals. Nothing was read."
            )
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
        if not self._tape.sums.size:
            self._tape = self._tape_of(asks=True)
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

    def _learn(self, rules: Rules) -> int:
        """The number of rules that no lane had before. Lanes with the same ones share them: the processor keeps them at hand."""
        self._rules.append(rules)
        self._markets = np.concatenate((self._markets, rules.markets[None]))
        self._limits = np.concatenate((self._limits, rules.limits[:1]))
        self._limits[-1]["style"], self._limits[-1]["number"] = self._style(rules.limits[0]), len(self._rules) - 1
        self._limits[-1]["tailed"] = 0
        return len(self._rules) - 1

    def _style(self, limits: Record) -> int:
        """The number of a way of measuring, with a table of its own."""
        way = way_of(limits)
        if way not in self._styles:
            self._styles.append(way)
            known, number = self._state.facts, len(self._styles)
            facts = np.zeros((number, *known.shape[1:]), dtype=w.FACT)
            facts[: number - 1] = known
            self._state = self._state._replace(facts=facts)
        return self._styles.index(way)

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
