"""Reads a tape once, as a session does, but without an account: what is voted for at each close, and how the rules court rules.

Engines, voters, records and court are those of a session. Only what an account would say is missing. That is approximated:

    the book       each case is heard on an empty account: the risk officer sees no drawdown, no loss and nothing held, so what
                   it would have taken off for them is not in the scale. The turbulence of the market it does see.
    the cases      each purchase that is voted for is heard, also where a session would hold the market already and ask nobody.
                   So the record of the arguments counts one case a market in `HORIZON_BARS` bars at most; that of the voters
                   is exact, because it never depended on the account.
    the context    figures beside the bars are not read. The rules roles read none; a voter that reads them is refused.

On perpetuals a docket also holds the slices, with marks and funding, and what is spoken at each close in full: short sales are
cases like purchases. The compiled engine does not read it; accounts of a session do (`rl.environment.contracts`).

It refuses profiles whose contexts have rules of their own, as the kernel does.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.court.case import BookView, Case
from agents.court.graph import Bench, Court
from agents.court.hearing import Hearing
from agents.court.held.refusing import refuse_reviews_and_delays
from agents.court.minds.rules import RulesMind
from agents.court.minds.seated import Seated
from agents.court.record import CaseRecord
from agents.desk.description import describe
from agents.llm.attempt import ROLES
from agents.memory.learning import Learner, learns
from agents.memory.outcomes import HORIZON_BARS, Barriers
from agents.memory.voters import Voted
from agents.resizing import decision_id_of
from agents.strategies.contexts import Context, build_contexts, depth_read, votes_on
from agents.strategies.facts import BarsAlone, Known, SentimentReader
from agents.strategies.netting import lasting, net
from agents.strategies.own import read_own
from agents.strategies.terms import refuse_own_rules
from agents.strategies.vote import NetVote
from config.clock import SystemClock, to_ms
from config.settings import Settings
from config.silence import Abstained
from execution.kernel.grid import Grid, grid_of, grid_of_tape
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import ABSENT, BELIEVED, DOUBTED, Floats
from market.bar import Slice
from market.context.view import MarketContext
from market.indicators.engine import SignalEngine
from market.tape import Tape
from risk.measures.horizon import horizon_of
from risk.proposal import Argument, Direction, Proposal
from risk.record import NO_RECORD
from risk.verdict import Outcome, Verdict
from risk.window import ReturnWindow
from rl.adjuster import Off
from rl.environment.contracts.course import SILENT, ContractBars, Spoken
from sentiment.engine import SentimentEngine
from sentiment.headline import SentimentData
from sentiment.scoring import scorer_of
from sentiment.sources.factory import build_sources

_KEY = b"nothing of this is journaled".ljust(32, b".")
_SIGN = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NONE: 0}

Columns = Callable[[Hearing], tuple[float, float, float]]
"""What a policy is shown of a hearing beside the row of the kernel: agreement, sentiment and regime."""


class Docket(NamedTuple):
    """A tape as an account reads it: the compiled one, or, of perpetuals, that of a session, which reads `bars`.

    `votes.scale` is the court's [fraction], 0 where it rejects or nothing is proposed.

    `court`, shape (n_bars, k, 3), float64, NaN where nothing was heard: the columns of the court, in their order.
    """

    grid: Grid
    votes: Votes
    court: Floats
    bars: ContractBars | None = None


def read_docket(
    tape: Tape, settings: Settings, columns: Columns, seen: Callable[[int], None] = lambda bars: None
) -> Docket:
    """Read a tape with the voters and the rules court of a profile. `seen` is called with the number of bars read.

    Raises UsageFault for a profile with rules of its own in a context and for voters that read figures beside the bars, and the
    errors of `grid_of_tape`.
    """
    refuse_own_rules(settings, "A policy's tape has one set of limits, hours and exits for all voters")
    refuse_reviews_and_delays(
        settings, "A policy's tape knows no review of what is held, and no ruling that comes later"
    )
    with asyncio.Runner() as runner:
        reader = _Reader(tape, settings, columns, seen, runner)
        if settings.market.perpetuals is None:
            grid = grid_of_tape(tape, reader.read)
            return Docket(grid, reader.told.votes(), reader.told.court)
        bars = reader.all_of_it()
    return Docket(_grid_of(tape, bars), reader.told.votes(), reader.told.court, bars)


def _grid_of(tape: Tape, bars: ContractBars) -> Grid:
    """The traded bars of slices as columns: what is measured and counted by days reads them."""
    symbols, step = tuple(sorted(tape.symbols)), tape.timeframe.duration
    n, k = len(bars.slices), len(symbols)
    prices, state = np.zeros((5, n, k)), np.full((n, k), ABSENT, dtype=np.int8)
    for row, shown in enumerate(bars.slices):
        for column, symbol in enumerate(symbols):
            bar = shown.bars.get(symbol) or shown.doubtful.get(symbol)
            if bar is not None:
                state[row, column] = BELIEVED if symbol in shown.bars else DOUBTED
                prices[:, row, column] = bar.open, bar.high, bar.low, bar.close, bar.volume
    close_ms = to_ms(tape.warmup_start_utc + step) + np.arange(n, dtype=np.int64) * (tape.timeframe.seconds * 1000)
    first = (tape.start_utc - tape.warmup_start_utc) // step
    return grid_of(symbols, tape.timeframe, close_ms, prices, state=state, first=first)


@dataclass(slots=True)
class _Told:
    """The arrays of a docket while they are filled; see `execution.kernel.engine.Votes`."""

    direction: NDArray[Any]
    conviction: Floats
    scale: Floats
    atr: Floats
    cast: NDArray[Any]
    exposure: Floats
    exit_price: Floats
    sharing: NDArray[Any]
    out: NDArray[Any]
    court: Floats

    @classmethod
    def blank(cls, rows: int, markets: int) -> "_Told":
        shape = rows, markets

        def unknown() -> Floats:
            return np.full(shape, np.nan)

        def bits() -> NDArray[Any]:
            return np.zeros(shape, dtype=np.int32)

        return cls(
            np.zeros(shape, dtype=np.int8), np.zeros(shape), np.zeros(shape), unknown(), bits(), unknown(), unknown(), bits(),
            bits(), np.full((*shape, 3), np.nan),
        )  # fmt: skip

    def votes(self) -> Votes:
        said = self.direction, self.conviction, self.scale, self.atr
        return Votes(*said, self.cast, self.exposure, self.exit_price, self.sharing, self.out)

    def say(self, at: tuple[int, int], proposal: NetVote, atr: float | None, bits: dict[str, int]) -> None:
        """Write down one proposal and the votes behind it. `atr` [quote]."""
        self.atr[at] = np.nan if atr is None else atr
        for vote in proposal.votes:
            bit = bits[vote.voter]
            if vote.direction is Direction.LONG:
                self.cast[at] |= bit
                self.sharing[at] |= bit if vote.exposure is not None else 0
            else:
                self.out[at] |= bit
        if (sign := _SIGN[proposal.direction]) != 0:
            self.direction[at], self.conviction[at] = sign, proposal.conviction
        if proposal.exposure is not None:
            self.exposure[at] = proposal.exposure
            self.exit_price[at] = np.nan if proposal.exit_price is None else proposal.exit_price


class _BarsAndNews(Known):
    """What voters may read here: bars and news."""

    def context(self, symbol: str) -> MarketContext | None:
        """Raises UsageFault: figures beside the bars are not read."""
        return BarsAlone.context(self, symbol)  # type: ignore[arg-type]


class _Reader:
    """One pass over a tape, slice by slice."""

    def __init__(
        self, tape: Tape, settings: Settings, columns: Columns, seen: Callable[[int], None], runner: asyncio.Runner
    ) -> None:
        self._settings, self._timeframe, self._start_utc = settings, tape.timeframe, tape.start_utc
        self._symbols = tuple(sorted(tape.symbols))
        self._column = {symbol: number for number, symbol in enumerate(self._symbols)}
        self._both_sides = settings.market.perpetuals is not None
        self._tape, self._spoken = tape, list[dict[str, Spoken]]()
        self._contexts = build_contexts(settings.strategies, tape.symbols, read_own(settings.strategies))
        self._bits = {context.name: 1 << number for number, context in enumerate(self._contexts)}
        depth = settings.market.signals
        voters = depth_read(self._contexts, depth)
        self._engines = {
            symbol: SignalEngine(symbol, tape.timeframe, depth, voters, tape.year_bars) for symbol in tape.symbols
        }
        self._window = ReturnWindow(tape.symbols, horizon_of(settings.limits, tape.timeframe.bars_per_day).window_bars)
        self._remember(tape)
        news = settings.sentiment
        self._sentiment = SentimentEngine(news, build_sources(news, tape.news, SystemClock()), scorer_of(news.scorer))
        self._hearings = _Hearings(tape, settings, self._contexts, runner)
        self._columns, self._seen = columns, seen
        rows = (tape.end_utc - tape.warmup_start_utc) // tape.timeframe.duration
        self.told = _Told.blank(rows, len(self._symbols))

    def read(self, row: int, now: Slice) -> None:
        """Read the next slice."""
        for symbol, bar in now.bars.items():
            self._engines[symbol].push(bar)
        self._window.push({symbol: bar.close for symbol, bar in now.bars.items()})
        if now.close_utc <= self._start_utc:
            for context in self._contexts:
                context.remember(now.bars.values())
            return
        known = _BarsAndNews(now.close_utc, self._timeframe, self._engines, now.bars, self._sentiment)
        proposals = self._vote(row, now, known)
        cases = [
            self._case(now.close_utc, symbol, proposal, known)
            for symbol, proposal in proposals.items()
            if proposal.opens
        ]
        heard = self._hearings.hear(now, cases, self._voted(proposals))
        for hearing in heard:
            at = row, self._column[hearing.case.symbol]
            self.told.scale[at] = hearing.ruling.scale
            self.told.court[at] = self._columns(hearing)
        if self._both_sides:
            ruled = {hearing.case.symbol: hearing for hearing in heard}
            self._spoken.append(
                {
                    symbol: spoken_of(proposals[symbol], ruled.get(symbol), self._atr(symbol))
                    if symbol in proposals
                    else SILENT
                    for symbol in now.bars
                }
            )
        self._seen(1)

    def _atr(self, symbol: str) -> float | None:
        now = self._engines[symbol].signals(self._timeframe)
        return None if now is None else now.atr_14_quote

    def all_of_it(self) -> ContractBars:
        """Read the whole tape, and keep its slices beside what is spoken at each."""
        slices = []
        for row, now in enumerate(chain(self._tape.warmup_slices(), self._tape.slices())):
            slices.append(now)
            self.read(row, now)
        silent: list[dict[str, Spoken]] = [{} for _ in range(len(slices) - len(self._spoken))]
        return ContractBars(tuple(slices), (*silent, *self._spoken))

    def _remember(self, tape: Tape) -> None:
        days = [day for _, days in tape.days() for day in days.values()]
        for day in days:
            self._engines[day.symbol].remember(day)
        for context in self._contexts:
            context.remember_days(days)

    def _vote(self, row: int, now: Slice, known: Known) -> dict[str, NetVote]:
        proposals = {}
        for symbol in now.bars:
            signals = self._engines[symbol].signals(self._timeframe)
            if signals is None:
                continue
            votes = votes_on(symbol, signals, self._contexts, known)
            if votes:
                threshold = self._settings.court.net_threshold
                proposals[symbol] = net(votes, threshold, both_sides=self._both_sides)
                at = row, self._column[symbol]
                self.told.say(at, proposals[symbol], signals.atr_14_quote, self._bits)
        return proposals

    def _voted(self, proposals: dict[str, NetVote]) -> list[Voted]:
        found = []
        for symbol in sorted(proposals):
            now, proposal = self._engines[symbol].signals(self._timeframe), proposals[symbol]
            if now is not None:
                told = now.close, now.atr_14_quote, proposal.votes, proposal.exit_price, proposal.is_short
                found.append(Voted(symbol, *told))
        return found

    def _case(self, as_of: datetime, symbol: str, proposal: NetVote, known: Known) -> Case:
        return Case(
            decision_id=decision_id_of(as_of, symbol),
            symbol=symbol,
            as_of_utc=as_of,
            base_timeframe=self._timeframe,
            proposal=proposal,
            signals=self._engines[symbol].view(),
            sentiment=_heard(known, self._sentiment, symbol, as_of),
            book=self._empty_book(symbol),
            record=self._hearings.record(proposal),
        )

    def _empty_book(self, symbol: str) -> BookView:
        return BookView(
            equity=float(self._settings.venue.starting_cash),
            deployed_fraction=0.0,
            drawdown=0.0,
            day_return=0.0,
            var_1d=0.0,
            es_1d=0.0,
            held=(),
            worst_correlation=None,
            last_sigma=self._window.last_sigma(symbol),
            losses_in_a_row=0,
            breaker=None,
        )


def spoken_of(proposal: NetVote, hearing: Hearing | None, atr_quote: float | None) -> Spoken:
    """What is voted for one market, and how the court ruled. `atr_quote`: its average true range [quote]."""
    side = 0 if not proposal.opens else -1 if proposal.is_short else 1
    said = Spoken(
        opens=side,
        closes_long=proposal.closes(short=False),
        closes_short=proposal.closes(short=True),
        silent=proposal.direction is Direction.NONE,
        conviction=proposal.conviction if side else 0.0,
        atr_quote=atr_quote,
        exposure=proposal.exposure,
        exit_price=proposal.exit_price,
        holds_bars=lasting(proposal.votes, short=proposal.is_short),
    )
    if hearing is None:
        return said._replace(scale=0.0)
    motion, analyst = hearing.case.motion, hearing.analyst
    argument = None
    if not isinstance(analyst, Abstained):
        belief = analyst.belief_in(short=proposal.is_short)
        argument = Argument(speaker=f"{hearing.speaker('analyst')}/analyst", belief=belief)
    return said._replace(
        scale=hearing.ruling.scale,
        record=NO_RECORD if motion.record is None else motion.record.voters,
        argument=argument,
    )


def _heard(known: Known, reader: SentimentReader, symbol: str, as_of: datetime) -> SentimentData:
    return known.heard.get(symbol) or reader.read(symbol, as_of)


class _Hearings:
    """The rules court of one tape, and what its cases teach."""

    def __init__(self, tape: Tape, settings: Settings, contexts: tuple[Context, ...], runner: asyncio.Runner) -> None:
        rules = RulesMind(settings.court, settings.limits)
        seats = settings.court.seats
        mind = rules if len(set(seats)) == len(ROLES) else Seated(rules, seats)
        self._court = Court(Bench(mind, Off(), _unjudged, settings.court.role_deadline_s))
        self._runner, self._contexts = runner, contexts
        barriers = Barriers.of(describe(settings, tape, _KEY))
        self._learner = Learner(barriers, settings.limits.record_prior) if learns(settings) else None
        self._bar = 0
        self._free_at: dict[str, int] = {}

    def record(self, proposal: NetVote) -> CaseRecord | None:
        """What is known of the voters of a proposal, if a rule of the profile asks."""
        return None if self._learner is None else self._learner.of(proposal.votes, short=proposal.is_short)

    def hear(self, now: Slice, cases: list[Case], voted: list[Voted]) -> tuple[Hearing, ...]:
        """Hear the cases of a bar, and learn what the bar has ended."""
        heard = self._runner.run(self._court.hear(tuple(cases))) if cases else ()
        if self._learner is not None:
            counted = [hearing for hearing in heard if self._counts(hearing.case.symbol)]
            self._learner.close(now, voted, [context.name for context in self._contexts], counted)
        self._bar += 1
        return heard

    def _counts(self, symbol: str) -> bool:
        """Whether a case of this market is followed: one at a time."""
        if self._bar < self._free_at.get(symbol, 0):
            return False
        self._free_at[symbol] = self._bar + HORIZON_BARS
        return True


def _unjudged(proposal: Proposal) -> Verdict:
    """No gate: the kernel's judges each proposal, on the account of the moment."""
    return Verdict(
        decision_id=proposal.decision_id,
        symbol=proposal.symbol,
        as_of_utc=proposal.as_of_utc,
        outcome=Outcome.REFUSED,
        binding_rule="gate_error",
        rules=(),
    )
