"""The simulated exchange: it computes fills from recorded or simulated bars, in the same way for paper and backtest.

The price moves from the open to the low, the high and the close. The low comes before the high because every position here is
long, so a stop is met before a target in the same bar. Orders that arrive between two bars trade at the open of the next one,
at a price that is worse by the movement during their latency (`latency`). Orders that arrive after the open (the stop of a
position that was just bought) rest during the rest of the bar.

A bar whose prices are doubted (`Slice.doubtful`) fills only stops and market exits, from its open down to its low; it fills no
entry and no limit order.

It checks the gate's seal on each order, as a real venue's adapter does. It keeps its own account from its own trades, and the
trader compares the ledger with it. A symbol without a bar does not trade.

Funding is settled before the trading at the open, for the position at that time, at the price of the open; without a bar, at the
last close.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from config.sections.venue import VenueSettings
from execution.exact import exact_decimal
from execution.reports import Fill, Funding, OrderState, OrderStatus, VenueAccount, VenueReport
from execution.simulated.account import SpotAccount
from execution.simulated.book_model import BarBook, BookModel
from execution.simulated.funding import funding_on
from execution.simulated.latency import Latency
from execution.simulated.matching import DONE, MatchingCore
from execution.simulated.shown_books import ShownBooks
from market.bar import Bar, Slice
from market.book import Book
from market.instrument import Instrument
from risk.order import Order, Seal

_NOTHING = VenueReport()


class SimulatedVenue:
    """A venue that is driven through bars. Orders trade in order of symbol, then of acceptance."""

    def __init__(self, instruments: Mapping[str, Instrument], settings: VenueSettings, seal: Seal) -> None:
        self._instruments = dict(sorted(instruments.items()))
        self._seal = seal
        self._account = SpotAccount(settings.starting_cash)
        model, latency = BookModel(settings), Latency(settings.latency_ms)
        self._floors = {name: _Floor(rules, model, latency, self._account) for name, rules in self._instruments.items()}
        self._books = ShownBooks(self._instruments, settings)
        self._open: dict[str, Order] = {}
        self._last_states: dict[str, OrderState] = {}
        self._now = datetime.min.replace(tzinfo=UTC)

    def instruments(self) -> dict[str, Instrument]:
        """Trading rules by symbol."""
        return dict(self._instruments)

    def book(self, symbol: str) -> Book | None:
        """The model's book around the last close."""
        return self._books.book(symbol)

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        """Nothing: its account is compared at every bar, and its books follow from the bars."""
        return VenueReport()

    async def account(self) -> VenueAccount:
        """Cash and quantities in the exchange's own account."""
        return VenueAccount.of_ours(cash=self._account.cash, held=self._account.holdings(), members={})

    async def open_orders(self) -> tuple[Order, ...]:
        """Accepted and not yet done, oldest first."""
        return tuple(self._open.values())

    async def submit(self, order: Order) -> VenueReport:
        """Accept a sealed order; it trades from the next bar on. A forged or repeated order changes nothing."""
        self._now = max(self._now, order.created_utc)
        if not self._seal.verify(order):
            return self._refuse(order, "the risk gate has not signed this order")
        if known := self._last_states.get(order.order_id):
            return self._refuse(order, f"duplicate order id: the first order stays as it is ({known.status.value})")
        floor = self._floors.get(order.symbol)
        if floor is None:
            return self._refuse(order, f"unknown symbol {order.symbol}")
        self._open[order.order_id] = order
        return self._noted(floor.submit(order, self._now))

    async def cancel(self, order_id: str) -> VenueReport:
        """Withdraw an open order. An order that is done is reported unchanged; an unknown id gives an empty report."""
        if order := self._open.get(order_id):
            return self._noted(self._floors[order.symbol].core.cancel(order_id, self._now))
        known = self._last_states.get(order_id)
        return VenueReport(states=(known,) if known else ())

    async def hear(self) -> None:
        """Nothing trades here between two bars, so there is never a report."""

    async def on_open(self, shown: Slice) -> VenueReport:
        """Funding, then trading at the open of these bars, against the open book of each."""
        funding = tuple(self._settled(shown)) if shown.funding else ()
        report = self._trading(shown, _Floor.open)
        return report.model_copy(update={"funding": funding}) if funding else report

    async def on_slice(self, shown: Slice) -> VenueReport:
        """Trading during the rest of these bars; orders at market wait for the next open."""
        self._now = max(self._now, shown.close_utc)
        self._books.see(shown)
        return self._trading(shown, _Floor.walk)

    def _trading(self, shown: Slice, part: Callable[["_Floor", Bar, bool], Iterable[VenueReport]]) -> VenueReport:
        states: list[OrderState] = []
        fills: list[Fill] = []
        for symbol, floor in self._floors.items():
            bar, doubted = shown.bars.get(symbol), False
            if bar is None:
                bar, doubted = shown.doubtful.get(symbol), True
            if bar is None:
                continue
            for report in part(floor, bar, doubted):
                states.extend(report.states)
                fills.extend(report.fills)
        return self._noted(VenueReport(states=tuple(states), fills=tuple(fills))) if states else _NOTHING

    def _settled(self, shown: Slice) -> Iterable[Funding]:
        """Charge the account the funding that is due on its positions."""
        for due in shown.funding:
            held, floor = self._account.held(due.symbol), self._floors.get(due.symbol)
            if not held or floor is None:
                continue
            bar = shown.bars.get(due.symbol)
            funding = funding_on(due, held, exact_decimal(floor.last_close if bar is None else bar.open))
            self._account.pay(funding.amount)
            yield funding

    def _refuse(self, order: Order, note: str) -> VenueReport:
        state = OrderState(
            order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol,
            status=OrderStatus.REJECTED, at_utc=self._now, note=note,
        )  # fmt: skip
        return VenueReport(states=(state,))

    def _noted(self, report: VenueReport) -> VenueReport:
        for state in report.states:
            self._last_states[state.order_id] = state
            if state.status in DONE:
                self._open.pop(state.order_id, None)
        return report


