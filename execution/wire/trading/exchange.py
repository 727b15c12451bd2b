"""The exchange behind the wire: it takes orders, keeps balances, and trades as the market moves.

Orders, books and fills are those of the matching core that the simulated exchange in process uses. What only this protocol has is
done here: orders that wait for a price and then become a limit or a market order, immediate or cancel, pairs of which one order
cancels the other, and balances that open orders lock. It takes any order of the account's owner: there is no gate at an exchange.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from config.clock import to_ms
from config.sections.venue import VenueSettings
from execution.exact import EXACT, ZERO, exact_decimal, floor_to
from execution.reports import Fill, Liquidity, OrderState, OrderStatus, VenueReport
from execution.simulated.book_model import BookModel
from execution.simulated.latency import Latency
from execution.wire.trading import events, refusals
from execution.wire.trading.floor import Floor
from execution.wire.trading.ledger import OrderLedger
from execution.wire.trading.market import MOMENTS, PlayedMarket
from execution.wire.trading.offers import accepts, bought_for, check_money, passed, reached
from execution.wire.trading.orders import Json, Pair, Print, Trade, WireOrder
from execution.wire.trading.purse import Purse
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import Wanted, check_counts, check_filters
from market.instrument import Instrument
from risk.order import OrderKind, Side

_RESTS = {
    "LIMIT": OrderKind.LIMIT,
    "LIMIT_MAKER": OrderKind.LIMIT,
    "MARKET": OrderKind.MARKET,
    "STOP_LOSS": OrderKind.STOP,
}
"""Types that the matching core knows from the start; the others wait here for their price."""
_PRINTS = 999
_BECOMES = {
    "STOP_LOSS_LIMIT": OrderKind.LIMIT, "TAKE_PROFIT_LIMIT": OrderKind.LIMIT, "TAKE_PROFIT": OrderKind.MARKET,
}  # fmt: skip


class Exchange:
    """One account on one market. `told` receives each event of the account as it happens."""

    perpetual = False
    """Whether its markets are perpetuals."""

    def __init__(
        self,
        market: PlayedMarket,
        instruments: Mapping[str, Instrument],
        settings: VenueSettings,
        balances: Mapping[str, Decimal],
        *,
        fee_in_quote: bool = False,
        told: Callable[[Json], None] = lambda _: None,
    ) -> None:
        model, latency = BookModel(settings), Latency(settings.latency_ms)
        self.market = market
        self.purse = Purse(balances, fee_in_quote=fee_in_quote)
        self.ledger = OrderLedger()
        self.told = told
        self.changed: Callable[[], None] = lambda: None
        """Called when the market has moved or an order was taken."""
        self.now: Callable[[], datetime] = lambda: market.now
        self.floors: Mapping[str, Floor] = {
            name: self._floor_of(rules, model, latency) for name, rules in sorted(instruments.items())
        }
        self.changes = 1
        """How often a book may have changed."""
        self.prints: dict[str, list[Print]] = {name.replace("/", ""): [] for name in self.floors}
        self._markets = {name.replace("/", ""): name for name in self.floors}
        self._open_bars()

    def _floor_of(self, rules: Instrument, model: BookModel, latency: Latency) -> Floor:
        """A new market."""
        return Floor(rules, model, latency, self.purse)

    def floor(self, symbol: str) -> Floor:
        """The market of a symbol as the wire spells it. Raises Refused."""
        if symbol not in self._markets:
            raise Refused(refusals.BAD_SYMBOL)
        return self.floors[self._markets[symbol]]

    def symbols(self) -> dict[str, str]:
        """BASE/QUOTE by the spelling of the wire."""
        return dict(self._markets)

    # Time

    def step(self) -> None:
        """Move to the next moment of the market: the low of the bar, its high, or its close with the next open."""
        self.market.moment += 1
        bars = self.market.forming
        ending = self.market.moment == MOMENTS
        at = self.market.now
        for name, floor in self.floors.items():
            if name in bars:
                bar = bars[name]
                self._move(floor, exact_decimal((bar.low, bar.high, bar.close)[self.market.moment - 1]), at)
        if ending:
            self.market.close_bar()
            self._open_bars()
        self.changed()

    def advance(self) -> None:
        """Move to the open of the next bar."""
        while True:
            self.step()
            if not self.market.moment:
                return

    def _open_bars(self) -> None:
        for name, floor in self.floors.items():
            bar = self.market.forming.get(name)
            if bar is None:
                floor.dark()
                continue
            self._book(floor.begin(bar, self.market.now))
            for order in self._waiting(floor, floor.price, floor.price):
                self._trigger(floor, order)

    def _move(self, floor: Floor, to: Decimal, at: datetime) -> None:
        """Move a price, and stop on the way where an order waits."""
        start = floor.price
        for order in self._waiting(floor, min(start, to), max(start, to)):
            if order.open:
                stop = min(max(order.stop_price, min(start, to)), max(start, to))
                self._book(floor.move(stop, at))
                if order.open:
                    self._trigger(floor, order)
        self._book(floor.move(to, at))
        share = floor_to(
            exact_decimal(self.market.forming[floor.instrument.symbol].volume) / MOMENTS, floor.instrument.lot_size
        )
        self._print(floor, to, share, buyer_made=to < start)

    def _print(self, floor: Floor, price: Decimal, quantity: Decimal, *, buyer_made: bool) -> None:
        """Show a trade to everybody; the newest thousand are kept."""
        self.changes += 1
        symbol = floor.instrument.symbol.replace("/", "")
        if quantity:
            trade = Print(self.changes, symbol, price, quantity, to_ms(self.now()), buyer_made)
            self.prints[symbol] = [*self.prints[symbol][-_PRINTS:], trade]

    def _waiting(self, floor: Floor, low: Decimal, high: Decimal) -> list[WireOrder]:
        """The orders that a movement between these prices triggers, in the order in which the price meets them."""
        orders = self.ledger.open_orders(floor.instrument.symbol.replace("/", ""))
        met = [order for order in orders if order.waits and reached(order, low, high)]
        return sorted(met, key=lambda order: abs(order.stop_price - floor.price))

    def _trigger(self, floor: Floor, order: WireOrder) -> None:
        order.waits = False
        self._end_others(order)
        self._book(floor.arrive(order.for_core(self.now(), _BECOMES[order.type]), self.now()))
        self._end_remainder(floor, order)

    # Orders

    def check(self, symbol: str, wanted: Wanted) -> None:
        """Refuse an order that would not be accepted. Raises Refused."""
        floor = self.floor(symbol)
        check_filters(wanted, floor.instrument, floor.price)
        check_counts(wanted, [order.type for order in self.ledger.open_orders(symbol)])
        if wanted.client_id is not None and self.ledger.taken(symbol, wanted.client_id):
            raise Refused(refusals.DUPLICATE)
        if wanted.stop_price and passed(wanted, floor.price):
            raise Refused(refusals.WOULD_TRIGGER)
        offered = floor.offered(wanted.side)
        if wanted.type == "LIMIT_MAKER" and offered and accepts(wanted, offered[0].price):
            raise Refused(refusals.WOULD_TAKE)
        check_money(floor, wanted, self.purse)

    def place(self, symbol: str, wanted: Wanted) -> WireOrder:
        """Take an order; what can trade at once has traded. Raises Refused."""
        self.check(symbol, wanted)
        floor = self.floor(symbol)
        order = self._order(symbol, floor, wanted)
        self._enter(floor, [order])
        return order

    def place_pair(self, symbol: str, client_id: str | None, above: Wanted, below: Wanted) -> Pair:
        """Take two orders of which one cancels the other. Raises Refused."""
        floor = self.floor(symbol)
        if not below.acts_at < floor.price < above.acts_at:
            raise Refused(refusals.WRONG_PRICES)
        if client_id is not None and any(pair.open and pair.client_id == client_id for pair in self.ledger.pairs()):
            raise Refused(refusals.DUPLICATE)
        for wanted in (above, below):
            self.check(symbol, wanted)
        number = self.ledger.next_number()
        legs = (self._order(symbol, floor, above, number), self._order(symbol, floor, below, number))
        pair = Pair(number, client_id or f"sim-list-{number}", symbol, to_ms(self.now()), legs)
        self.ledger.add_pair(pair)
        self._enter(floor, list(legs), pair)
        return pair

    def cancel(self, order: WireOrder, cancel_id: str | None = None) -> None:
        """Withdraw an open order, and with it the other of its pair. Raises Refused if it is done."""
        if not order.open:
            raise Refused(refusals.UNKNOWN_ORDER)
        for each in self._legs(order):
            if each.open:
                self._withdraw(each, "CANCELED", cancel_id)

    def _legs(self, order: WireOrder) -> Iterable[WireOrder]:
        return (order,) if order.pair < 0 else self.ledger.pair(order.pair, None).legs

    def _withdraw(self, order: WireOrder, status: str, cancel_id: str | None = None) -> None:
        """End an open order, here or in the core."""
        self.floors[order.market].core.cancel(str(order.number), self.now())
        order.cancel_id = cancel_id or f"sim-cancel-{order.number}"
        self._end(order, status)

    def _order(self, symbol: str, floor: Floor, wanted: Wanted, pair: int = -1) -> WireOrder:
        number, at_ms = self.ledger.next_number(), to_ms(self.now())
        return WireOrder(
            number=number, client_id=wanted.client_id or f"sim-{number}", symbol=symbol, market=floor.instrument.symbol,
            side=wanted.side, type=wanted.type, time_in_force=wanted.time_in_force,
            quantity=wanted.quantity or bought_for(floor, wanted), price=wanted.price, stop_price=wanted.stop_price,
            at_ms=at_ms, updated_ms=at_ms, quote_quantity=wanted.quote_quantity, pair=pair, waits=wanted.type in _BECOMES,
        )  # fmt: skip

    def _enter(self, floor: Floor, orders: list[WireOrder], pair: Pair | None = None) -> None:
        for order in orders:
            self.ledger.add(order)
            self._lock(order)
            self._tell(order, "NEW", to_ms(self.now()))
        if pair is not None:
            self.told(events.pair_changed(pair, to_ms(self.now())))
        self._tell_balances(orders[0])
        for order in orders:
            if order.open and not order.waits and not self._dies_unfilled(floor, order):
                self._book(floor.arrive(order.for_core(self.now(), _RESTS[order.type]), self.now()))
                self._end_remainder(floor, order)
        self.changed()

    def _dies_unfilled(self, floor: Floor, order: WireOrder) -> bool:
        """Whether it is fill or kill, and the book does not offer all of it; it then ends."""
        if order.time_in_force != "FOK":
            return False
        offered = sum((level.quantity for level in floor.offered(order.side) if accepts(order, level.price)), ZERO)
        if offered < order.quantity:
            self._end(order, "EXPIRED")
        return offered < order.quantity

    def _end_remainder(self, floor: Floor, order: WireOrder) -> None:
        """What does not rest ends when it has met the book."""
        if order.open and (order.time_in_force in ("IOC", "FOK") or order.type in ("MARKET", "TAKE_PROFIT")):
            self._withdraw(order, "EXPIRED")

    # Money

    def _lock(self, order: WireOrder) -> None:
        """Lock what the open orders under its key need: a pair needs the larger of its two."""
        rules = self.floors[order.market].instrument
        coin = rules.base if order.side is Side.SELL else rules.quote
        needs = [self._needs(each, rules) for each in self._legs(order) if each.open]
        self.purse.lock(order.lock_key, coin, max(needs, default=ZERO))

    def _needs(self, order: WireOrder, rules: Instrument) -> Decimal:
        if order.side is Side.SELL:
            return order.remaining
        return self.purse.cost(EXACT.multiply(order.remaining, order.price or order.stop_price), rules)

    # What the core reports

    def _book(self, report: VenueReport) -> None:
        """Enter what the core reports, each trade before the states that follow from it."""
        for fill in report.fills:
            self._fill(fill)
        for state in report.states:
            self._state(state)

    def _fill(self, fill: Fill) -> None:
        order, at_ms = self.ledger.by_core_id(fill.order_id), to_ms(self.now())
        fee, coin = self._fee(fill, order)
        trade = Trade(
            self.ledger.next_trade(), fill.quantity, fill.price, fee, coin, fill.liquidity is Liquidity.MAKER, at_ms
        )
        self.ledger.add_trade(order, trade)
        self._print(
            self.floors[order.market], fill.price, fill.quantity, buyer_made=trade.maker == (fill.side is Side.BUY)
        )
        order.executed = EXACT.add(order.executed, fill.quantity)
        order.spent = EXACT.add(order.spent, EXACT.multiply(fill.quantity, fill.price))
        if order.open:  # the other of its pair may have ended it in the same moment; it then stays ended
            order.status = "PARTIALLY_FILLED" if order.remaining else "FILLED"
        order.updated_ms = at_ms
        if not order.open:
            self.ledger.done(order)
        self._lock(order)
        self._tell(order, "TRADE", at_ms, trade)
        self._tell_balances(order)
        self._end_others(order)

    def _fee(self, fill: Fill, order: WireOrder) -> tuple[Decimal, str]:
        """The fee of a trade, and its coin."""
        return self.purse.fee(fill, self.floors[order.market].instrument)

    def _end_others(self, order: WireOrder) -> None:
        """An order of a pair has begun to trade: the other one ends."""
        for other in self._legs(order):
            if other is not order and other.open:
                self._withdraw(other, "EXPIRED")

    def _state(self, state: OrderState) -> None:
        order = self.ledger.by_core_id(state.order_id)
        if order.open and state.status in (OrderStatus.CANCELLED, OrderStatus.REJECTED):
            self._end(order, "EXPIRED")

    def _end(self, order: WireOrder, status: str) -> None:
        order.status, order.updated_ms, order.waits = status, to_ms(self.now()), False
        self.ledger.done(order)
        self._lock(order)
        self._tell(order, status, order.updated_ms)
        if order.pair >= 0 and not (pair := self.ledger.pair(order.pair, None)).open:
            self.told(events.pair_changed(pair, order.updated_ms))
        self._tell_balances(order)

    def _tell(self, order: WireOrder, what: str, at_ms: int, trade: Trade | None = None) -> None:
        self.told(events.execution(order, what, at_ms, trade))

    def _tell_balances(self, order: WireOrder) -> None:
        rules = self.floors[order.market].instrument
        self.told(events.balances(self.purse, (rules.base, rules.quote), to_ms(self.now())))
