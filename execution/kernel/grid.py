"""The bars of a session as one grid, with the quality monitor's judgement of each bar.

Figures that depend on the bars alone are measured once, and a sweep shares one grid among all its runs. The grid refuses columns
of other shapes, times that are out of order, and believed bars that are not finite and positive.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from config.clock import to_ms
from config.errors import DataFault, UsageFault
from execution.kernel import records as w
from execution.kernel.margined.contracts import Contracts, ContractsReader
from execution.kernel.records import Flags, Floats, Ints, Records, Small
from market.bar import Slice
from market.instrument import InstrumentKind
from market.timeframe import Timeframe

if TYPE_CHECKING:  # a tape reads files and simulates markets: half a second of imports that arrays do not need
    from market.tape import Tape


_PIECE = 16_384
"""Moments that are looked at together."""


class Figures(NamedTuple):
    """What only bars decide, measured once.

    `returns`, `seen` (k, n): simple returns (0.0 where there is none), and how many there were up to this bar. `sigma`, `stale`
    (n, k): see `execution.kernel.records.BAR`.
    """

    returns: Floats
    seen: Small
    sigma: Floats
    stale: Small


@dataclass(frozen=True, eq=False)
class Columns:
    """The part of a grid that the compiled loop reads.

    `begin_us`: when the first bar opens, in microseconds since 1970 UTC; `step_us`: length of a bar in microseconds. `prices`,
    `state`, `frozen`: as given to `grid_of`. `origin`: bar of the first close. `whole`: whether each bar is believed. `largest`:
    the largest return of any bar, up or down [simple return]. `contracts`: mark prices and funding of perpetuals; None on spot.
    """

    begin_us: int
    step_us: int
    prices: Floats
    state: Flags
    frozen: Flags
    origin: int
    whole: bool
    largest: float
    contracts: Contracts | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Number of bars, and number of markets."""
        return self.state.shape[0], self.state.shape[1]

    @cached_property
    def figures(self) -> Figures:
        """What only bars decide. It is measured when it is first asked for: votes alone need none of it."""
        from execution.kernel.loop import measure

        n, k = self.shape
        made = Figures(np.empty((k, n)), np.empty((k, n), np.int32), np.empty((n, k)), np.empty((n, k), np.int32))
        measure(self.prices, self.state, *made)
        return made

    @property
    def bars(self) -> Records:
        """A table of all bars, shape (n, k): records of BAR [quote, base]. It is made anew each time."""
        made = np.zeros(self.shape, dtype=w.BAR)
        for name, column in zip(("open", "high", "low", "close", "volume"), self.prices, strict=True):
            made[name] = column
        for name in ("state", "frozen"):
            made[name] = getattr(self, name)
        for name in ("sigma", "stale"):
            made[name] = getattr(self.figures, name)
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """n bar closes of k symbols, which are in order of their names. The bars before `first` are the warm-up."""

    symbols: tuple[str, ...]
    timeframe: Timeframe
    first: int
    columns: Columns

    def __len__(self) -> int:
        return len(self.columns.state)

    @property
    def start_us(self) -> int:
        """When the session begins, in microseconds since 1970 UTC."""
        return self.columns.begin_us + self.first * self.columns.step_us


def grid_of_tape(tape: "Tape", shown: Callable[[int, Slice], None] = lambda row, now: None) -> Grid:
    """The grid of a session's tape, warm-up included, as its quality monitor judges it.

    `shown` is called with the row and the slice of each bar, in order, so that a caller who needs more than the grid holds need
    not judge the bars again. Raises UsageFault for a tape with finer bars, for one of spot with funding, and for one of a
    calendar: the fast engine supports none of them.
    """
    perpetual = any(instrument.kind is InstrumentKind.PERPETUAL for instrument in tape.instruments.values())
    if tape.detail or (tape.funding and not perpetual):
        raise UsageFault(
            "The fast engine reads no bars finer than the timeframe, and pays no funding on spot. Nothing was run. Leave out "
            "--detail and --funding, or use `tribunal backtest`."
        )
    if tape.calendar is not None:
        raise UsageFault(
            "The fast engine knows markets that never close, and these are sessions of a calendar (market.calendar). Nothing was "
            "run. Use `tribunal backtest`."
        )
    symbols = tuple(sorted(tape.symbols))
    step = tape.timeframe.duration
    first = (tape.start_utc - tape.warmup_start_utc) // step
    rows = (tape.end_utc - tape.warmup_start_utc) // step
    close_ms = to_ms(tape.warmup_start_utc + step) + np.arange(rows, dtype=np.int64) * (tape.timeframe.seconds * 1000)
    slices = chain(tape.warmup_slices(), tape.slices())
    reader = ContractsReader(symbols, rows) if perpetual else None
    prices, state, frozen = _unpacked(slices, symbols, rows, shown, reader)
    contracts = None if reader is None else reader.contracts()
    return grid_of(
        symbols, tape.timeframe, close_ms, prices, state=state, frozen=frozen, first=first, contracts=contracts
    )


