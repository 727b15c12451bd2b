"""Accounts on perpetual courses side by side, as `execution.kernel.lanes.Lanes` has them on spot: the same questions, one by one.

They share bars, and nothing else. Nothing is compiled, so a decision costs milliseconds, where a compiled one costs microseconds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from execution.kernel.lanes.result import KernelResult
from execution.kernel.records import Floats, Ints
from rl.environment.contracts.account import Account
from rl.environment.contracts.course import ContractCourse
from rl.features import PERPETUAL

Mask = NDArray[np.bool_]


class ContractLanes:
    """L independent accounts, each on its own course. `advance` takes each to its next decision."""

    def __init__(self, courses: Sequence[ContractCourse], *, reviews: bool = False) -> None:
        """`reviews`: accounts also stop at each position by shares whose voters speak. Raises DataFault for no course, and for
        courses of other numbers of markets."""
        if len({len(course.grid.symbols) for course in courses}) != 1:
            raise DataFault(
                "Accounts side by side need a course each, with the same number of markets. Nothing was run. Give such courses."
            )
        self._reviews = reviews
        self._courses = list(courses)
        self._accounts = [Account(course, reviews=reviews) for course in courses]
        self._started = np.zeros(len(courses), dtype=np.bool_)

    def __len__(self) -> int:
        return len(self._accounts)

    @property
    def rows(self) -> Floats:
        """What a policy sees in each lane that asks: shape (L, len(PERPETUAL.columns)), float64; NaN where something is missing.

        Units are those of `rl.observation.Observation` [fraction, days, count].
        """
        made = np.full((len(self), len(PERPETUAL.columns)), np.nan)
        for lane, account in enumerate(self._accounts):
            if account.asked is not None:
                made[lane] = account.asked.seen
        return made

    @property
    def asking(self) -> Mask:
        """Whether each lane has stopped at a decision: shape (L,), bool."""
        return np.array([account.asked is not None for account in self._accounts])

    @property
    def reviewing(self) -> Mask:
        """Whether each lane has stopped at the review of a position by shares: shape (L,), bool."""
        return np.array([account.asked is not None and account.asked.review for account in self._accounts])

    @property
    def asked(self) -> Ints:
        """Row of the grid [bars] and number of the market [count] of each lane's decision: shape (L, 2), int64; where it asks
        nothing, the row after its last bar, and 0."""
        made = np.zeros((len(self), 2), dtype=np.int64)
        for lane, account in enumerate(self._accounts):
            told = account.asked
            made[lane] = (self._courses[lane].stretch[1], 0) if told is None else (told.row, told.market)
        return made

    @property
    def equity(self) -> Floats:
        """Equity at the last close of each lane: shape (L,), float64 [quote]."""
        return np.array([account.equity for account in self._accounts])

    @property
    def peak(self) -> Floats:
        """Highest equity of each lane at any close so far: shape (L,), float64 [quote]."""
        return np.array([account.peak for account in self._accounts])

    @property
    def traded(self) -> Floats:
        """Notional of all fills of each lane so far: shape (L,), float64 [quote]."""
        return np.array([account.traded for account in self._accounts])

    @property
    def bars(self) -> Ints:
        """How many bars of its course each lane has closed: shape (L,), int64 [bars]."""
        return np.array([account.bars for account in self._accounts], dtype=np.int64)

    def account(self, lane: int) -> Account:
        """The account of a lane."""
        return self._accounts[lane]

    def begin(self, lane: int, course: ContractCourse) -> None:
        """Start a new account in a lane. Raises DataFault for a course that is empty, or outside of its grid."""
        first, end = course.stretch
        if not 0 <= first < end <= len(course.grid) or not 0 <= course.delay <= first:
            raise DataFault(
                f"A course from bar {first} to {end}, whose votes are heard {course.delay} bars late, does not fit on "
                f"{len(course.grid)} bars. Nothing was begun."
            )
        self._courses[lane], self._accounts[lane] = course, Account(course, reviews=self._reviews)
        self._started[lane] = False

    def advance(self, multipliers: Floats | None = None, only: Mask | None = None) -> None:
        """Take each lane to its next decision, or to its end.

        `multipliers`, shape (L,), dimensionless: factors for what was asked, finite and at least 0; above 1 they are cut to 1.
        `only`, shape (L,), bool: the lanes that are taken on; None for all. Raises DataFault for other multipliers.
        """
        given = np.ones(len(self)) if multipliers is None else np.asarray(multipliers, dtype=np.float64)
        if given.shape != (len(self),) or not bool((np.isfinite(given) & (given >= 0.0))[self.asking].all()):
            raise DataFault(
                f"The multipliers are not {len(self)} numbers, finite and at least 0. No account was taken on. Give one for "
                "each, and 1 where the size should not change."
            )
        for lane, account in enumerate(self._accounts):
            if only is not None and not only[lane]:
                continue
            if not self._started[lane]:
                self._started[lane] = True
                account.go_on()
            elif account.asked is not None:
                account.go_on(min(PERPETUAL.most, float(given[lane])))

    def look(self, markets: Ints) -> Floats:
        """What a policy sees of one market in each lane at the last close, where nothing is proposed: shape
        (L, len(PERPETUAL.columns)), float64 [units of `rl.observation.Observation`].

        `markets`, shape (L,), int64: the number of the market [count]; -1 leaves a lane out, and its row is NaN.
        """
        made = np.full((len(self), len(PERPETUAL.columns)), np.nan)
        for lane, market in enumerate(np.asarray(markets).tolist()):
            if market >= 0:
                made[lane] = self._accounts[lane].look(market)
        return made

    def result(self, lane: int) -> KernelResult:
        """The result of a lane so far. Its bars are counted from the first of its course."""
        return self._accounts[lane].result()
