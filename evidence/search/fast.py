"""Runs many parameter sets on one tape with the fast engine: the voters and the gate, without the court.

The signals are computed once, and each voter is asked once for each of its own parameter sets. Sets that differ only in exits and
limits share the votes. The court is left out, because its rulings depend on the portfolio of the moment. So the fast engine only
selects sets; the full engine must confirm them.
"""

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

from agents.desk.wiring import bars_per_day
from agents.strategies.contexts import build_contexts, depth_read
from agents.strategies.own import read_own
from config.settings import Settings
from evidence.search.asked import AskedVoters
from evidence.search.figures import Figures, figures_of
from evidence.search.space import Values, applied
from execution.kernel.engine import KernelResult, Votes, simulate, sweep
from execution.kernel.grid import Grid, grid_of_tape
from execution.kernel.rules import Rules, rules_of
from market.bar import Bar, Slice
from market.indicators.engine import SignalEngine
from market.signals import Depth, TechnicalSignals
from market.tape import Tape
from risk.proposal import Direction

Floats = npt.NDArray[np.float64]
_SIGN = {Direction.LONG: 1, Direction.SHORT: -1}
_KEPT = 8
"""Number of vote tables that are kept: a grid tries many exits and limits with the same votes."""


class FastTape:
    """A tape that is read once, for any number of parameter sets."""

    def __init__(self, tape: Tape, settings: Settings, seen: Callable[[int], None] = lambda bars: None) -> None:
        """Read the tape. `seen` is called with the number of bars read. Raises the errors of the kernel's grid and rules."""
        self._tape = tape
        self._settings = settings
        self._texts = read_own(settings.strategies)
        voters = build_contexts(settings.strategies, tape.symbols, self._texts)
        reader = _Reader(tape, seen, depth_read(voters, settings.market.signals))
        self.grid: Grid = grid_of_tape(tape, reader.read)
        signals = [reader.signals[symbol] for symbol in self.grid.symbols]
        past = [reader.past[symbol] for symbol in self.grid.symbols]
        self._asked = AskedVoters(self.grid.symbols, signals, past)
        self._atr = [[None if now is None else now.atr_14_quote for now in column] for column in signals]
        self._instruments = [tape.instruments[symbol] for symbol in self.grid.symbols]
        self._own: dict[str, Votes] = {}
        self._lock = Lock()

    def prepared(self, values: Values) -> tuple[Votes, Rules]:
        """The votes and rules of one set, for the kernel. Raises UsageFault for a set that is not allowed."""
        settings = applied(self._settings, values)
        rules = rules_of(
            self._instruments, settings.limits, settings.exits, settings.venue, bars_per_day(self._tape.timeframe)
        )
        return self._votes(settings), rules

    def figures(self, values: Values, result: KernelResult) -> Figures:
        """What one set did, in a few figures. `result` is that of `run`."""
        cash = float(applied(self._settings, values).venue.starting_cash)
        return figures_of(result, cash, [float(each.tick_size * each.lot_size) for each in self._instruments])

    def run(self, values: Values) -> KernelResult:
        """Run one set. Raises UsageFault for a set that is not allowed."""
        return simulate(self.grid, *self.prepared(values))

    def returns(self, sets: Sequence[Values], workers: int, seen: Callable[[int], None]) -> Floats:
        """Bar returns of every set, shape (n_bars - 1, n_sets), float64 [simple return], oldest first.

        `seen` is called with 1 after each set.
        """

        def digest(values: Values, result: KernelResult) -> Floats:
            seen(1)
            return np.asarray(result.equity[1:] / result.equity[:-1] - 1.0)

        return np.column_stack(list(sweep(self.grid, sets, self.prepared, digest, workers)))

    def _votes(self, settings: Settings) -> Votes:
        key = f"{settings.court.net_threshold}" + "".join(entry.model_dump_json() for entry in settings.strategies)
        with self._lock:
            found = self._own.pop(key, None)
            if found is None:
                found = self._cast(settings)
            self._own[key] = found
            while len(self._own) > _KEPT:
                del self._own[next(iter(self._own))]
            return found

    def _cast(self, settings: Settings) -> Votes:
        contexts = build_contexts(settings.strategies, self.grid.symbols, self._texts)
        shape = self.grid.columns.bars.shape
        direction, conviction = np.zeros(shape, dtype=np.int8), np.zeros(shape)
        atr, cast = np.full(shape, np.nan), np.zeros(shape, dtype=np.int32)
        for row, column, wanted, strength, buyers in self._asked.wanted(
            settings.strategies, contexts, settings.court.net_threshold
        ):
            cast[row, column] = buyers
            if wanted is not Direction.NONE:
                direction[row, column], conviction[row, column] = _SIGN[wanted], strength
            if (known := self._atr[column][row]) is not None:
                atr[row, column] = known
        return Votes(direction, conviction, (direction > 0).astype(np.float64), atr, cast)


def sharpe_of(returns: Floats, bars_per_year: float) -> float | None:
    """Annual Sharpe ratio of `returns`, shape (n,), float64 [simple return]; None for constant returns.

    Sharpe (1994), with a risk-free rate of 0.
    """
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return float(returns.mean()) / spread * bars_per_year**0.5 if spread > 1e-15 else None


class _Reader:
    """Signals by symbol and bar, and the bars of the warm-up. Warm-up rows of signals are included and empty; None at a row
    without a valid bar."""

    def __init__(self, tape: Tape, seen: Callable[[int], None], depth: Depth) -> None:
        self.signals: dict[str, list[TechnicalSignals | None]] = {symbol: [] for symbol in tape.symbols}
        self.past: dict[str, list[Bar]] = {symbol: [] for symbol in tape.symbols}
        self._engines = {symbol: SignalEngine(symbol, tape.timeframe, depth, depth) for symbol in tape.symbols}
        self._timeframe = tape.timeframe
        self._start_utc = tape.start_utc
        self._seen = seen

    def read(self, row: int, now: Slice) -> None:
        """Read the next slice."""
        in_session = now.close_utc > self._start_utc
        for symbol, engine in self._engines.items():
            bar = now.bars.get(symbol)
            if bar is not None:
                engine.push(bar)
                if not in_session:
                    self.past[symbol].append(bar)
            told = engine.signals(self._timeframe) if in_session and bar is not None else None
            self.signals[symbol].append(told)
        if in_session:
            self._seen(1)
