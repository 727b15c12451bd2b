"""Episodes of accounts: the accounting that both environments share, for any number of accounts at once.

    Episodes(tapes, lanes, base=..., reward=..., fill=..., draw=Draw(...), reviews=True)
        .begin(chance) -> observations             all accounts anew
        .step(actions) -> Turn                     one decision of each account
        .restart(ended, chance) -> observations    the accounts of these lanes anew
    play(tapes, act, reviews=True) -> Played       whole tapes, once, under any rule `act(rows, features) -> multipliers`
    survey(tapes, base) -> Survey(fill, unit)      means of the features and unit of the reward, from training tapes

A step is one decision: on a proposal, or at a daily review of a position by shares. Its reward is what the account does until its
next decision, so two decisions at one close are a step of no length. At a review no court is asked, so its columns are missing.
An episode is a stretch of a tape; its end is a time limit, never a failure: an account without equity only asks no more. Stops,
breakers, costs and the gate are the kernel's on spot, and on perpetuals the session's own, with margin, funding and liquidation
(`rl.environment.lanes`). Both are in the equity that a step is paid for.

Lanes are accounts of one market or of several: that is a matter of the tapes (`rl.environment.tape`), of which all have the
same number of markets. An episode draws its tape, its first bar, the rules with their costs (`PolicyTape.variants`), and how
many bars late the votes are heard. It draws no funding: that of perpetuals is on the tape.

It needs numpy and the kernel: no training library.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from execution.kernel.lanes.result import KernelResult
from execution.observation import COLUMNS
from rl.action import Base, multipliers
from rl.environment.lanes import AnyCourse, AnyLanes, lanes_of
from rl.environment.reward import Balance, Paid, Profit, Reward, Steps
from rl.environment.tape import PolicyTape
from rl.features import COURT_COLUMNS, SPOT, Floats, Schema, encode_features, filled, means_of

Mask = NDArray[np.bool_]
Singles = NDArray[np.float32]
Act = Callable[[Floats, Floats], Floats]

_ES = COLUMNS.index("es_headroom")
_MOST_DRAWS = 1_000
"""Stretches without a decision in a row, after which the tapes are called silent."""


class Draw(NamedTuple):
    """What an episode may draw: its length [bars], None for whole tapes; and how many bars late votes may be heard [bars]."""

    episode_bars: int | None = None
    most_delay_bars: int = 0


WHOLE = Draw()
"""Whole tapes, with votes that are heard at once."""


class Turn(NamedTuple):
    """What a step gave. `observations` (L, len(FEATURES)), those of ended lanes being their last; `ended` (L,); `paid` per
    lane."""

    observations: Singles
    ended: Mask
    paid: Paid


class Episodes:
    """Accounts that are decided on, step by step."""

    def __init__(
        self,
        tapes: Sequence[PolicyTape],
        lanes: int,
        *,
        base: Base,
        reward: Reward | None = None,
        fill: Floats | None = None,
        draw: Draw = WHOLE,
        reviews: bool = True,
    ) -> None:
        """`lanes`: accounts side by side. `fill`: what stands for missing features, shape (len(FEATURES),), float64, in their
        units: the means of training; zeros by default. Raises DataFault for no tape or lane, and for tapes that do not fit
        together."""
        if not tapes or lanes < 1 or (draw.episode_bars is not None and draw.episode_bars < 1):
            raise DataFault(
                f"{len(tapes)} tapes, {lanes} accounts and episodes of {draw.episode_bars} bars make no training. Nothing "
                "was run. Give at least one of each."
            )
        self.tapes, self.base = tuple(tapes), base
        self.schema = schema_of(tapes)
        width = len(self.schema.features)
        self._fill = np.zeros(width) if fill is None else np.asarray(fill, dtype=np.float64)
        self.balance = Balance()
        self._reward: Reward = Profit() if reward is None else reward
        self._draw = draw
        longest = max(self.tapes, key=self._length)
        first = longest.course.stretch[0]
        pattern = longest.course._replace(first=first, end=first + self._length(longest))
        self._lanes = lanes_of([pattern] * lanes, reviews=reviews, also=[tape.course for tape in self.tapes])
        self._court = _Courts(self.tapes)
        weights = np.array([len(tape) for tape in self.tapes], dtype=np.float64)
        self._share_of = np.cumsum(weights / weights.sum())
        self._share_of /= self._share_of[-1]
        self._tape = np.zeros(lanes, dtype=np.int64)
        self._delay = np.zeros(lanes, dtype=np.int64)
        self._memory = np.zeros((lanes, self._reward.width))
        self._begins = np.ones(lanes, dtype=np.bool_)
        self._per_day = np.array([tape.bars_per_day for tape in self.tapes])
        self._at = _Standing.of(self._lanes)
        self._base = np.ones(lanes)
        self._features = np.full((lanes, width), np.nan)
        self._seen = np.zeros((lanes, width), dtype=np.float32)
        self.markets = np.zeros(lanes, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def reviewing(self) -> Mask:
        """Whether each lane's decision is the review of a position by shares: shape (L,), bool."""
        return self._lanes.reviewing

    @property
    def features(self) -> Floats:
        """The features of each lane's decision, NaN where missing: shape (L, len(FEATURES)), float64 [units of `rl.features`]."""
        return self._features

    @property
    def base_multipliers(self) -> Floats:
        """The base multiplier of each lane's decision: shape (L,), float64, dimensionless."""
        return self._base.copy()

    @property
    def equity(self) -> Floats:
        """Equity of each lane at its last close: shape (L,), float64 [quote]."""
        return self._lanes.equity

    def result(self, lane: int) -> KernelResult:
        """Fills and equity of a lane's episode so far."""
        return self._lanes.result(lane)

    def begin(self, chance: np.random.Generator) -> Singles:
        """Start all accounts anew. Gives the observations of their first decisions: shape (L, len(FEATURES)), float32 [units of
        `rl.features`]. Raises DataFault if the tapes hold no decision."""
        self._memory[:] = 0.0
        return self.restart(np.ones(len(self), dtype=np.bool_), chance)

    def restart(self, ended: Mask, chance: np.random.Generator) -> Singles:
        """Start the accounts of some lanes anew; the others stay where they are.

        `ended`, shape (L,), bool. Gives the observations of all lanes, shape (L, len(FEATURES)), float32 [units of
        `rl.features`].
        """
        waiting = ended.copy()
        for _ in range(_MOST_DRAWS):
            for lane in np.flatnonzero(waiting).tolist():
                self._lanes.begin(lane, self._drawn(lane, chance))  # type: ignore[arg-type]  # of the kind of the lanes
            self._lanes.advance(only=waiting)
            waiting &= ~self._lanes.asking
            if not waiting.any():
                break
        else:
            raise DataFault(
                f"Of {_MOST_DRAWS} stretches of the tapes in a row, none held a proposal. Training was stopped. Give tapes with "
                "votes, or longer episodes."
            )
        self._begins |= ended
        now = _Standing.of(self._lanes)
        self._at = _Standing(*(np.where(ended, new, old) for new, old in zip(now, self._at, strict=True)))
        if ended.all():
            return self._see(self._lanes.rows)
        return self._see_again(np.flatnonzero(ended))

    def step(self, actions: Floats) -> Turn:
        """Decide in each lane, and go on to its next decision, or to the end of its episode. Ended lanes need a `restart`.

        `actions`, shape (L,), any float, dimensionless in [-1, 1]: see `rl.action`.
        """
        return self.step_with(multipliers(self._base, actions, self.schema.most))

    def step_with(self, factors: Floats) -> Turn:
        """The same with multipliers, shape (L,), float64, finite and at least 0, dimensionless."""
        lanes, before, memory = self._lanes, self._at, self._memory
        lanes.advance(factors)
        ended, rows = ~lanes.asking, lanes.rows
        if ended.any():
            rows = np.where(ended[:, None], lanes.look(np.where(ended, self.markets, -1)), rows)
        now = _Standing.of(lanes)
        bars = now.bars - before.bars
        paid = self._reward.of(
            Steps(
                before=before.equity, after=now.equity, peak=now.peak, traded=now.traded - before.traded,
                es_used=1.0 - rows[:, _ES], days=bars / self._per_day[self._tape], begins=self._begins,
            ),
            memory,
        )  # fmt: skip
        self._at, self._memory, self._begins = now, paid.memory, np.zeros(len(self), dtype=np.bool_)
        self.balance.add(paid, bars)
        return Turn(self._see(rows), ended, paid)

    def _see(self, rows: Floats) -> Singles:
        """What the network sees, and the base that belongs to it."""
        asked, asking = self._lanes.asked, self._lanes.asking
        self.markets = np.where(asking, asked[:, 1], self.markets)
        spoken = np.where(asking, asked[:, 0], asked[:, 0] - 1) - self._delay
        court = self._court.of(self._tape, spoken, self.markets, asking & ~self._lanes.reviewing)
        self._features = encode_features(rows, court)
        self._base = self.base.of(rows)
        self._seen = filled(self._features, self._fill)
        return self._seen

    def _see_again(self, lanes: NDArray[np.int64]) -> Singles:
        """The same, where these few lanes alone stand elsewhere than before; all of them ask."""
        rows, asked = self._lanes.rows[lanes], self._lanes.asked[lanes]
        # what was given before is the caller's
        self.markets, self._features, self._seen = self.markets.copy(), self._features.copy(), self._seen.copy()
        self.markets[lanes] = asked[:, 1]
        spoken, heard = asked[:, 0] - self._delay[lanes], ~self._lanes.reviewing[lanes]
        self._features[lanes] = encode_features(rows, self._court.of(self._tape[lanes], spoken, asked[:, 1], heard))
        self._base[lanes] = self.base.of(rows)
        self._seen[lanes] = filled(self._features[lanes], self._fill)
        return self._seen

    def _length(self, tape: PolicyTape) -> int:
        return len(tape) if self._draw.episode_bars is None else min(len(tape), self._draw.episode_bars)

    def _drawn(self, lane: int, chance: np.random.Generator) -> AnyCourse:
        """A stretch of a tape for a lane: all that is random about an episode is drawn here."""
        number = int(self._share_of.searchsorted(chance.random(), side="right"))
        tape, (first, end) = self.tapes[number], self.tapes[number].course.stretch
        length = self._length(tape)
        begin = first + int(chance.integers(0, end - first - length + 1))
        rules = (tape.course.rules, *tape.variants)[int(chance.integers(0, 1 + len(tape.variants)))]
        delay = tape.course.delay + int(chance.integers(0, 1 + self._draw.most_delay_bars))
        self._tape[lane], self._delay[lane] = number, min(delay, begin)
        changed: dict[str, Any] = {"rules": rules, "first": begin, "end": begin + length, "delay": min(delay, begin)}
        found: AnyCourse = tape.course._replace(**changed)
        return found


