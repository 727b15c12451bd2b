"""Many parameter sets on one tape with the fast engine: the voters and the gate, without the court.

The signals are read once and each voter is asked once for each of its own parameter sets; what differs in exits and limits alone
shares the votes. The court is left out because what it rules depends on the book of the moment: so what is found here is chosen
among strategies, and runs through the full engine before it is believed.
"""

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

from agents.desk.wiring import bars_per_day
from agents.strategies.contexts import build_contexts
from agents.strategies.own import read_own
from config.settings import Settings
from evidence.search.asked import AskedVoters
from evidence.search.space import Values, applied
from execution.kernel.engine import KernelResult, Votes, simulate, sweep
from execution.kernel.grid import Grid, grid_of_tape
from execution.kernel.rules import Rules, rules_of
from market.bar import Slice
from market.indicators.engine import SignalEngine
from market.signals import TechnicalSignals
from market.tape import Tape
from risk.proposal import Direction

Floats = npt.NDArray[np.float64]
_SIGN = {Direction.LONG: 1, Direction.SHORT: -1}
_KEPT = 8
"""Sets of votes that are kept: a grid tries exits and limits one after the other on the same."""


class FastTape:
    """A tape that has been read once, for as many sets as there are."""

    def __init__(self, tape: Tape, settings: Settings, seen: Callable[[int], None] = lambda bars: None) -> None:
        """`seen` is told the bars that were read. Raises what the kernel's grid and rules raise."""
        self._tape = tape
        self._settings = settings
        self._texts = read_own(settings.strategies)
        reader = _Reader(tape, seen)
        self.grid: Grid = grid_of_tape(tape, reader.read)
        signals = [reader.signals[symbol] for symbol in self.grid.symbols]
        self._asked = AskedVoters(self.grid.symbols, signals)
        self._atr = [[None if now is None else now.atr_14_quote for now in column] for column in signals]
        self._instruments = [tape.instruments[symbol] for symbol in self.grid.symbols]
        self._own: dict[str, Votes] = {}
        self._lock = Lock()

    def prepared(self, values: Values) -> tuple[Votes, Rules]:
        """What the kernel needs for one set. Raises UsageFault for a set that is not allowed."""
        settings = applied(self._settings, values)
        rules = rules_of(
            self._instruments, settings.limits, settings.exits, settings.venue, bars_per_day(self._tape.timeframe)
        )
        return self._votes(settings), rules

    def run(self, values: Values) -> KernelResult:
        """One set."""
        return simulate(self.grid, *self.prepared(values))

    def returns(self, sets: Sequence[Values], workers: int, seen: Callable[[int], None]) -> Floats:
        """Bar returns of every set, shape (n_bars - 1, n_sets), oldest first; `seen` is told after each set."""

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
        atr = np.full(shape, np.nan)
        for row, column, wanted, strength in self._asked.wanted(
            settings.strategies, contexts, settings.court.net_threshold
        ):
            direction[row, column], conviction[row, column] = _SIGN[wanted], strength
            if (known := self._atr[column][row]) is not None:
                atr[row, column] = known
        return Votes(direction, conviction, (direction > 0).astype(np.float64), atr)


def sharpe_of(returns: Floats, bars_per_year: float) -> float | None:
    """Annual Sharpe ratio of bar returns, shape (n,); None where nothing varied (Sharpe 1994, risk-free rate 0)."""
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return float(returns.mean()) / spread * bars_per_year**0.5 if spread > 1e-15 else None


class _Reader:
    """Signals by symbol and bar, warm-up rows included and empty; None where a symbol has no believed bar."""

    def __init__(self, tape: Tape, seen: Callable[[int], None]) -> None:
        self.signals: dict[str, list[TechnicalSignals | None]] = {symbol: [] for symbol in tape.symbols}
        self._engines = {symbol: SignalEngine(symbol, tape.timeframe) for symbol in tape.symbols}
        self._timeframe = tape.timeframe
        self._start_utc = tape.start_utc
        self._seen = seen

    def read(self, row: int, now: Slice) -> None:
        """Take the next slice."""
        in_session = now.close_utc > self._start_utc
        for symbol, engine in self._engines.items():
            bar = now.bars.get(symbol)
            if bar is not None:
                engine.push(bar)
            told = engine.signals(self._timeframe) if in_session and bar is not None else None
            self.signals[symbol].append(told)
        if in_session:
            self._seen(1)
