"""What the triggers of the emergency stop measure in a session on the clock (`config/sections/emergency/table.py`).

Prices and orders are read from events, those of a resumed run's past included. It decides nothing:
`execution.kill_switch.triggers` holds each figure against its limit, and what the session reads of that is journaled.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Protocol

from agents.records.inputs import Arrived
from agents.records.record import CycleRecord
from config.clock import Clock
from config.frozen import Journaled
from config.settings import Settings
from execution.journal.event import Sink
from execution.journal.lasting import LastingJournal
from execution.kill_switch.triggers import Figure
from execution.reports import SentOrder
from market.book import Book

_MINUTES_5 = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_REMEMBERED_H = 7 * 24
_SEEN = 2
"""How many prices, one after the other, must show a fall: one alone may be wrong."""


class Quotes(Protocol):
    """The closed bars of a live feed (`market.live.feed.LiveFeed`)."""

    @property
    def next_close(self) -> datetime: ...
    def now(self) -> datetime: ...


class Connection(Protocol):
    """The exchange that takes orders (`execution.venues.exchange.venue.ExchangeVenue`)."""

    def silent_s(self) -> float | None: ...
    def share_failed(self) -> float | None: ...
    def book(self, symbol: str) -> Book | None: ...


class Falls:
    """The fall of each market below its highest price of late."""

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._prices: dict[str, deque[tuple[datetime, float]]] = {}

    def note(self, symbol: str, at: datetime, price: float) -> None:
        """Take a price. One that is not later than the last, or the same, says nothing new."""
        seen = self._prices.setdefault(symbol, deque())
        if seen and (at <= seen[-1][0] or price == seen[-1][1]):
            return
        seen.append((at, price))
        while seen[0][0] < at - self._window:
            seen.popleft()

    def deepest(self) -> float:
        """The deepest fall of any market that its last two prices show [fraction]."""
        return max((self._fall(list(seen)) for seen in self._prices.values()), default=0.0)

    def _fall(self, seen: Sequence[tuple[datetime, float]]) -> float:
        if len(seen) <= _SEEN:
            return 0.0
        top = max(price for _, price in seen[:-_SEEN])
        return max(0.0, min(1.0 - price / top for _, price in seen[-_SEEN:]))


class OrderRate:
    """Orders and proposals of the last hour, against the median of the hours before, of up to a week.

    Hours without any count not: the median is that of hours in which something happened, and three a market at least, since a
    position alone is an entry and two stops.
    """

    def __init__(self, markets: int) -> None:
        self._least = 3 * max(1, markets)
        self._hours: tuple[Counter[int], Counter[int]] = Counter(), Counter()
        self._latest: tuple[deque[tuple[datetime, int]], deque[tuple[datetime, int]]] = deque(), deque()
        self._now: datetime | None = None

    def hear(self, event: Journaled) -> None:
        """Count what an event tells of."""
        if isinstance(event, CycleRecord):
            self._count(1, event.as_of_utc, len(event.hearings))
        elif event.event_kind == SentOrder.event_kind:
            self._count(0, event.created_utc, 1)  # type: ignore[attr-defined]  # an intent, which has no name up here

    def __call__(self) -> float:
        """The larger of the two multiples."""
        return max(self._multiple(0), self._multiple(1))

    def _count(self, what: int, at: datetime, more: int) -> None:
        self._now = at if self._now is None else max(self._now, at)
        if not more:
            return
        hours, latest = self._hours[what], self._latest[what]
        hours[_hour(at)] += more
        while len(hours) > _REMEMBERED_H:
            del hours[min(hours)]
        latest.append((at, more))
        while latest[0][0] <= at - _HOUR:
            latest.popleft()

    def _multiple(self, what: int) -> float:
        if self._now is None:
            return 0.0
        lately = sum(more for at, more in self._latest[what] if at > self._now - _HOUR)
        before = [
            count for hour, count in self._hours[what].items() if hour < _hour(self._now) and count
        ]  # the present hour is not over
        return lately / max(float(median(before)) if before else 0.0, float(self._least))


class Overheard:
    """A sink whose events the figures hear, past ones too."""

    def __init__(self, sink: Sink, falls: Falls, rate: OrderRate) -> None:
        self._sink, self._falls, self._rate = sink, falls, rate

    def append(self, event: Journaled) -> int:
        """Write an event, then count it."""
        number = self._sink.append(event)
        if isinstance(event, Arrived):
            for symbol, bar in event.tape.bars.items():
                self._falls.note(symbol, bar.close_utc, bar.close)
        self._rate.hear(event)
        return number


class Figures:
    """The figures of one session. `venue` and `feed` are there once they are open."""

    def __init__(
        self, settings: Settings, symbols: Sequence[str], bar: timedelta, clock: Clock, journal: LastingJournal | None
    ) -> None:
        self.falls, self.rate = Falls(max(_MINUTES_5, bar + timedelta(seconds=1))), OrderRate(len(symbols))
        self._symbols, self._clock, self._journal = tuple(symbols), clock, journal
        self.venue: Connection | None = None
        self.feed: Quotes | None = None

    def by_name(self) -> Mapping[str, Figure]:
        """Each figure by the name of its trigger."""
        return {
            "venue_unreachable": lambda: None if self.venue is None else self.venue.silent_s(),
            "error_rate": lambda: None if self.venue is None else self.venue.share_failed(),
            "feeds_stale": self._overdue_s,
            "flash_crash": self._fall,
            "journal_lost": self._lost_s,
            "order_rate": self.rate,
        }

    def touch(self, symbols: Sequence[str]) -> dict[str, tuple[Decimal, Decimal]]:
        """The best bid and ask of these markets at an exchange that takes orders; those that are not known are left out."""
        books = {symbol: None if self.venue is None else self.venue.book(symbol) for symbol in symbols}
        return {
            symbol: (book.bids[0].price, book.asks[0].price)
            for symbol, book in books.items()
            if book is not None and book.bids and book.asks
        }

    def _overdue_s(self) -> float | None:
        return None if self.feed is None else max(0.0, (self.feed.now() - self.feed.next_close).total_seconds())

    def _fall(self) -> float:
        if self.venue is not None:
            for symbol in self._symbols:
                book = self.venue.book(symbol)
                if book is not None and book.bids and book.asks:
                    middle = (book.bids[0].price + book.asks[0].price) / 2
                    self.falls.note(symbol, self._clock.now(), float(middle))
        return self.falls.deepest()

    def _lost_s(self) -> float:
        lost = None if self._journal is None else self._journal.lost
        return 0.0 if lost is None else (self._clock.now() - lost.since_utc).total_seconds()


def _hour(at: datetime) -> int:
    return int(at.timestamp() // 3600)