def grid_of(
    symbols: Sequence[str],
    timeframe: Timeframe,
    close_ms: Ints,
    prices: Floats,
    *,
    state: Flags | None = None,
    frozen: Flags | None = None,
    first: int = 0,
    contracts: Contracts | None = None,
) -> Grid:
    """A grid from columns.

    `close_ms`, shape (n,): int64, one bar length apart, in ms since 1970 UTC. `prices`, shape (5, n, k), float64: open, high,
    low, close [quote] and volume [base]. `state`, shape (n, k), int8: ABSENT, BELIEVED (the default for all) or DOUBTED.
    `frozen`, shape (n, k), int8: 1 where no new position may be opened. `contracts`: of perpetuals. Arrays of these types are
    not copied, so they may not be changed afterwards. Raises DataFault for what the module refuses.
    """
    n, k = len(close_ms), len(symbols)
    state = np.full((n, k), w.BELIEVED, dtype=np.int8) if state is None else np.require(state, np.int8, ("C", "W"))
    frozen = np.zeros((n, k), dtype=np.int8) if frozen is None else np.require(frozen, np.int8, ("C", "W"))
    columns = np.require(prices, np.float64, ("C", "W"))
    problem = _problem(symbols, timeframe, close_ms, columns, state, frozen, first)
    if problem is None:
        made = _columns(timeframe, close_ms, columns, state, frozen, contracts)
        if made.origin >= 0:
            return Grid(tuple(symbols), timeframe, first, made)
        problem = "a bar is not finite, positive and in order"
    raise DataFault(f"The bars cannot be laid out for the fast engine: {problem}. Nothing was run.")


def _columns(
    timeframe: Timeframe, close_ms: Ints, prices: Floats, state: Flags, frozen: Flags, contracts: Contracts | None
) -> Columns:
    """The columns; their origin is -1 where a bar is not finite, positive and in order."""
    from execution.kernel.loop import check

    origin, whole, largest = check(prices, state)
    step_us = timeframe.seconds * 1_000_000
    begin_us = int(close_ms[0]) * 1000 - step_us
    return Columns(begin_us, step_us, prices, state, frozen, int(origin), bool(whole), float(largest), contracts)


def _unpacked(
    slices: Iterable[Slice],
    symbols: tuple[str, ...],
    n: int,
    shown: Callable[[int, Slice], None],
    reader: ContractsReader | None,
) -> tuple[Floats, Flags, Flags]:
    k = len(symbols)
    prices, state, frozen = np.zeros((5, n, k)), np.zeros((n, k), dtype=np.int8), np.zeros((n, k), dtype=np.int8)
    for t, tape in enumerate(slices):
        shown(t, tape)
        if reader is not None:
            reader.read(t, tape)
        for s, symbol in enumerate(symbols):
            frozen[t, s] = symbol in tape.frozen
            bar = tape.bars.get(symbol) or tape.doubtful.get(symbol)
            if bar is not None:
                state[t, s] = w.BELIEVED if symbol in tape.bars else w.DOUBTED
                prices[:, t, s] = bar.open, bar.high, bar.low, bar.close, bar.volume
    return prices, state, frozen


def _problem(
    symbols: Sequence[str],
    timeframe: Timeframe,
    close_ms: Ints,
    prices: Floats,
    state: Flags,
    frozen: Flags,
    first: int,
) -> str | None:
    n, k = len(close_ms), len(symbols)
    if not k or list(symbols) != sorted(set(symbols)):
        return "symbols must be distinct and in order of their names"
    if prices.shape != (5, n, k) or state.shape != (n, k) or frozen.shape != (n, k):
        return f"prices have shape {prices.shape} and states {state.shape}, where (5, {n}, {k}) and ({n}, {k}) belong"
    if not 0 <= first < n:
        return f"the session would begin at bar {first} of {n}"
    if not _is_even(close_ms, timeframe.seconds * 1000):
        return f"bar closes must be {timeframe} apart"
    return None


def _is_even(moments: Ints, step: int) -> bool:
    """Whether moments are `step` apart, looked at in pieces that stay in the cache."""
    pieces = (moments[first : first + _PIECE + 1] for first in range(0, len(moments), _PIECE))
    return all(bool((piece[1:] - piece[:-1] == step).all()) for piece in pieces)
