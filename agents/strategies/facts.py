"""What a voter may read beside the signals and its window: all that a case knows before the court, at the same moment.

A voter asks for it with an argument called `facts`: `vote(self, now, facts)`, or `vote(self, now, bars, facts)`. Each part is
made when a voter reads it, and not before: a voter that reads none costs nothing. Nothing in it is newer than the bar that has
just closed, and nothing can be written to.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from config.errors import UsageFault
from market.context.view import MarketContext
from market.indicators.window import Bars
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction
from sentiment.headline import SentimentData


class SentimentReader(Protocol):
    """Gives what was known of a symbol's news at a time."""

    def read(self, symbol: str, as_of: datetime) -> SentimentData: ...


class ContextReader(Protocol):
    """Gives what was known of a market beside its bars at a time."""

    def read(self, symbol: str, as_of: datetime) -> MarketContext: ...


class Indicators(Protocol):
    """The indicators of one symbol (`market.indicators.engine.SignalEngine`)."""

    def signals(self, timeframe: Timeframe) -> TechnicalSignals | None: ...
    def view(self) -> Mapping[Timeframe, TechnicalSignals]: ...


class Proposed(NamedTuple):
    """What somebody outside of the session has proposed of a market, and the surface on which (`cli`, `mcp`, `file`)."""

    direction: Direction
    via: str


class Knowing(Protocol):
    """What is known at one bar close, of each symbol. It is asked for what a voter reads, and for nothing else."""

    def signals(self, symbol: str) -> Mapping[Timeframe, TechnicalSignals]: ...
    def sentiment(self, symbol: str) -> SentimentData | None: ...
    def context(self, symbol: str) -> MarketContext | None: ...
    def peers(self) -> Mapping[str, TechnicalSignals]: ...
    def proposed(self, symbol: str) -> Proposed | None: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one symbol at the close of a bar."""

    symbol: str
    as_of_utc: datetime
    known: Knowing = field(repr=False)
    kept: Callable[[], Mapping[str, Bars]] = field(default=dict, repr=False)
    """Gives the voter's own windows."""

    @property
    def signals(self) -> Mapping[Timeframe, TechnicalSignals]:
        """The signals of every timeframe that has a closed bar: `facts.signals.get("1d")`."""
        return MappingProxyType(dict(self.known.signals(self.symbol)))

    @property
    def sentiment(self) -> SentimentData | None:
        """What is known of the news; None where the session reads none. What a voter reads of it is journaled."""
        return self.known.sentiment(self.symbol)

    @property
    def context(self) -> MarketContext | None:
        """What is known of the market beside its bars; None where the profile asks for none."""
        return self.known.context(self.symbol)

    @property
    def peers(self) -> Mapping[str, TechnicalSignals]:
        """The signals of the session's symbols that have a bar at this close, this one included, by symbol."""
        return MappingProxyType(dict(self.known.peers()))

    @property
    def proposed(self) -> Proposed | None:
        """What was proposed of the market from outside, while it counts; None for nothing, and wherever no session runs."""
        return self.known.proposed(self.symbol)

    @property
    def windows(self) -> Mapping[str, Bars]:
        """The voter's own window on each market with a bar at this close, by symbol, as far as they are full."""
        return MappingProxyType(dict(self.kept()))


class Known:
    """What a session knows at one bar close. `heard` holds the sentiment that was read so far, by symbol."""

    def __init__(
        self,
        as_of: datetime,
        timeframe: Timeframe,
        engines: Mapping[str, Indicators],
        present: Iterable[str],
        sentiment: SentimentReader | None = None,
        context: ContextReader | None = None,
        proposed: Mapping[str, Proposed] = MappingProxyType({}),
    ) -> None:
        """`present`: the symbols that have a bar at this close. Their engines have read it. `proposed`: what counts of proposals
        from outside, by symbol."""
        self.heard: dict[str, SentimentData] = {}
        self._as_of, self._timeframe = as_of, timeframe
        self._engines, self._present = engines, present
        self._sentiment, self._context, self._proposed = sentiment, context, proposed
        self._peers: dict[str, TechnicalSignals] | None = None

    def signals(self, symbol: str) -> Mapping[Timeframe, TechnicalSignals]:
        """The signals of all timeframes that have a closed bar."""
        return self._engines[symbol].view()

    def sentiment(self, symbol: str) -> SentimentData | None:
        """What is known of a symbol's news. It is read once a bar, so that voters and court read the same."""
        if self._sentiment is None:
            return None
        if symbol not in self.heard:
            self.heard[symbol] = self._sentiment.read(symbol, self._as_of)
        return self.heard[symbol]

    def context(self, symbol: str) -> MarketContext | None:
        """What is known of a market beside its bars."""
        return None if self._context is None else self._context.read(symbol, self._as_of)

    def base(self, symbol: str) -> TechnicalSignals | None:
        """The signals of the base timeframe."""
        return self._engines[symbol].signals(self._timeframe)

    def peers(self) -> Mapping[str, TechnicalSignals]:
        """The signals of the base timeframe of all symbols with a bar at this close."""
        if self._peers is None:
            told = ((symbol, self.base(symbol)) for symbol in self._present)
            self._peers = {symbol: signals for symbol, signals in told if signals is not None}
        return self._peers

    def proposed(self, symbol: str) -> Proposed | None:
        """What was proposed of a market from outside."""
        return self._proposed.get(symbol)


class Alone:
    """What is known where one market's signals are all there is: no news, no context, no other market."""

    def __init__(self, now: TechnicalSignals) -> None:
        self._now = now

    def signals(self, symbol: str) -> Mapping[Timeframe, TechnicalSignals]:
        """The signals of the one timeframe."""
        return {self._now.timeframe: self._now}

    def sentiment(self, symbol: str) -> None:
        """Nothing."""

    def context(self, symbol: str) -> None:
        """Nothing."""

    def peers(self) -> Mapping[str, TechnicalSignals]:
        """The market itself."""
        return {self._now.symbol: self._now}

    def proposed(self, symbol: str) -> None:
        """Nothing."""


class BarsAlone(Known):
    """What is known where only bars are read (the fast engine, and votes that are cast ahead). It refuses what it cannot know."""

    def sentiment(self, symbol: str) -> SentimentData | None:
        """Raises UsageFault."""
        raise _unread("news")

    def context(self, symbol: str) -> MarketContext | None:
        """Raises UsageFault."""
        raise _unread("the figures beside the bars (`facts.context`)")


class Told:
    """The signals of one symbol at one bar, kept."""

    def __init__(self, view: Mapping[Timeframe, TechnicalSignals]) -> None:
        self._view = view

    def signals(self, timeframe: Timeframe) -> TechnicalSignals | None:
        """The signals of one timeframe."""
        return self._view.get(timeframe)

    def view(self) -> Mapping[Timeframe, TechnicalSignals]:
        """The signals of all timeframes that have a closed bar."""
        return self._view


def _unread(what: str) -> UsageFault:
    return UsageFault(
        f"A voter reads {what}, and votes that are cast from bars alone do not know it. Nothing was judged. Leave that voter out "
        "here; `run`, `backtest` and `ablation` hear it."
    )


def facts_of(now: TechnicalSignals, known: Knowing | None = None) -> Facts:
    """The facts of the symbol of these signals, at their close."""
    return Facts(now.symbol, now.close_utc, known or Alone(now))
