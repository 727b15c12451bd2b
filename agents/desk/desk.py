"""The desk: everything that a cycle needs, in one frozen value. The profile decides its parts; the cycle does not know them.

Backtest, paper and replay differ in the parts of the desk and in nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from agents.approval.asking import Approvals
from agents.court.graph import Court
from agents.court.hearing import Hearing, Review
from agents.court.held.theses import Theses
from agents.court.minds.watchlist import Watchlist
from agents.court.reserved.dockets import ReservedDockets
from agents.court.showing.showing import Showing
from agents.desk.arrivals import Arrivals
from agents.desk.reviewer import Reviewer
from agents.desk.steered.parts import Parts
from agents.desk.steered.seats import Seats
from agents.desk.steered.state import Steers
from agents.memory.cases import Memory
from agents.memory.learning import Learner
from agents.outages.watch import OutageWatch
from agents.records.account import Standing
from agents.records.record import Dropped, ExitDecision
from agents.shadow.sitting import ShadowCourt
from agents.strategies.contexts import Context
from agents.strategies.facts import SentimentReader
from agents.strategies.vote import NetVote
from config.clock import BarClock
from config.settings import Settings
from execution.account.trader import Trader
from execution.journal.event import Sink
from execution.kill_switch.halting import Sale
from market.context.engine import ContextEngine
from market.indicators.engine import SignalEngine
from market.timeframe import Timeframe
from rl.serving.monitor import Demotion


class RuledBetween(NamedTuple):
    """What came of rulings that were there between two bars."""

    reviews: tuple[Review, ...] = ()
    hearings: tuple[Hearing, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    exits: tuple[ExitDecision, ...] = ()


class Rejected(NamedTuple):
    """What was entered at once and then rejected by models: the decision, and why, in words."""

    decision_id: str
    why: str


class Tally:
    """Counters of a session: the number of bars, the hash of all slices so far; what was sold and ruled since the last bar, and
    what its voters said."""

    def __init__(self) -> None:
        self.bars = 0
        self.data_hash = "0" * 64
        self._sold: tuple[Sale, ...] = ()
        self._ruled = RuledBetween()
        self.proposals: Mapping[str, NetVote] = {}
        """What the voters said at the last bar, by symbol."""
        self.parts: Mapping[str, float] = {}
        """What the policy left of the shares that they wanted at it, by symbol."""

    def sold(self, sales: tuple[Sale, ...]) -> None:
        """Note sales between two bars, for the record of the next one."""
        self._sold += sales

    def take_sold(self) -> tuple[Sale, ...]:
        """The sales since the last bar, which count as told."""
        sold, self._sold = self._sold, ()
        return sold

    def ruled(self, there: RuledBetween) -> None:
        """Note what the court has ruled between two bars, for the record of the next one."""
        before = self._ruled
        self._ruled = RuledBetween(
            (*before.reviews, *there.reviews),
            (*before.hearings, *there.hearings),
            (*before.dropped, *there.dropped),
            (*before.exits, *there.exits),
        )

    def take_ruled(self) -> RuledBetween:
        """What the court has ruled since the last bar, which counts as told."""
        ruled, self._ruled = self._ruled, RuledBetween()
        return ruled


@dataclass(frozen=True, slots=True)
class Desk:
    """One session's parts."""

    settings: Settings
    symbols: tuple[str, ...]
    timeframe: Timeframe
    clock: BarClock
    arrivals: Arrivals
    engines: Mapping[str, SignalEngine]
    sentiment: SentimentReader
    contexts: tuple[Context, ...]
    court: Court
    approvals: Approvals
    memory: Memory | None
    learner: Learner | None
    watchlist: Watchlist | None
    trader: Trader
    sink: Sink
    tally: Tally
    watch: OutageWatch
    theses: Theses
    """On which theses positions were opened."""
    seats: Seats
    """The models that sit from the next hearing on."""
    parts: Parts | None = None
    """What a changed profile replaces in a session that runs; None in a replay."""
    reserved: ReservedDockets | None = None
    """The cases whose rulings come later; None where every ruling is there at once."""
    context: ContextEngine | None = None
    """Gives what is known of a market beside its bars; None if the profile asks for none."""
    demotion: Demotion | None = None
    """Watches the live results of a policy that changes sizes; None if there is no such policy."""
    reviewer: Reviewer | None = None
    """The policy that reviews positions by shares; None if there is no policy."""
    standing: Standing | None = None
    """How the account of a real exchange stood at the start; None for any other account."""
    showing: Showing | None = None
    """Completes the cases for models; None if none sit, or the profile shows them no more than signals."""
    fast: Court | None = None
    """The court of the rules mind that lets a share be entered at once; None where nothing is entered before a ruling."""
    shadow: ShadowCourt | None = None
    """The court that hears the same cases aside; None if the profile names none, or nobody keeps what it says."""
    rejected: dict[str, Rejected] = field(default_factory=dict)
    """What models have rejected of what was entered before their ruling, by symbol, until it is not held any more."""
    steers: Steers = field(default_factory=Steers)
    """What operators have asked of the session."""
    due: dict[str, datetime] = field(default_factory=dict)
    """Until when what was voted for is to be held, by symbol (`agents.horizons`)."""
