"""The simulated exchange: it computes fills from recorded or simulated bars, in the same way for paper and backtest.

The price moves from the open to the low, the high and the close (`floor`); where a short is held, the high comes first, and
positions on perpetuals are liquidated on the mark price (`margined`). Orders that arrive between two bars trade at the open of
the next one, at a price that is worse by the movement during their latency (`latency`). Orders that arrive after the open (the
stop of a position that was just opened) rest during the rest of the bar.

A bar whose prices are doubted (`Slice.doubtful`) fills only stops and market exits, from its open down to its low, or up to its
high for a short; it fills no entry and no limit order.

It checks the gate's seal on each order, as a real venue's adapter does. It keeps its own account from its own trades, and the
trader compares the ledger with it. A symbol without a bar does not trade.

Funding is settled before the trading at the open, for the position at that time, at the mark price of the open, or else at the
traded one; without a bar, at the last close. A short receives what a long pays.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from config.sections.market import PerpetualsSettings
from config.sections.venue import VenueSettings
from execution.exact import exact_decimal
from execution.reports import NOTHING, Fill, Funding, OrderState, OrderStatus, VenueAccount, VenueReport
from execution.simulated.account import SpotAccount
from execution.simulated.book_model import BookModel
from execution.simulated.floor import SpotFloor
from execution.simulated.funding import funding_on
from execution.simulated.latency import Latency
from execution.simulated.margined.account import MarginAccount
from execution.simulated.margined.floor import MarginFloor
from execution.simulated.matching import DONE
from execution.simulated.shown_books import ShownBooks
from market.bar import Slice
from market.book import Book
from market.instrument import Instrument
from risk.order import Order, Seal


class SimulatedVenue:
    """A venue that is driven through bars. Orders trade in order of symbol, then of acceptance."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        settings: VenueSettings,
        seal: Seal,
        perpetuals: PerpetualsSettings | None = None,
    ) -> None:
        """`perpetuals`: leverage and trigger, if the markets are perpetuals; None for spot."""
        self._instruments = dict(sorted(instruments.items()))
        self._seal = seal
        model, latency = BookModel(settings), Latency(settings.latency_ms)
        self._account: SpotAccount | MarginAccount
        self._floors: dict[str, SpotFloor] = {}
        if perpetuals is None:
            spot = self._account = SpotAccount(settings.starting_cash)
            for name, rules in self._instruments.items():
                self._floors[name] = SpotFloor(rules, model, latency, spot)
        else:
            margin = self._account = MarginAccount(settings.starting_cash, self._instruments, perpetuals.leverage)
            for name, rules in self._instruments.items():
                self._floors[name] = MarginFloor(rules, model, latency, margin, perpetuals.trigger)
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
        """Cash, or the wallet of perpetuals, and signed quantities in the exchange's own account."""
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
        report = self._trading(shown, opens=True)
        return report.model_copy(update={"funding": funding}) if funding else report

    async def on_slice(self, shown: Slice) -> VenueReport:
        """Trading during the rest of these bars; orders at market wait for the next open."""
        self._now = max(self._now, shown.close_utc)
        self._books.see(shown)
        return self._trading(shown, opens=False)

    def _trading(self, shown: Slice, *, opens: bool) -> VenueReport:
        states: list[OrderState] = []
        fills: list[Fill] = []
        bars, doubtful, marks = shown.bars, shown.doubtful, shown.marks
        for symbol, floor in self._floors.items():
            bar, doubted = bars.get(symbol), False
            if bar is None:
                bar, doubted = doubtful.get(symbol), True
            if bar is None:
                continue
            mark = marks.get(symbol)
            for report in floor.begin(bar, doubted, mark) if opens else floor.walk(bar, doubted, mark):
                states.extend(report.states)
                fills.extend(report.fills)
        return self._noted(VenueReport(states=tuple(states), fills=tuple(fills))) if states else NOTHING

    def _settled(self, shown: Slice) -> Iterable[Funding]:
        """Charge the account the funding that is due on its positions."""
        for due in shown.funding:
            held, floor = self._account.held(due.symbol), self._floors.get(due.symbol)
            if not held or floor is None:
                continue
            bar = shown.marks.get(due.symbol) or shown.bars.get(due.symbol)
            funding = funding_on(due, held, exact_decimal(floor.last_close if bar is None else bar.open))
            paid = self._account.pay(funding.amount, due.symbol)
            yield funding if paid == funding.amount else funding.model_copy(update={"amount": paid})

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