class Played(NamedTuple):
    """What whole tapes came to: a result for each, and for each decision, in the order in which it was taken, its `tape`, `bar`
    [row of the grid], `market`, whether it was a review, its `rows`, `features` and `multipliers`; `profits` of the steps
    [fraction of equity]."""

    results: tuple[KernelResult, ...]
    tape: NDArray[np.int64]
    bar: NDArray[np.int64]
    market: NDArray[np.int64]
    review: Mask
    rows: Floats
    features: Floats
    multipliers: Floats
    profits: Floats


def play(tapes: Sequence[PolicyTape], act: Act, *, reviews: bool = True) -> Played:
    """Run each tape once, from its first bar to its last, with its own rules.

    `act` is given the rows, shape (n, len(COLUMNS)), and the features, shape (n, len(FEATURES)), of the lanes that ask, both
    float64, and gives their multipliers, shape (n,), dimensionless. Raises DataFault for tapes that do not fit together.
    """
    lanes = lanes_of([tape.course for tape in tapes], reviews=reviews)
    court, delay = _Courts(tapes), np.array([tape.course.delay for tape in tapes])
    noted: list[tuple[NDArray[np.generic], ...]] = []
    lanes.advance()
    while bool((asking := lanes.asking).any()):
        at, before, asked, rows = np.flatnonzero(asking), lanes.equity, lanes.asked, lanes.rows[asking]
        reviewed = lanes.reviewing[asking]
        features = encode_features(rows, court.of(at, asked[at, 0] - delay[at], asked[at, 1], ~reviewed))
        factors, given = np.ones(len(lanes)), np.asarray(act(rows, features), dtype=np.float64)
        factors[asking] = given
        lanes.advance(factors, only=asking)
        profits = (lanes.equity / before - 1.0)[asking]
        noted.append((at, asked[at, 0], asked[at, 1], reviewed, rows, features, given, profits))
    empty = (np.zeros(0, np.int64),) * 3 + (np.zeros(0, np.bool_),)
    none = np.zeros((0, len(schema_of(tapes).columns)))
    rows_of_none = (none, encode_features(none, np.zeros((0, len(COURT_COLUMNS)))))
    columns = zip((*empty, *rows_of_none, np.zeros(0), np.zeros(0)), *noted, strict=True)
    return Played(tuple(lanes.result(n) for n in range(len(tapes))), *(np.concatenate(column) for column in columns))


