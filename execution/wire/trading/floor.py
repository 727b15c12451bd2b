"""The market of one symbol: the matching core, the present bar, and the book that is shown.

It trades as the simulated exchange in process does, with the same model of books and latency. One thing differs: an order that
comes while a bar forms meets the present book at once, because a client over the wire waits for no bar. What is taken from a book
stays gone until the price moves.
"""

from datetime import datetime
from decimal import Decimal

from execution.exact import EXACT, ZERO, exact_decimal
from execution.reports import NOTHING, Fill, VenueReport
from execution.simulated.account import most_on_spot
from execution.simulated.book_model import BarBook, BookModel
from execution.simulated.latency import Latency, bar_sigma
from execution.simulated.matching import MatchingCore
from execution.wire.trading.purse import Purse
from market.bar import Bar
from market.book import Book, Level
from market.instrument import Instrument
from risk.order import Order, Side

_EMPTY = Book((), ())


class Floor:
    """One market. It is also the account that its core sees: the balances of the purse in its two coins."""

    def __init__(self, instrument: Instrument, model: BookModel, latency: Latency, purse: Purse) -> None:
        self.instrument = instrument
        self.core = MatchingCore(purse.rules(instrument), self)
        self._model, self._latency, self._purse = model, latency, purse
        self._bar: Bar | None = None
        self._liquidity: BarBook | None = None
        self._shown: Book | None = None
        self._at_open = False
        self.price = ZERO
        self.version = 1
        """How often the shown book may have changed."""

    def most(self, order: Order, price: Decimal, fee_bps: Decimal, rules: Instrument) -> Decimal:
        """What the quote coins pay for, or what there is of the base coin, locked or free [base]."""
        cash, held = self._purse.total(self.instrument.quote), self._purse.total(self.instrument.base)
        return most_on_spot(cash, held, order.side, price, fee_bps, rules.lot_size)

    def settle(self, fill: Fill) -> None:
        """Book a trade, and take its quantity out of the present bar's liquidity."""
        self._purse.settle(fill, self.instrument)
        if self._liquidity is not None:
            self._liquidity.take(fill.side, fill.quantity)

    def begin(self, bar: Bar, at: datetime) -> VenueReport:
        """Begin a bar: resting orders meet the book at its open."""
        self._bar, self._at_open = bar, True
        self._liquidity = self._model.bar(self.instrument, bar.volume, bar_sigma(bar.high, bar.low))
        self.price, self._shown = exact_decimal(bar.open), None
        self.version += 1
        return self._meet(at) if self.core.trades_at(self.price) else NOTHING

    def dark(self) -> None:
        """There is no bar now: the price stands, and no book is shown."""
        self._bar, self._liquidity, self._shown, self._at_open = None, None, None, False
        self.version += 1

    def thin(self, taker: Side, leave: Decimal) -> None:
        """Take liquidity away until only so much is left for takers of this side in this bar [base]."""
        if self._liquidity is not None:
            self._liquidity.take(taker, max(ZERO, EXACT.subtract(self._liquidity.left(taker), leave)))
            self._shown = None
            self.version += 1

    def move(self, to: Decimal, at: datetime) -> VenueReport:
        """Move the traded price without a jump; what it touches on the way trades."""
        if self._liquidity is None:
            return NOTHING
        start, self.price, self._shown, self._at_open = self.price, to, None, False
        self.version += 1
        if not self.core.wakes(min(start, to), max(start, to)):
            return NOTHING
        return self.core.sweep(start, to, self._liquidity.book_at, at)

    def arrive(self, order: Order, at: datetime) -> VenueReport:
        """Take an order, which meets the present book at once."""
        accepted = self.core.submit(order, at)
        met = self._meet(at)
        return VenueReport(states=accepted.states + met.states, fills=accepted.fills + met.fills)

    def book(self) -> Book:
        """The book that is shown now, with emptied levels left in."""
        if self._shown is None:
            self._shown = _EMPTY if self._liquidity is None else self._liquidity.book_at(self.price)
        return self._shown

    def offered(self, taker: Side) -> list[Level]:
        """What a taker of this side would meet now, at the prices that an order pays which arrives now."""
        levels = self.book().asks if taker is Side.BUY else self.book().bids
        late = self._late({taker}).get(taker)
        if late is None:
            return list(levels)
        return [Level(price, level.quantity) for price, level in zip(late, levels, strict=False)]

    def _meet(self, at: datetime) -> VenueReport:
        if self._liquidity is None:
            return NOTHING
        late = self._late(self.core.arriving())
        book, before = self.book(), {side: self._liquidity.left(side) for side in Side}
        report = self.core.on_book(book, at, self.price, late=late)
        gone = {side: EXACT.subtract(before[side], self._liquidity.left(side)) for side in Side}
        self.version += any(gone.values())
        self._shown = Book(_without(book.bids, gone[Side.SELL]), _without(book.asks, gone[Side.BUY]))
        return report

    def _late(self, sides: set[Side]) -> dict[Side, list[Decimal]]:
        """The prices of the levels for orders that arrive at the open, by side: worse by the latency."""
        if self._bar is None or self._liquidity is None or not self._at_open:
            return {}
        return {side: self._liquidity.prices_at(self._latency.price(self._bar, side), side) for side in sides}


def _without(levels: tuple[Level, ...], quantity: Decimal) -> tuple[Level, ...]:
    """The levels after a quantity was taken from them, best first."""
    left = list[Level]()
    for level in levels:
        gone = min(quantity, level.quantity)
        left.append(Level(level.price, EXACT.subtract(level.quantity, gone)))
        quantity = EXACT.subtract(quantity, gone)
    return tuple(left)
