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
from typing import NamedTuple, Protocol

from config.frozen import Frozen
from execution.brackets import Bracket, Leg, legs_of, trailing_price
from execution.ledger import Ledger
from execution.orders import Orders
from execution.venue import Venue, VenueReport
from execution.words import Fill, OrderState
from risk.manager import RiskManager
from risk.order import Order, OrderKind, Purpose
from risk.portfolio import Position
from risk.verdict import Verdict


class Sink(Protocol):
    """Where events go: a journal that writes them, or one that compares them with what was written."""

    def append(self, kind: str, payload: bytes) -> int:
        """Add an event; returns its number."""
        ...


class VenueWord(Frozen):
    """What a venue said when it was asked something, as it stands in the journal."""

    asked: str
    report: VenueReport


class Entry(NamedTuple):
    """An entry that is under way. `open_notional` is the part of it that is not filled yet, in quote units."""

    order: Order
    stop_fraction: float
    notional: Decimal
    open_notional: Decimal


class Dealer:
    """One account's orders on one venue."""

    def __init__(self, venue: Venue, ledger: Ledger, sink: Sink, gate: RiskManager) -> None:
        self.venue = venue
        self.ledger = ledger
        self.orders = Orders()
        self.entries: dict[str, Entry] = {}
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

    async def send(self, order: Order) -> None:
        """Intent first, then the wire."""
        self._sink.append("intent", order.canonical())
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
        bracket, position = self._brackets.get(symbol), self.position(symbol)
        if position is None or bracket is None or bracket.exit_order is not None:
            return None
        if position.notional < self._instruments[symbol].min_notional:
            return None
        bracket.exit_order = f"{decision_id}-c"
        await self.abandon_entry(symbol, at)
        await self._withdraw(symbol, at)
        position = self.position(symbol)
        if position is None:
            return None
        order = self._gate.sign_exit(
            position,
            order_id=bracket.exit_order,
            decision_id=decision_id,
            kind=OrderKind.MARKET,
            purpose=Purpose.STRATEGY_EXIT,
            quantity=position.quantity,
            at=at,
        )
        await self.send(order)
        return order

    async def trail(self, symbol: str, high: Decimal, at: datetime) -> None:
        """After the target: pull the stop of the rest up behind the highest price, never down."""
        bracket, position = self._brackets.get(symbol), self.position(symbol)
        if bracket is None or position is None or bracket.exit_order is not None:
            return
        if bracket.trailing_from is None or bracket.stop_price is None:
            return
        bracket.trailing_from = max(bracket.trailing_from, high)
        price = trailing_price(bracket.trailing_from, bracket.stop_price, self._gate.exits, self._instruments[symbol])
        if price is not None:
            bracket.stop_price = price
            await self._protect(symbol, bracket, at)

    def position(self, symbol: str) -> Position | None:
        """What is held of a symbol."""
        return next((held for held in self.ledger.positions() if held.symbol == symbol), None)

    async def hear(self, asked: str, report: VenueReport, at: datetime) -> None:
        """Journal what the venue said, book it, and put the book in order."""
        if not report.states and not report.fills:
            return
        self._sink.append("venue", VenueWord(asked=asked, report=report).canonical())
        for fill in report.fills:
            self.ledger.apply(fill)
            self._note(fill)
        for state in report.states:
            self._settle(state)
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
            elif bracket.exit_order is None and self._is_exposed(position, bracket):
                await self._protect(symbol, bracket, at)

    def _is_exposed(self, position: Position, bracket: Bracket) -> bool:
        if bracket.too_small == position.quantity:
            return False
        return bracket.outgrown or self.orders.covered(position.symbol) < position.quantity

    async def _protect(self, symbol: str, bracket: Bracket, at: datetime) -> None:
        """Place the protection of all that is held in place of what stood before."""
        position, instrument = self.position(symbol), self._instruments[symbol]
        if position is None:
            return
        legs = legs_of(position, bracket, self._gate.exits, instrument)
        bracket.outgrown = False
        if legs[0].quantity * legs[0].price < instrument.min_notional:
            bracket.too_small = position.quantity
            return
        await self._withdraw(symbol, at)
        position = self.position(symbol)
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

    async def _withdraw(self, symbol: str, at: datetime) -> None:
        """Cancel all that would reduce a position; a fill that comes in meanwhile is heard like any other."""
        for order_id in self.orders.exits(symbol):
            await self._cancel(order_id, at)

    async def _cancel(self, order_id: str, at: datetime) -> None:
        await self.hear(f"cancel {order_id}", await self.venue.cancel(order_id), at)
