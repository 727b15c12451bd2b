"""The desk: everything that a cycle needs, in one frozen place. A profile decides what stands in it; no cycle asks.

Backtest, paper and replay differ in what is put here and in nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agents.approval.asking import Approvals
from agents.court.graph import Court
from agents.court.minds.watchlist import Watchlist
from agents.desk.arrivals import Arrivals
from agents.memory.cases import Memory
from agents.outages.watch import OutageWatch
from agents.strategies.contexts import Context
from config.clock import BarClock
from config.settings import Settings
from execution.account.trader import Trader
from execution.journal.event import Sink
from market.indicators.engine import SignalEngine
from market.timeframe import Timeframe
from sentiment.headline import SentimentData


class SentimentReader(Protocol):
    """Says what was known of a symbol's news at a moment."""

    def read(self, symbol: str, as_of: datetime) -> SentimentData: ...


class Tally:
    """What a session counts from bar to bar: the number of the bar, and the hash of all slices so far."""

    def __init__(self) -> None:
        self.bars = 0
        self.data_hash = "0" * 64


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
    watchlist: Watchlist | None
    trader: Trader
    sink: Sink
    tally: Tally
    watch: OutageWatch
