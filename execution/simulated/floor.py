"""The market of one symbol on the simulated spot exchange: how a bar reaches the matching core.

The price moves from the open to the low, the high and the close. The low comes before the high because every position here is
long, so a stop is met before a target in the same bar.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from execution.exact import exact_decimal
from execution.reports import Fill, VenueReport
from execution.simulated.account import Account
from execution.simulated.book_model import BarBook, BookModel
from execution.simulated.latency import Latency
from execution.simulated.matching import MatchingCore
from market.bar import Bar, MarkBar
from market.instrument import Instrument
from risk.order import Order


class SpotFloor:
    """The market of one symbol: its matching core, the liquidity of the present bar, and the shared account."""

    def __init__(self, instrument: Instrument, model: BookModel, latency: Latency, account: Account) -> None:
        self.core = MatchingCore(instrument, self)
        self._instrument = instrument
        self._model = model
        self._latency = latency
        self._account = account
        self._moving = False
        self._book: BarBook | None = None
        self.last_close = 0.0

    def most(self, order: Order, price: Decimal, fee_bps: Decimal, rules: Instrument) -> Decimal:
        return self._account.most(order, price, fee_bps, rules)

    def settle(self, fill: Fill) -> None:
        self._account.settle(fill)
        if self._book is not None:
            self._book.take(fill.side, fill.quantity)

    def submit(self, order: Order, at: datetime) -> VenueReport:
        """Accept an order. Between the open of a bar and its close, the price is moving."""
        return self.core.submit(order, at, moving=self._moving)

    def begin(self, bar: Bar, exits_only: bool, mark: MarkBar | None = None) -> Iterable[VenueReport]:
        """Trade against the book at the open, if that triggers an order. `mark`: the mark price, which spot has not."""
        self._moving, self._book = True, None
        if not self.core.idle:
            yield from self._meet(bar, exits_only, exact_decimal(bar.open))

    def _meet(self, bar: Bar, exits_only: bool, triggers: Decimal) -> Iterable[VenueReport]:
        """Trade against the book at the open; `triggers`: the price that triggers stops."""
        start, sent_by = exact_decimal(bar.open), self._latency.sent_by(bar)
        if any(self.core.trades_at(price, exits_only=exits_only, sent_by=sent_by) for price in {start, triggers}):
            book = self._bar_book(bar)
            late = {side: book.prices_at(self._latency.price(bar, side), side) for side in self.core.arriving(sent_by)}
            yield self.core.on_book(
                book.book_at(start), bar.open_utc, triggers, exits_only=exits_only, late=late, sent_by=sent_by
            )

    def walk(self, bar: Bar, exits_only: bool, mark: MarkBar | None = None) -> Iterable[VenueReport]:
        """Trade from the open to the close, if that triggers an order, with the liquidity that the open left."""
        if not self.core.idle:
            yield from self._walk(bar, exits_only)
        self._moving = False
        if not exits_only:
            self.last_close = bar.close

    def _walk(self, bar: Bar, exits_only: bool) -> Iterable[VenueReport]:
        low, high = exact_decimal(bar.low), exact_decimal(bar.high)
        if not self.core.wakes(low, high, exits_only=exits_only):
            return
        book, start = self._bar_book(bar), exact_decimal(bar.open)
        for end in (low, high, exact_decimal(bar.close)):
            yield self.core.sweep(start, end, book.book_at, bar.close_utc, exits_only=exits_only)
            start = end

    def _bar_book(self, bar: Bar) -> BarBook:
        if self._book is None:
            self._book = self._model.of(self._instrument, bar)
        return self._book
