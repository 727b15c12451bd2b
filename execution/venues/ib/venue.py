"""Interactive Brokers behind the protocol of every venue (docs/decisions/064-a-broker-of-shares.md).

An entry with a trailing distance leaves together with its stop: parent and child are transmitted at once, and if the child is not
live the parent is withdrawn. The stop that the account places after the fill is that child: it is bound, and not sent again. A
stop whose child has gone is sent by itself.

No method raises because of what the broker answers or fails to answer. Nothing is sold but what this account's own orders have
bought. An order whose answer is lost is looked for among open orders and executions when the line is there again; an entry that
is nowhere counts as never taken, and is not sent a second time.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.clock import Clock, SystemClock, aware
from config.sections.brokers.ib import IbSettings
from execution.reports import NOTHING, CloseOnly, Fill, Liquidity, OrderState, OrderStatus, VenueAccount, VenueReport
from execution.venues.ib.line import LOOK_S, Line, exact
from execution.venues.ib.recovery import Recovery
from execution.venues.ib.tracked import ENDED, LIVE, Child, Shelf, Tracked
from execution.venues.ib.wires import STOP_MARK, Wires
from market.book import Book, Level
from market.instrument import Instrument
from risk.order import Order, OrderKind, Seal

if TYPE_CHECKING:
    import ib_async

BROKEN = "the gateway of Interactive Brokers does not answer"
"""Why all markets are close-only while the line is broken."""


class IbVenue:
    """One account at Interactive Brokers. Use `async with IbVenue.open(...)`: it closes its connection."""

    def __init__(self, line: Line, rules: dict[str, Instrument], seal: Seal, run: str, clock: Clock) -> None:
        """Use `open`."""
        self.line, self._rules, self._seal, self._clock = line, rules, seal, clock
        self._prefix = f"trib-{run}-"
        self._shelf = Shelf()
        self._wires = Wires(line, self._prefix)
        self._recovery = Recovery(line, self._shelf, self._prefix, self._book, self._say, self._fill_of)
        self._held: dict[str, Decimal] = {}
        self._words = deque[VenueReport]()
        self._stirred = asyncio.Event()
        self._asked = 0
        """How many questions are being answered: what is said meanwhile goes into an answer, or is heard after it."""
        self._told_broken = False
        line.ib.orderStatusEvent += self._on_status
        line.ib.commissionReportEvent += self._on_commission
        line.lost, line.returned = self._tell_line, self._on_return

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: IbSettings,
        *,
        default: Mapping[str, Instrument],
        key: bytes,
        run: str,
        clock: Clock | None = None,
    ) -> AsyncIterator["IbVenue"]:
        """Connect, verify the account, and read the rules of the markets.

        `default`: the markets, with the fees and the smallest order that the profile says. `key`: the journal's key, which gives
        the gate's seal. `run`: what tells this journal from every other, the same after a restart. Raises as `Line.open`.
        """
        clock = clock or SystemClock()
        async with Line.open(settings, tuple(default), clock) as line:
            yield cls(line, line.rules(default), Seal(key), run, clock)

    def instruments(self) -> dict[str, Instrument]:
        """Trading rules by symbol."""
        return dict(self._rules)

    def book(self, symbol: str) -> Book | None:
        """Best bid and ask, with their sizes; None before they were told. A side that the broker does not quote is empty."""
        listed = self.line.listed.get(symbol)
        ticker = None if listed is None or not self.line.is_up else self.line.ib.ticker(listed.contract)
        if ticker is None or ticker.bid != ticker.bid or ticker.ask != ticker.ask:  # not a number: never told
            return None
        return Book(bids=_side(ticker.bid, ticker.bidSize), asks=_side(ticker.ask, ticker.askSize))

    async def submit(self, order: Order) -> VenueReport:
        """Send an order, and wait a little for evidence. A forged, repeated or impossible order is refused and not sent."""
        if why := self._refusal(order):
            return self._refused(order, why)
        with self._answering():
            return await (self._leave(order) if order.reduce_only else self._enter(order))

    async def settle(self, order: Order) -> VenueReport:
        """Answer for an order whose intent is journaled and may have been sent before the session was broken off: it is looked
        for. An exit that is nowhere is sent; an entry is not, since the broker proves no absence."""
        if why := self._refusal(order):
            return self._refused(order, why)
        tracked = self._recovery.recovered(order)
        if tracked is None and order.reduce_only:
            with self._answering():
                return await self._leave(order)
        if tracked is None:
            return self._refused(order, "it is neither open nor traded at the broker: it was not sent again")
        return self._answer(tracked)

    async def cancel(self, order_id: str) -> VenueReport:
        """Withdraw an order, and wait for its final state. A done one is told as it is, with what is not heard of it yet."""
        tracked = self._shelf.of(order_id)
        if tracked is None:
            return NOTHING
        with self._answering():
            return await self._cancelled(tracked)

    async def _cancelled(self, tracked: Tracked) -> VenueReport:
        if not tracked.is_done:
            child = None if tracked.trade is None else self._shelf.child_of(tracked.trade)
            if child is not None and child.bound is not tracked:
                tracked.status, tracked.note = (
                    OrderStatus.CANCELLED,
                    "its place was taken by a later stop of the same position",
                )
            elif tracked.trade is not None and self.line.is_up:
                self.line.ib.cancelOrder(tracked.trade.order)
                await self._until(lambda: tracked.is_done)
        return self._answer(tracked)

    async def hear(self) -> VenueReport:
        """Wait for the next fills and states."""
        while self._asked or not self._words:
            self._stirred.clear()
            await self._stirred.wait()
        return self._words.popleft()

    async def account(self) -> VenueAccount | None:
        """All cash [quote] and shares by symbol. None while the line is broken, or while a fill is not heard."""
        cash = self.line.money("TotalCashBalance")
        if cash is None or not self.line.is_up or self._words or not self._all_booked():
            return None
        return VenueAccount(cash=cash, held=self.line.held())

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        """The account and the books of these markets, as received last, and where trailing stops have moved to."""
        books = {symbol: book for symbol in symbols if (book := self.book(symbol)) is not None}
        moved = [child.bound for child in self._shelf.children.values() if child.has_moved()]
        states = tuple(each.state(self._clock.now()) for each in moved if each is not None)
        return VenueReport(states=states, account=await self.account(), books=books)

    async def open_orders(self) -> tuple[Order, ...]:
        """The orders that were accepted and are not done, oldest first."""
        return tuple(each.order for each in self._shelf.alive() if each.status is not OrderStatus.UNKNOWN)

    def adopt(self, orders: Iterable[Order], trade_ids: Iterable[tuple[str, str]], held: Mapping[str, Decimal]) -> None:
        """Take over from the journal: orders that were answered and are not done, trades that are booked, and what the ledger
        holds by symbol [shares]. What happened since is heard."""
        self._held = dict(held)
        self._recovery.booked |= {trade_id for _, trade_id in trade_ids}
        for order in orders:
            if self._recovery.recovered(order) is None:
                note = "it was no longer at the broker when the session came back"
                lost = self._shelf.put(Tracked(order, order.quantity, None, OrderStatus.CANCELLED, note=note))
                self._say(lost)
        self._told_broken = False
        self._tell(VenueReport(close_only={}))

    def recall(self, decisions: Mapping[str, str], since: datetime | None, taken: Mapping[str, str]) -> None:
        """Shares pay no funding and are not liquidated here: there is nothing to recall."""

    def foreign(self) -> tuple[str, ...]:
        """Marks of open orders of this program that are those of another run."""
        refs = (trade.order.orderRef for trade in self.line.ib.openTrades())
        return tuple(ref for ref in refs if ref.startswith("trib-") and not ref.startswith(self._prefix))

    def silent_s(self) -> float | None:
        """How long the line has been broken [s]."""
        return self.line.silent_s()

    def share_failed(self) -> float | None:
        """Questions are not counted: the line is there or it is not."""
        return None

    # Sending

    def _refusal(self, order: Order) -> str:
        """Why an order is not sent; empty if it may be."""
        rules = self._rules.get(order.symbol)
        if not self._seal.verify(order):
            return "not signed by the gate as it stands"
        if self._shelf.of(order.order_id) is not None:
            return "duplicate: this order id was used already"
        if rules is None:
            return f"{order.symbol} is not traded here"
        if order.quantity != rules.round_quantity(order.quantity):
            return f"{order.quantity} is not a whole number of lots of {rules.lot_size}"
        for price in (order.limit_price, order.stop_price):
            if price is not None and price != rules.round_price(price):
                return f"{price} is not on the tick of {rules.tick_size}"
        if not self.line.is_up:
            return BROKEN
        return (
            "" if not order.reduce_only or self._free(order) > 0 else "nothing of it is held: there is nothing to sell"
        )

    def _free(self, order: Order) -> Decimal:
        """What an exit may sell: what is held and not being sold at market already [shares]."""
        sales = [each for each in self._shelf.alive() if each.order.reduce_only and each.order.kind is OrderKind.MARKET]
        selling = sum((each.quantity - each.filled for each in sales if each.order.symbol == order.symbol), Decimal(0))
        return self._held.get(order.symbol, Decimal(0)) - selling

    async def _enter(self, order: Order) -> VenueReport:
        tracked = self._shelf.put(Tracked(order, order.quantity))
        wire = self._wires.of(order, order.quantity)
        if order.trail_quote is None:
            tracked.trade = self._place(order.symbol, wire)
            return await self._evidence(tracked)
        wire.transmit = False
        stop = self._wires.trailing(order.quantity, order.trail_quote, f"{wire.orderRef}{STOP_MARK}")
        stop.parentId, stop.transmit = wire.orderId, True
        tracked.trade = self._place(order.symbol, wire)
        child = self._shelf.children[order.decision_id] = Child(self._place(order.symbol, stop), order.trail_quote)
        await self._until(lambda: tracked.status is not OrderStatus.UNKNOWN and _answered(child.trade))
        if not child.is_live and not tracked.is_done and child.trade.orderStatus.status != "Filled":
            why = next((entry.message for entry in reversed(child.trade.log) if entry.errorCode), "it was not answered")
            tracked.note = f"its stop is not live ({' '.join(why.split())}), so the entry was withdrawn"
            self.line.ib.cancelOrder(tracked.trade.order)
            await self._until(lambda: tracked.is_done)
        return self._answer(tracked)

    async def _leave(self, order: Order) -> VenueReport:
        quantity = min(order.quantity, self._free(order))
        child = None if order.trail_quote is None else self._shelf.children.get(order.decision_id)
        if child is not None and (child.is_live or child.early):
            return self._bind(order, quantity, child)
        tracked = self._shelf.put(Tracked(order, quantity))
        if order.trail_quote is not None:
            wire = self._wires.trailing(quantity, order.trail_quote, f"{self._prefix}{order.order_id}")
            if order.stop_price is not None:
                wire.trailStopPrice = float(order.stop_price)
            tracked.trade = self._place(order.symbol, wire)
            self._shelf.children[order.decision_id] = Child(tracked.trade, order.trail_quote, tracked)
        else:
            tracked.trade = self._place(order.symbol, self._wires.of(order, quantity))
        return await self._evidence(tracked)

    def _bind(self, order: Order, quantity: Decimal, child: Child) -> VenueReport:
        """The stop that the account asks for is the child that was attached to its entry."""
        entry = self._shelf.of(f"{order.decision_id}-e")
        tracked = self._shelf.put(
            Tracked(order, quantity, child.trade, OrderStatus.ACCEPTED, note="attached to the entry")
        )
        child.bound = tracked
        if (
            child.is_live
            and (entry is None or entry.is_done)
            and Decimal(repr(child.trade.order.totalQuantity)) != quantity
        ):
            child.trade.order.totalQuantity = float(quantity)
            self.line.ib.placeOrder(self.line.listed[order.symbol].contract, child.trade.order)
        answer = self._answer(tracked)
        early, child.early = child.early, []
        for fill in early:
            self._book(tracked, fill.model_copy(update={"order_id": order.order_id, "purpose": order.purpose}))
        return answer

    def _place(self, symbol: str, wire: "ib_async.Order") -> "ib_async.Trade":
        return self.line.ib.placeOrder(self.line.listed[symbol].contract, wire)

    async def _evidence(self, tracked: Tracked) -> VenueReport:
        await self._until(lambda: tracked.status is not OrderStatus.UNKNOWN)
        return self._answer(tracked)

    async def _until(self, there: Callable[[], bool]) -> None:
        """Wait until something is so, as long as an answer may take."""
        try:
            async with asyncio.timeout(self.line.settings.answer_s):
                while not there():
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            return

    # Hearing

    def _on_status(self, trade: "ib_async.Trade") -> None:
        tracked = self._shelf.of_trade(trade)
        if tracked is not None and tracked.follow():
            self._say(tracked)

    def _on_commission(self, trade: "ib_async.Trade", told: "ib_async.Fill", report: Any) -> None:
        self._hear_fill(trade, told)

    def _hear_fill(self, trade: "ib_async.Trade", told: "ib_async.Fill") -> None:
        tracked = self._shelf.of_trade(trade)
        child = self._shelf.child_of(trade)
        about = tracked if child is None else child.bound
        if about is None and child is None:
            return
        fill = self._fill_of(told, None if about is None else about.order)
        if fill.trade_id in self._recovery.booked:
            return
        if about is None:
            assert child is not None
            if all(each.trade_id != fill.trade_id for each in child.early):
                child.early.append(fill)
            return
        self._book(about, fill)

    def _book(self, tracked: Tracked, fill: Fill) -> None:
        """Report a fill with the state that follows from it."""
        if fill.trade_id in self._recovery.booked or not tracked.take(fill):
            return
        self._recovery.booked.add(fill.trade_id)
        self._held[fill.symbol] = self._held.get(fill.symbol, Decimal(0)) + fill.side.sign * fill.quantity
        tracked.follow()
        self._tell(VenueReport(fills=(fill,), states=(tracked.state(self._clock.now()),)))

    def _fill_of(self, told: "ib_async.Fill", order: Order | None) -> Fill:
        """A fill of the account. One of an attached stop that no order stands for yet is completed when one does."""
        done, fee = told.execution, told.commissionReport
        names = {listed.contract.conId: symbol for symbol, listed in self.line.listed.items()}
        ref = done.orderRef.removeprefix(self._prefix).removesuffix(STOP_MARK)
        entry = self._shelf.of(ref)
        about = order or (None if entry is None else entry.order)
        assert about is not None
        return Fill(
            trade_id=done.execId, order_id=about.order_id, decision_id=about.decision_id, symbol=names[told.contract.conId],
            side=about.side if order is not None else about.side.opposite, purpose=about.purpose, quantity=exact(done.shares),
            price=exact(done.price), fee=exact(fee.commission), fee_currency=fee.currency,
            liquidity=Liquidity.MAKER if done.lastLiquidity == 1 else Liquidity.TAKER, filled_utc=aware(done.time),
        )  # fmt: skip

    def _all_booked(self) -> bool:
        """Whether every execution of our orders that the broker has told was reported."""
        return all(
            fill.execution.execId in self._recovery.booked
            for fill in self.line.ib.fills()
            if fill.execution.orderRef.startswith(self._prefix)
        )

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """While a question is answered, nothing that belongs to its answer is heard beside it."""
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1
            self._stirred.set()

    def _tell(self, report: VenueReport) -> None:
        self._words.append(report)
        self._stirred.set()

    def _say(self, tracked: Tracked) -> None:
        self._tell(VenueReport(states=(tracked.state(self._clock.now()),)))

    def _answer(self, tracked: Tracked) -> VenueReport:
        """The state of an order, behind all that was not heard yet: its fills come before its end."""
        waiting = list(self._words)
        self._words.clear()
        closed = [each.close_only for each in waiting if each.close_only is not None]
        state = tracked.state(self._clock.now())
        told = [each for report in waiting for each in report.states if each.order_id != state.order_id]
        return VenueReport(
            states=(*told, state), fills=tuple(each for report in waiting for each in report.fills),
            close_only=closed[-1] if closed else None,
        )  # fmt: skip

    def _refused(self, order: Order, why: str) -> VenueReport:
        state = OrderState(
            order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=OrderStatus.REJECTED,
            at_utc=self._clock.now(), note=why,
        )  # fmt: skip
        return VenueReport(states=(state,))

    # The line

    def _tell_line(self) -> None:
        """The line is broken: no market takes new risk until it is there again."""
        if not self._told_broken:
            self._told_broken = True
            self._tell(VenueReport(close_only={name: CloseOnly(why=BROKEN) for name in self._rules}))

    def _on_return(self) -> None:
        """The line is there again: what was missed is heard, and orders without an answer are looked for."""
        self._told_broken = False
        self._tell(VenueReport(close_only={}))
        self._recovery.come_back()


def _answered(trade: "ib_async.Trade") -> bool:
    status = trade.orderStatus.status
    return status in LIVE or status in ENDED or status == "Filled"


def _side(price: float, size: float) -> tuple[Level, ...]:
    """One side of the book: its best level, if there is one."""
    return (Level(exact(price), exact(size)),) if price > 0 and size > 0 else ()
