"""The matching core of one market: it takes orders, books and price movements, and returns fills and order states.

Backtest, paper and any exchange simulator share it, so their fills cannot differ. All numbers are exact decimals.

- Time priority. An order trades level by level, never at a better price than the book or a worse one than its limit.
- A market order, a touched stop and a limit order on arrival take liquidity (taker fee). A resting limit order
  provides liquidity (maker fee): it fills at its own price when trading has passed it by a tick, for at most the
  quantity on the other side of the book.
- A market order uses the books of at most three slices; an exit continues until it is filled (law 4). One with a
  limit uses the first book only, up to its limit.
- No trade is larger than the account allows: spot is never short and cash is never negative, and what only reduces opens nothing.
- A fill of one order of a group reduces the other orders by the same quantity; an order with nothing left is
  cancelled.
- At doubtful prices (`exits_only`) only stops and market orders that reduce a position trade.

Between two prices it assumes only a continuous movement: a stop that is crossed on the way fills from the book at its
stop price; a stop that is already passed at the open fills from the open book.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from execution.exact import EXACT, ZERO, fee_on
from execution.reports import Fill, Liquidity, OrderState, OrderStatus, VenueReport
from execution.simulated.account import Account
from execution.simulated.filters import refusal, too_small
from execution.simulated.resting import Resting
from market.book import Book, Level
from market.instrument import Instrument
from risk.order import Order, OrderKind, Side

MARKET_SLICES = 3
"""Books that a market entry may use before its remainder is cancelled [slices]."""

DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})
"""Final states of an order."""


class MatchingCore:
    """The open orders of one instrument, and the rules by which they trade."""

    def __init__(self, instrument: Instrument, account: Account) -> None:
        self._instrument = instrument
        self._account = account
        self._open: dict[str, Resting] = {}
        self._states: list[OrderState] = []
        self._fills: list[Fill] = []

    def open_orders(self) -> tuple[Order, ...]:
        """The accepted orders that are not final, oldest first."""
        return tuple(resting.order for resting in self._open.values())

    @property
    def idle(self) -> bool:
        """Whether no order is open: then no book and no movement can change anything."""
        return not self._open

    def trades_at(self, last: Decimal, *, exits_only: bool = False, sent_by: datetime | None = None) -> bool:
        """Return whether a book around this traded price could change anything. Cheap: call it before a book is
        built.
        """
        return any(
            resting.is_there(sent_by) if resting.taking else resting.reached(last, last)
            for resting in self._trading(exits_only)
        )

    def arriving(self, sent_by: datetime | None = None) -> set[Side]:
        """Return the sides of the orders that take from the next book and have met no book before."""
        return {resting.order.side for resting in self._open.values() if resting.arrives and resting.is_there(sent_by)}

    def wakes(self, low: Decimal, high: Decimal, *, exits_only: bool = False) -> bool:
        """Return whether a movement between these two prices could change anything. Cheap, like `trades_at`."""
        return any(resting.reached(low, high) and not resting.taking for resting in self._trading(exits_only))

    def submit(self, order: Order, at: datetime, *, moving: bool = False) -> VenueReport:
        """Accept an order with a new id: ACCEPTED, or REJECTED with the filter's note.

        `moving`: the order comes between two sweeps, when there is no book to take from, so a limit order rests at
        once.
        """
        resting = Resting.accepted(order, self._instrument.tick_size)
        note = refusal(order, self._instrument) or self._unaffordable(order)
        if note:
            self._states.append(resting.state(OrderStatus.REJECTED, at, note))
        else:
            resting.taking = resting.taking and not (moving and order.kind is OrderKind.LIMIT)
            self._open[order.order_id] = resting
            self._states.append(resting.state(OrderStatus.ACCEPTED, at))
        return self._report()

    def cancel(self, order_id: str, at: datetime) -> VenueReport:
        """Cancel an open order; reports nothing for an order that is not open."""
        if resting := self._open.get(order_id):
            self._close(resting, OrderStatus.CANCELLED, at, "cancelled on request")
        return self._report()

    def on_book(
        self,
        book: Book,
        at: datetime,
        last: Decimal,
        *,
        exits_only: bool = False,
        late: Mapping[Side, Sequence[Decimal]] = MappingProxyType({}),
        sent_by: datetime | None = None,
    ) -> VenueReport:
        """Show the core a new book; `last` is the last traded price, which triggers stops.

        `late`: prices of the book's levels for orders that arrive just now. Orders newer than `sent_by` that would
        take liquidity are not at the venue yet.
        """
        sides = {Side.BUY: list(book.asks), Side.SELL: list(book.bids)}
        for resting in tuple(self._trading(exits_only)):
            if resting.order.order_id not in self._open or (resting.taking and not resting.is_there(sent_by)):
                continue
            order, levels = resting.order, sides[resting.order.side]
            if resting.arrives and order.side in late:
                self._arrive(resting, levels, late[order.side], at)
            elif resting.taking or (order.kind is OrderKind.STOP and resting.reached(last, last)):
                self._take(resting, levels, at)
            elif order.limit_price is not None and levels and resting.reached(levels[0].price, levels[0].price):
                crossed = _total(level for level in levels if resting.accepts(level.price))
                _drain(levels, self._make(resting, order.limit_price, crossed, at))
        return self._report()

    def sweep(
        self,
        start: Decimal,
        end: Decimal,
        book_at: Callable[[Decimal], Book],
        at: datetime,
        *,
        exits_only: bool = False,
    ) -> VenueReport:
        """Move the traded price from `start` to `end` without a jump, both included.

        `book_at` returns the book at a price, without the quantity that was already taken from it.
        """
        for resting, touched in self._woken(start, end, exits_only):
            order = resting.order
            if order.order_id not in self._open:
                continue
            book = book_at(touched if order.limit_price is None else order.limit_price)
            levels = book.asks if order.side is Side.BUY else book.bids
            if order.limit_price is None:
                self._take(resting, list(levels), at)
            else:
                self._make(resting, order.limit_price, _total(levels), at)
        return self._report()

    def _woken(self, start: Decimal, end: Decimal, exits_only: bool) -> list[tuple[Resting, Decimal]]:
        """Return the orders that a movement triggers, in its order, each with the traded price at which it does."""
        low, high = min(start, end), max(start, end)
        trading = self._trading(exits_only)
        woken = [resting for resting in trading if resting.reached(low, high) and not resting.taking]
        touched = [(resting, resting.touched_at(start)) for resting in woken]
        touched.sort(key=lambda each: abs(each[1] - start))
        return touched

    def _trading(self, exits_only: bool) -> Iterable[Resting]:
        if not exits_only:
            return self._open.values()
        return [resting for resting in self._open.values() if resting.is_urgent_exit]

    def _arrive(self, resting: Resting, levels: list[Level], late: Sequence[Decimal], at: datetime) -> None:
        """Trade through the levels at the prices for late orders; the quantity is gone for the other orders too."""
        met = [Level(price, level.quantity) for price, level in zip(late, levels, strict=False)]
        self._take(resting, met, at)
        levels[: len(met)] = [Level(level.price, left.quantity) for level, left in zip(levels, met, strict=False)]

    def _take(self, resting: Resting, levels: list[Level], at: datetime) -> None:
        """Trade through the levels and reduce them by the traded quantity."""
        order, before = resting.order, resting.filled
        if order.kind is OrderKind.MARKET and not resting.filled and levels:
            note = too_small(order.quantity, levels[0].price, self._instrument)
            if note:
                self._close(resting, OrderStatus.REJECTED, at, note)
                return
        resting.taking = order.kind is not OrderKind.LIMIT
        resting.books += 1
        short = False
        for index, level in enumerate(levels):
            if short or not resting.remaining or not resting.accepts(level.price):
                break
            wanted = min(resting.remaining, level.quantity)
            traded = self._trade(resting, wanted, level.price, Liquidity.TAKER, at)
            levels[index] = Level(level.price, EXACT.subtract(level.quantity, traded))
            short = traded < wanted
        self._conclude(resting, before, short, at)

    def _make(self, resting: Resting, price: Decimal, available: Decimal, at: datetime) -> Decimal:
        """Trade at the order's own limit for at most the available quantity; returns the quantity [base]."""
        before, wanted = resting.filled, min(resting.remaining, available)
        traded = self._trade(resting, wanted, price, Liquidity.MAKER, at) if wanted else ZERO
        self._conclude(resting, before, traded < wanted, at)
        return traded

    def _trade(self, resting: Resting, wanted: Decimal, price: Decimal, liquidity: Liquidity, at: datetime) -> Decimal:
        """Trade the wanted quantity, or less if the account cannot; returns the quantity [base]."""
        order, rules = resting.order, self._instrument
        fee_bps = rules.taker_fee_bps if liquidity is Liquidity.TAKER else rules.maker_fee_bps
        quantity = min(wanted, self._account.most(order, price, fee_bps, rules))
        if quantity <= 0:
            return ZERO
        fill = Fill(
            trade_id=f"{order.order_id}-{resting.trades + 1}", order_id=order.order_id, decision_id=order.decision_id,
            symbol=order.symbol, side=order.side, purpose=order.purpose, quantity=quantity, price=price,
            fee=fee_on(EXACT.multiply(quantity, price), fee_bps), fee_currency=rules.quote, liquidity=liquidity,
            filled_utc=at,
        )  # fmt: skip
        if not self._settles(fill, at):
            return ZERO
        resting.trades += 1
        resting.filled = EXACT.add(resting.filled, quantity)
        resting.remaining = EXACT.subtract(resting.remaining, quantity)
        self._fills.append(fill)
        return quantity

    def _settles(self, fill: Fill, at: datetime) -> bool:
        """Settle a trade with the account; False if the exchange did something else instead, and reported it."""
        self._account.settle(fill)
        return True

    def _conclude(self, resting: Resting, before: Decimal, short: bool, at: datetime) -> None:
        """Report the state of an order after an attempt, then reduce the rest of its group by its fill.

        `before` is the filled quantity before the attempt [base]; `short`: the account could not trade what the book
        offered.
        """
        order = resting.order
        if order.order_id not in self._open:
            return  # the exchange has ended it meanwhile
        books = 1 if order.capped else MARKET_SLICES
        worked_out = resting.taking and not order.reduce_only and resting.books >= books
        if not resting.remaining:
            self._close(resting, OrderStatus.FILLED, at)
        elif short and order.reduce_only:
            what = "sell" if order.side is Side.SELL else "buy back"
            self._close(resting, OrderStatus.CANCELLED, at, f"nothing more is held to {what}")
        elif short:
            status = OrderStatus.CANCELLED if resting.filled else OrderStatus.REJECTED
            self._close(resting, status, at, f"insufficient funds for the remaining {resting.remaining}")
        elif worked_out:
            offered = (
                f"no more was {'offered up' if order.side is Side.BUY else 'bid down'} to {order.limit_price}"
                if order.capped
                else f"no more liquidity in {MARKET_SLICES} slices"
            )
            note = f"{offered} for the remaining {resting.remaining}"
            self._close(resting, OrderStatus.CANCELLED, at, note)
        elif resting.filled > before:
            self._states.append(resting.state(OrderStatus.PARTIAL, at))
        if order.oco_group is not None and resting.filled > before:
            self._reduce_group(resting, EXACT.subtract(resting.filled, before), at)

    def _reduce_group(self, filled: Resting, quantity: Decimal, at: datetime) -> None:
        for other in tuple(self._open.values()):
            if other is filled or other.order.oco_group != filled.order.oco_group:
                continue
            other.remaining = EXACT.subtract(other.remaining, min(quantity, other.remaining))
            note = f"{filled.order.order_id} of its group was filled for {quantity}"
            if other.remaining:
                self._states.append(other.state(other.open_status, at, f"{note}: {other.remaining} remains"))
            else:
                self._close(other, OrderStatus.CANCELLED, at, note)

    def _close(self, resting: Resting, status: OrderStatus, at: datetime, note: str = "") -> None:
        del self._open[resting.order.order_id]
        self._states.append(resting.state(status, at, note))

    def _unaffordable(self, order: Order) -> str:
        """Return why the account cannot pay for a priced entry; a market order is judged when it trades."""
        price, rules = order.limit_price or order.stop_price, self._instrument
        if order.reduce_only or price is None or order.kind is OrderKind.MARKET:
            return ""
        most = self._account.most(order, price, rules.taker_fee_bps, rules)
        return "" if order.quantity <= most else f"insufficient funds: the cash pays for {most} {rules.base} at {price}"

    def _report(self) -> VenueReport:
        report = VenueReport(states=tuple(self._states), fills=tuple(self._fills))
        self._states.clear()
        self._fills.clear()
        return report


def _total(levels: Iterable[Level]) -> Decimal:
    return sum((level.quantity for level in levels), ZERO)


def _drain(levels: list[Level], quantity: Decimal) -> None:
    """Remove a traded quantity from the levels, best first."""
    for index, level in enumerate(levels):
        gone = min(quantity, level.quantity)
        levels[index] = Level(level.price, EXACT.subtract(level.quantity, gone))
        quantity = EXACT.subtract(quantity, gone)