def schema_of(tapes: Sequence[PolicyTape]) -> Schema:
    """What a policy reads of these tapes; that of spot for none."""
    return tapes[0].schema if tapes else SPOT


class Survey(NamedTuple):
    """What training tapes show under the base: the means of the features, which stand for what is missing, and the unit of the
    reward [fraction of equity]."""

    fill: Floats
    unit: float


def survey(tapes: Sequence[PolicyTape], base: Base, *, reviews: bool = True) -> Survey:
    """The means of the features and the unit of the reward, from training tapes alone.

    The unit is the root mean square of the profit of a step that made any. Raises DataFault if the tapes hold no decision.
    """
    seen = play(tapes, lambda rows, features: base.of(rows), reviews=reviews)
    if not len(seen.features):
        raise DataFault(
            "The tapes hold no proposal, so there is nothing to learn. Nothing was trained. Give tapes with votes."
        )
    moved = seen.profits[seen.profits != 0.0]
    return Survey(means_of(seen.features), float(np.sqrt((moved**2).mean())) if len(moved) else 1.0)


class _Standing(NamedTuple):
    """Where L accounts stand: equity, its peak and what was traded [quote], closed bars [bars]; each of shape (L,)."""

    equity: Floats
    peak: Floats
    traded: Floats
    bars: NDArray[np.int64]

    @classmethod
    def of(cls, lanes: AnyLanes) -> "_Standing":
        return cls(lanes.equity, lanes.peak, lanes.traded, lanes.bars)


class _Courts:
    """The court columns of all tapes, one below the other, so that one look serves all lanes."""

    def __init__(self, tapes: Sequence[PolicyTape]) -> None:
        own = {id(tape.court): tape.court for tape in tapes}
        begins = dict(zip(own, np.cumsum([0, *(len(court) for court in own.values())]).tolist(), strict=False))
        self._begin = np.array([begins[id(tape.court)] for tape in tapes])
        self._silent = all(not court.strides[0] and np.isnan(court[:1]).all() for court in own.values())
        self._rows = np.zeros((0, 0, 0)) if self._silent else np.concatenate(list(own.values()))

    def of(self, tapes: NDArray[np.int64], bars: NDArray[np.int64], markets: NDArray[np.int64], heard: Mask) -> Floats:
        """What the court knew of n decisions, shape (n, len(COURT_COLUMNS)); NaN of those that it has not `heard`."""
        if self._silent:
            return np.full((len(bars), len(COURT_COLUMNS)), np.nan)
        return np.where(heard[:, None], self._rows[self._begin[tapes] + bars, markets], np.nan)