class _Floor:
    """The market of one symbol: its matching core, the liquidity of the present bar, and the shared account."""

    def __init__(self, instrument: Instrument, model: BookModel, latency: Latency, account: SpotAccount) -> None:
        self.core = MatchingCore(instrument, self)
        self._instrument = instrument
        self._model = model
        self._latency = latency
        self._account = account
        self._moving = False
        self._book: BarBook | None = None
        self.last_close = 0.0

    @property
    def cash(self) -> Decimal:
        return self._account.cash

    def held(self, symbol: str) -> Decimal:
        return self._account.held(symbol)

    def settle(self, fill: Fill) -> None:
        self._account.settle(fill)
        if self._book is not None:
            self._book.take(fill.side, fill.quantity)

    def submit(self, order: Order, at: datetime) -> VenueReport:
        """Accept an order. Between the open of a bar and its close, the price is moving."""
        return self.core.submit(order, at, moving=self._moving)

    def open(self, bar: Bar, exits_only: bool) -> Iterable[VenueReport]:
        """Trade against the book at the open, if that triggers an order."""
        self._moving, self._book = True, None
        if self.core.idle:
            return
        start, sent_by = exact_decimal(bar.open), self._latency.sent_by(bar)
        if self.core.trades_at(start, exits_only=exits_only, sent_by=sent_by):
            book = self._bar_book(bar)
            late = {side: book.prices_at(self._latency.price(bar, side), side) for side in self.core.arriving(sent_by)}
            yield self.core.on_book(
                book.book_at(start), bar.open_utc, start, exits_only=exits_only, late=late, sent_by=sent_by
            )

    def walk(self, bar: Bar, exits_only: bool) -> Iterable[VenueReport]:
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
