"""The dealer: sends what the gate has signed, hears the venue, and keeps every position protected.

An order's intent is in the journal before the order leaves; every word of the venue is journaled before anything is done about
it; each fill goes into the ledger at once. Then the book is put in order: a position that its resting stops do not cover is
protected anew, an entry is no longer pursued once its position is being left, and what protects nothing is withdrawn.

It refuses to send anything without the gate's seal, to count a stop that the venue has not accepted, and to use an order id
twice.
"""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from execution.account.brackets import Bracket, Leg, legs_of, trailing_price
from execution.account.ledger import Ledger
from execution.account.order_errors import OrderErrors
from execution.account.orders import Orders
from execution.journal.event import Sink
from execution.reports import Fill, OrderState, VenueReport, VenueWord
from execution.venues.venue import Venue
from risk.manager import RiskManager
from risk.order import Order, OrderKind, Purpose
from risk.portfolio import Position
from risk.verdict import Verdict


class Entry(NamedTuple):
    """An entry that is under way. `open_notional` is the part of it that is not filled yet, in quote units."""

    order: Order
    stop_fraction: float
    notional: Decimal
    open_notional: Decimal


class _Sale(NamedTuple):
    """What an exit at market is called, and why it is made."""

    order_id: str
    decision_id: str
    purpose: Purpose


