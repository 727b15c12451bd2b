"""Runs many parameter sets on one tape with the fast engine: the voters and the gate, without the court.

The signals are computed once, and each voter is asked once for each of its own parameter sets. Sets that differ only in exits and
limits share the votes. The court is left out, because its rulings depend on the portfolio of the moment. So the fast engine only
selects sets; the full engine must confirm them.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock

import numpy as np
import numpy.typing as npt

from agents.court.held.refusing import refuse_reviews_and_delays
from agents.strategies.contexts import build_contexts, depth_read
from agents.strategies.facts import BarsAlone, Knowing, Told
from agents.strategies.own import read_own
from agents.strategies.terms import refuse_own_rules
from config.settings import Settings
from evidence.search.asked import AskedVoters
from evidence.search.figures import Figures, figures_of
from evidence.search.space import Values, applied
from execution.kernel.engine import simulate, sweep
from execution.kernel.grid import Grid, grid_of_tape
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import COVERS, OPENS
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
        """Read the tape. `seen` is called with the number of bars read. Raises the errors of the kernel's grid and rules,
        and UsageFault for a profile whose contexts have rules of their own."""
        refuse_own_rules(settings, "The fast engine has one set of limits, hours and exits for all voters")
        refuse_reviews_and_delays(
            settings, "The fast engine knows no review of what is held, and no ruling that comes later"
        )
        self._tape = tape
        self._settings = settings
        self._texts = read_own(settings.strategies)
        voters = build_contexts(settings.strategies, tape.symbols, self._texts)
        depth = depth_read(voters, settings.market.signals)
        reader = _Reader(tape, seen, depth, keeps_facts=any(voter.reads_facts for voter in voters))
        self.grid: Grid = grid_of_tape(tape, reader.read)
        signals = [reader.signals[symbol] for symbol in self.grid.symbols]
        past = [reader.past[symbol] for symbol in self.grid.symbols]
        self._asked = AskedVoters(self.grid.symbols, signals, past, reader.days, reader.known)
        self._atr = [[None if now is None else now.atr_14_quote for now in column] for column in signals]
        self._instruments = [tape.instruments[symbol] for symbol in self.grid.symbols]
        self._own: dict[str, Votes] = {}
        self._lock = Lock()

    def prepared(self, values: Values) -> tuple[Votes, Rules]:
        """The votes and rules of one set, for the kernel. Raises UsageFault for a set that is not allowed."""
        settings = applied(self._settings, values)
        rules = rules_of(
            self._instruments, settings.limits, settings.exits, settings.venue, self._tape.timeframe.bars_per_day,
            resize_band=settings.court.resize_band, cost_edge=settings.court.cost_edge,
            perpetuals=settings.market.perpetuals,
        )  # fmt: skip
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
        shape = self.grid.columns.shape
        direction, conviction = np.zeros(shape, dtype=np.int8), np.zeros(shape)
        atr, cast = np.full(shape, np.nan), np.zeros(shape, dtype=np.int32)
        exposure, exit_price = np.full(shape, np.nan), np.full(shape, np.nan)
        sharing, out, horizon, shorts = (np.zeros(shape, dtype=np.int32) for _ in range(4))
        short, both = np.zeros(shape, dtype=np.int8), settings.market.perpetuals is not None
        asked = tuple(entry for entry in settings.strategies if entry.is_on)
        for said in self._asked.wanted(asked, contexts, settings.court.net_threshold, both_sides=both):
            at = said.row, said.column
            cast[at], sharing[at], out[at], shorts[at] = said.buyers, said.sharing, said.sellers, said.shorts
            short[at] = said.opens * OPENS + said.covers * COVERS
            if said.direction is not Direction.NONE:
                direction[at], conviction[at] = _SIGN[said.direction], said.conviction
            horizon[at] = said.horizon_bars or 0
            if said.exposure is not None:
                exposure[at] = said.exposure
                exit_price[at] = np.nan if said.exit_price is None else said.exit_price
            if (known := self._atr[said.column][said.row]) is not None:
                atr[at] = known
        scale = ((direction > 0) | ((short & OPENS) > 0)).astype(np.float64)
        votes = Votes(direction, conviction, scale, atr, cast, exposure, exit_price, sharing, out, horizon)
        return replace(votes, short=short, shorts=shorts) if both else votes


def sharpe_of(returns: Floats, bars_per_year: float) -> float | None:
    """Annual Sharpe ratio of `returns`, shape (n,), float64 [simple return]; None for constant returns.

    Sharpe (1994), with a risk-free rate of 0.
    """
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return float(returns.mean()) / spread * bars_per_year**0.5 if spread > 1e-15 else None


class _Reader:
    """Signals by symbol and bar, and the bars of the warm-up. Warm-up rows of signals are included and empty; None at a row
    without a valid bar. `known`: what voters may read beside the signals, by row, if one of them does."""

    def __init__(self, tape: Tape, seen: Callable[[int], None], depth: Depth, *, keeps_facts: bool) -> None:
        self.signals: dict[str, list[TechnicalSignals | None]] = {symbol: [] for symbol in tape.symbols}
        self.past: dict[str, list[Bar]] = {symbol: [] for symbol in tape.symbols}
        self._engines = {
            symbol: SignalEngine(symbol, tape.timeframe, depth, depth, tape.year_bars) for symbol in tape.symbols
        }
        self.days = [day for _, days in tape.days() for day in days.values()]
        for day in self.days:
            self._engines[day.symbol].remember(day)
        self.known: list[Knowing | None] = []
        self._keeps_facts = keeps_facts
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
        if self._keeps_facts:
            told_now = {symbol: Told(self._engines[symbol].view()) for symbol in now.bars} if in_session else {}
            self.known.append(BarsAlone(now.close_utc, self._timeframe, told_now, now.bars) if in_session else None)
        if in_session:
            self._seen(1)
