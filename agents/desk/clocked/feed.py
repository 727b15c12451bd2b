"""Live bars and news as the inputs of a session, and the inputs that a resumed session had before.

News are read when the bars of a close have arrived, and never waited for: what was told until then is what the decision knows.
The session journals both before it decides. In the past of a resumed run the journal gives them, and nobody is asked.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from agents.desk.steered.news import Newsroom
from agents.records.inputs import Arrived, Between
from agents.strategies.facts import SentimentReader
from config.errors import JournalFault
from market.bar import Slice
from sentiment.headline import SentimentData

Recorded = Callable[[], Arrived | Between | None]
"""The next event of a journal, if it is one that reached the session from outside."""


class LiveBars(Protocol):
    """Closed bars as they close (`market.live.feed.LiveFeed`)."""

    def now(self) -> datetime: ...
    async def next(self) -> Slice | None: ...


class ToldSentiment:
    """The news as they were when the last bars arrived; where none were told with them, what `otherwise` knows."""

    def __init__(self, otherwise: SentimentReader) -> None:
        self._otherwise = otherwise
        self._told: dict[str, SentimentData] = {}

    def tell(self, arrived: Arrived) -> Arrived:
        """From now on, these are the news."""
        self._told = arrived.sentiment
        return arrived

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        told = self._told.get(symbol)
        return self._otherwise.read(symbol, as_of) if told is None else told


class ClockedFeed:
    """Live bars, each with the news of the moment at which they arrived; without any where there is no source."""

    def __init__(self, bars: LiveBars, news: Newsroom, told: ToldSentiment, symbols: Sequence[str]) -> None:
        self._bars = bars
        self._news = news
        self._told = told
        self._symbols = tuple(symbols)

    async def next(self) -> Arrived | None:
        """Wait for the bars of the next close; None at the end."""
        shown = await self._bars.next()
        if shown is None:
            return None
        at = max(shown.close_utc, self._bars.now())
        heard = {}
        if self._news.names_sources:
            heard = {symbol: self._news.read(symbol, at) for symbol in self._symbols}
        return self._told.tell(Arrived(at_utc=at, tape=shown, sentiment=heard))


class ResumedFeed:
    """The bars and news of the journal up to its end, then those of a live feed."""

    def __init__(self, recorded: Recorded, live: ClockedFeed, told: ToldSentiment, past: Callable[[], bool]) -> None:
        self._recorded = recorded
        self._live = live
        self._told = told
        self._past = past

    async def next(self) -> Arrived | None:
        """The next bars. Raises JournalFault where the journal goes on with something else."""
        if not self._past():
            return await self._live.next()
        came = self._recorded()
        if not isinstance(came, Arrived):
            raise JournalFault(
                "The run cannot be resumed: its journal goes on with something that no bar of the feed begins. Nothing was "
                "written. Start a new run."
            )
        return self._told.tell(came)