class Dealer:
    """One account's orders on one venue."""

    def __init__(self, venue: Venue, ledger: Ledger, sink: Sink, gate: RiskManager) -> None:
        self.venue = venue
        self.ledger = ledger
        self.orders = Orders()
        self.entries: dict[str, Entry] = {}
        self.errors = OrderErrors()
        self._sink = sink
        self._gate = gate
        self._instruments = venue.instruments()
        self._brackets: dict[str, Bracket] = {}
        self._unwanted: set[str] = set()
        self._made: Counter[str] = Counter()
        self._tidying = False

    def expect(self, verdict: Verdict, order: Order, stop_fraction: float) -> None:
        """An entry was signed: from here on it counts as under way."""
        self.entries[verdict.symbol] = Entry(order, stop_fraction, verdict.notional, verdict.notional)

    def forget(self, symbol: str) -> None:
        """An entry that was signed did not leave: it is not under way."""
        self.entries.pop(symbol, None)

    async def send(self, order: Order) -> None:
        """Intent first, then the wire."""
        self._sink.append(order)
        self.orders.sent(order)
        await self.hear(f"submit {order.order_id}", await self.venue.submit(order), order.created_utc)

    async def abandon_entry(self, symbol: str, at: datetime) -> None:
        """Withdraw an entry that is under way; what it has bought stays, protected."""
        entry = self.entries.get(symbol)
        if entry is not None:
            await self._cancel(entry.order.order_id, at)

    async def leave(self, symbol: str, decision_id: str, at: datetime) -> Order | None:
        """Close a position at market: its entry and its protection are withdrawn first.

        Returns the order, or None where nothing is held, an exit is on its way, or the venue would refuse so small an order:
        then the protection stays as it is.
        """
        return await self._sell(symbol, Decimal(0), _Sale(f"{decision_id}-c", decision_id, Purpose.STRATEGY_EXIT), at)

    async def reduce(self, symbol: str, keep: Decimal, at: datetime) -> Order | None:
        """Sell at market what is held above `keep` [base units]; the rest is protected anew at once.

        All of it goes where the rest could not be sold at its stop. Returns the order, or None where nothing is above `keep`,
        an exit of all is on its way, or the venue would refuse so small an order.
        """
        bracket = self._brackets.get(symbol)
        if bracket is None:
            return None
        self._made[bracket.decision_id] += 1
        order_id = f"{bracket.decision_id}-d{self._made[bracket.decision_id]}"
        return await self._sell(symbol, keep, _Sale(order_id, bracket.decision_id, Purpose.OUTAGE_EXIT), at)

    async def trail(self, symbol: str, high: float, at: datetime) -> None:
        """After the target: pull the stop of the rest up behind the highest price, never down."""
        bracket = self._brackets.get(symbol)
        if bracket is None or bracket.trailing_from is None or bracket.stop_price is None:
            return
        if self.position(symbol) is None or bracket.exit_order is not None:
            return
        bracket.trailing_from = max(bracket.trailing_from, Decimal(repr(high)))
        price = trailing_price(bracket.trailing_from, bracket.stop_price, self._gate.exits, self._instruments[symbol])
        if price is not None:
            # Tidying places it, and no word heard meanwhile can: whoever protects twice has two stops for one position.
            bracket.stop_price, bracket.too_small, bracket.outgrown = price, None, True
            await self._put_in_order(at)

    @property
    def in_play(self) -> set[str]:
        """Markets in which something is held or an order is live."""
        return {held.symbol for held in self.ledger.positions()} | self.orders.symbols

    def position(self, symbol: str) -> Position | None:
        """What is held of a symbol."""
        return self.ledger.position(symbol)

    async def hear(self, asked: str, report: VenueReport, at: datetime) -> None:
        """Journal what the venue said, book it, and put the book in order."""
        if not (report.states or report.fills or report.funding):
            return
        self._sink.append(VenueWord(asked=asked, report=report))
        for paid in report.funding:
            self.ledger.apply_funding(paid.funding_id, paid.amount)
        for fill in report.fills:
            self.ledger.apply(fill)
            self._note(fill)
        self.errors.note(report.states, at)
        for state in report.states:
            self._settle(state)
        await self._put_in_order(at)

    async def _sell(self, symbol: str, keep: Decimal, sale: _Sale, at: datetime) -> Order | None:
        """Withdraw entry and protection, sell what is above `keep` at market, and protect what is left."""
        bracket, position = self._brackets.get(symbol), self.position(symbol)
        if position is None or bracket is None or bracket.exit_order is not None:
            return None
        if self._above(position, bracket, keep) * position.mark_price < self._instruments[symbol].min_notional:
            return None
        bracket.exit_order = sale.order_id
        await self.abandon_entry(symbol, at)
        await self._withdraw(symbol, at)
        position = self.position(symbol)
        if position is None:
            return None
        part = self._above(position, bracket, keep)
        if part < position.quantity:
            bracket.exit_order, bracket.reduction = None, sale.order_id
        order = self._market_exit(position, sale, part, at) if part > 0 else None
        if order is not None:
            await self.send(order)
        await self._put_in_order(at)
        return order

    def _above(self, position: Position, bracket: Bracket, keep: Decimal) -> Decimal:
        """What is to be sold so that `keep` stays; everything, where the rest would be too small for a stop."""
        instrument = self._instruments[position.symbol]
        part = instrument.round_quantity(max(position.quantity - keep, Decimal(0)))
        rest = position.quantity - part
        if not part or not rest:
            return part
        stop = legs_of(position.model_copy(update={"quantity": rest}), bracket, self._gate.exits, instrument)[0]
        return part if stop.quantity * stop.price >= instrument.min_notional else position.quantity

    def _market_exit(self, position: Position, sale: _Sale, quantity: Decimal, at: datetime) -> Order:
        return self._gate.sign_exit(
            position,
            order_id=sale.order_id,
            decision_id=sale.decision_id,
            kind=OrderKind.MARKET,
            purpose=sale.purpose,
            quantity=quantity,
            at=at,
        )

    async def _put_in_order(self, at: datetime) -> None:
        """Tidy, unless that is being done already."""
        if not self._tidying:
            self._tidying = True
            await self._tidy(at)
            self._tidying = False

    def _note(self, fill: Fill) -> None:
        if fill.purpose is Purpose.ENTRY:
            entry = self.entries[fill.symbol]
            bracket = self._brackets.setdefault(fill.symbol, Bracket(entry.order.decision_id, entry.stop_fraction))
            bracket.outgrown = True
            return
        self._unwanted.add(fill.symbol)
        bracket_ = self._brackets.get(fill.symbol)
        if bracket_ is not None and fill.purpose is Purpose.TAKE_PROFIT and bracket_.trailing_from is None:
            bracket_.trailing_from = fill.price

    def _settle(self, state: OrderState) -> None:
        self.orders.settle(state)
        entry = self.entries.get(state.symbol)
        if entry is not None and entry.order.order_id == state.order_id:
            if not self.orders.is_live(state.order_id):
                del self.entries[state.symbol]
            else:
                left = 1 - state.filled_quantity / entry.order.quantity
                self.entries[state.symbol] = entry._replace(open_notional=entry.notional * left)
        bracket = self._brackets.get(state.symbol)
        if bracket is not None and state.order_id == bracket.exit_order and not self.orders.is_live(state.order_id):
            bracket.exit_order = None
        if bracket is not None and state.order_id == bracket.reduction and not self.orders.is_live(state.order_id):
            bracket.reduction = None

    async def _tidy(self, at: datetime) -> None:
        """What is being left is not bought on; what is held is covered; what protects nothing goes."""
        while self._unwanted:
            await self.abandon_entry(self._unwanted.pop(), at)
        for symbol, bracket in tuple(self._brackets.items()):
            position = self.position(symbol)
            if position is None:
                await self._withdraw(symbol, at)
                if symbol not in self.entries:
                    del self._brackets[symbol]
            elif bracket.exit_order is None and self._is_exposed(symbol, bracket):
                await self._protect(symbol, bracket, at)

    def _is_exposed(self, symbol: str, bracket: Bracket) -> bool:
        position = self._staying(symbol, bracket)
        if position is None or bracket.too_small == position.quantity:
            return False
        return bracket.outgrown or self.orders.covered(symbol) < position.quantity

    def _staying(self, symbol: str, bracket: Bracket) -> Position | None:
        """What is held of a symbol and not being sold at market."""
        position = self.position(symbol)
        if position is None or bracket.reduction is None:
            return position
        quantity = position.quantity - self.orders.left(bracket.reduction)
        return position.model_copy(update={"quantity": quantity}) if quantity > 0 else None

    async def _protect(self, symbol: str, bracket: Bracket, at: datetime) -> None:
        """Place the protection of all that stays in place of what stood before."""
        position, instrument = self._staying(symbol, bracket), self._instruments[symbol]
        if position is None:
            return
        legs = legs_of(position, bracket, self._gate.exits, instrument)
        bracket.outgrown = False
        if legs[0].quantity * legs[0].price < instrument.min_notional:
            bracket.too_small = position.quantity
            return
        await self._withdraw(symbol, at, but=bracket.reduction)
        position = self._staying(symbol, bracket)
        if position is None:
            return
        bracket.stop_price = legs[0].price
        group = f"{bracket.decision_id}-g{self._made[bracket.decision_id]}"
        for leg in legs:
            await self._place(bracket, position, leg, group, at)

    async def _place(self, bracket: Bracket, position: Position, leg: Leg, group: str, at: datetime) -> None:
        self._made[bracket.decision_id] += 1
        await self.send(
            self._gate.sign_exit(
                position,
                order_id=f"{bracket.decision_id}-x{self._made[bracket.decision_id]}",
                decision_id=bracket.decision_id,
                kind=leg.kind,
                purpose=leg.purpose,
                quantity=leg.quantity,
                price=leg.price,
                oco_group=group if leg.linked else None,
                at=at,
            )
        )

    async def _withdraw(self, symbol: str, at: datetime, but: str | None = None) -> None:
        """Cancel all that would reduce a position, but one; a fill that comes in meanwhile is heard like any other."""
        for order_id in self.orders.exits(symbol):
            if order_id != but:
                await self._cancel(order_id, at)

    async def _cancel(self, order_id: str, at: datetime) -> None:
        await self.hear(f"cancel {order_id}", await self.venue.cancel(order_id), at)
