"""A venue that repeats the reports of a journal, each in answer to the same question as then."""

from collections.abc import Iterable
from typing import Protocol

from config.frozen import Journaled
from config.sections.venue import VenueSettings
from execution.reports import HEARD, LOOK, NOTHING, VenueAccount, VenueReport, VenueWord, asked
from execution.simulated.shown_books import ShownBooks
from market.bar import Slice
from market.book import Book
from market.instrument import Instrument
from risk.order import Order


class Peek(Protocol):
    """Shows the journal's next event without taking it."""

    def peek(self) -> Journaled | None: ...


class RecordedVenue:
    """Answers from the journal. To a question that is not the recorded one it gives an empty report, and the comparison of events
    shows the difference. Its books are those of the simulated exchange, computed again from the recorded bars."""

    def __init__(self, journal: Peek, instruments: dict[str, Instrument], settings: VenueSettings) -> None:
        self._journal = journal
        self._instruments = instruments
        self._books = ShownBooks(instruments, settings)

    def instruments(self) -> dict[str, Instrument]:
        return dict(self._instruments)

    async def submit(self, order: Order) -> VenueReport:
        return self._answer(f"submit {order.order_id}")

    async def cancel(self, order_id: str) -> VenueReport:
        return self._answer(f"cancel {order_id}")

    async def hear(self) -> VenueReport | None:
        """The report that the venue sent between bars, if it is the next event of the journal. It never waits."""
        report = self._answer(HEARD)
        return None if report == NOTHING else report

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        return self._answer(LOOK)

    async def on_open(self, shown: Slice) -> VenueReport:
        return self._answer(asked("open", shown))

    async def on_slice(self, shown: Slice) -> VenueReport:
        self._books.see(shown)
        return self._answer(asked("bar", shown))

    def book(self, symbol: str) -> Book | None:
        return self._books.book(symbol)

    async def account(self) -> VenueAccount | None:
        return None

    async def open_orders(self) -> tuple[Order, ...]:
        return ()

    def _answer(self, question: str) -> VenueReport:
        following = self._journal.peek()
        if isinstance(following, VenueWord) and following.asked == question:
            return following.report
        return VenueReport()
