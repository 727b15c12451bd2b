"""The trader: carries what the gate has signed to the venue and what the venue says into the ledger and the journal.

It makes no decision of its own. An order's intent is in the journal before the order leaves; every word of the venue is
journaled before anything is done about it; each fill goes into the ledger, whose identity is checked at once. Protection is
placed in the same breath as the first fill of an entry, and needs no model, no court and no news.

It refuses to add to a position, to send anything without the gate's seal, and to forget an order whose fate is unknown.
"""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from config.frozen import Frozen
from execution.brackets import Bracket, Leg, opening_legs, trailing_leg
from execution.ledger import Ledger
from execution.venue import Venue, VenueReport
from execution.words import Fill, OrderState, OrderStatus
from market.bar import Slice
from risk.breakers import BreakerEvent, BreakerState, observe_equity, observe_move, observe_trade
from risk.limits import Situation
from risk.manager import RiskManager
from risk.measures import historical_es, historical_var, scale_to_horizon
from risk.order import Order, OrderKind, Purpose
from risk.portfolio import Portfolio, Position
from risk.proposal import Proposal
from risk.verdict import Outcome, Verdict
from risk.window import ReturnWindow

_DONE = {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED}


class Sink(Protocol):
    """Where events go: a journal that writes them, or one that compares them with what was written."""

    def append(self, kind: str, payload: bytes) -> int:
        """Add an event; returns its number."""
        ...


class VenueWord(Frozen):
    """What a venue said when it was asked something, as it stands in the journal."""

    asked: str
    report: VenueReport


class Exposure(Frozen):
    """The risk of the book at a bar close, as fractions of equity (losses positive), against which limits are read."""

    deployed_fraction: float
    drawdown: float
    var_1d: float
    es_1d: float


class Entry(NamedTuple):
    """An entry that is under way. `open_notional` is the part of it that is not filled yet, in quote units."""

    order: Order
    stop_fraction: float
    notional: Decimal
    open_notional: Decimal


class Trader:
    """One account on one venue."""

    def __init__(
        self,
        *,
        venue: Venue,
        ledger: Ledger,
        sink: Sink,
        gate: RiskManager,
        window: ReturnWindow,
        breakers: BreakerState,
        bars_per_day: float,
    ) -> None:
        self.venue = venue
        self.ledger = ledger
        self.gate = gate
        self.window = window
        self.breakers = breakers
        self._sink = sink
        self._bars_per_day = bars_per_day
        self._instruments = venue.instruments()
        self._brackets: dict[str, Bracket] = {}
        self._entries: dict[str, Entry] = {}
        self._frozen: dict[str, str] = {}
        self._counted_trades = 0

    async def pass_bar(self, tape: Slice) -> None:
        """Live through the bars of one slice: fills, protection, marks, breakers, trailing stops."""
        at = tape.close_utc
        self._frozen = tape.frozen
        await self._hear("open", await self.venue.on_open(tape), tape.close_utc)
        await self._hear("bar", await self.venue.on_slice(tape), tape.close_utc)
        closes = {symbol: bar.close for symbol, bar in tape.bars.items()}
        self.ledger.mark({symbol: Decimal(repr(price)) for symbol, price in closes.items()})
        self.window.push(closes)
        self._observe(tape)
        for symbol, bar in tape.bars.items():
            await self._trail(symbol, Decimal(repr(bar.high)), at)

    def portfolio(self, at: datetime) -> Portfolio:
        """The book as the gate sees it now."""
        positions = tuple(
            Position(
                symbol=held.symbol,
                quantity=held.quantity,
                entry_price=held.entry_price,
                mark_price=held.mark_price,
                stop_price=bracket.stop_price if (bracket := self._brackets.get(held.symbol)) else None,
            )
            for held in self.ledger.positions()
        )
        pending = {symbol: entry.open_notional for symbol, entry in self._entries.items()}
        return Portfolio(
            as_of_utc=at,
            cash=self.ledger.cash,
            equity=self.ledger.equity,
            positions=positions,
            pending_notional=pending,
        )

    def exposure(self, portfolio: Portfolio) -> Exposure:
        """Deployed share, drawdown, VaR and ES of the book."""
        equity = float(portfolio.equity)
        weights = {held.symbol: float(held.notional) / equity for held in portfolio.positions}
        tail_var = tail_es = 0.0
        if weights and self.window.count >= 2:
            returns = self.window.portfolio_returns(weights)
            limits = self.gate.limits
            tail_var = historical_var(returns, confidence=limits.var_confidence)
            tail_es = historical_es(returns, confidence=limits.es_confidence)
        return Exposure(
            deployed_fraction=float(portfolio.deployed) / equity,
            drawdown=float(1 - portfolio.equity / self.breakers.peak_equity),
            var_1d=max(0.0, scale_to_horizon(tail_var, self._bars_per_day)),
            es_1d=max(0.0, scale_to_horizon(tail_es, self._bars_per_day)),
        )

    def judge(self, proposal: Proposal) -> Verdict:
        """Ask the gate, on the book as it is at this moment, with what was just signed counted as deployed."""
        verdict = self.judge_by(self.gate, proposal)
        if verdict.outcome is Outcome.SIGNED and verdict.order is not None and verdict.stop_fraction is not None:
            self._entries[verdict.symbol] = Entry(
                verdict.order, verdict.stop_fraction, verdict.notional, verdict.notional
            )
        return verdict

    def judge_by(self, gate: RiskManager, proposal: Proposal) -> Verdict:
        """What a gate, this one or another, says of a proposal on the present book. Changes nothing."""
        portfolio = self.portfolio(proposal.as_of_utc)
        exposed = {held.symbol for held in portfolio.positions} | portfolio.pending_notional.keys()
        symbols = tuple(sorted(exposed | {proposal.symbol}))
        return gate.judge(
            Situation(
                proposal=proposal,
                portfolio=portfolio,
                instrument=self._instruments[proposal.symbol],
                breakers=self.breakers,
                frozen=self._frozen.get(proposal.symbol),
                symbols=symbols,
                returns=self.window.matrix(symbols),
                observed=self.window.observed(proposal.symbol),
            )
        )

    async def enter(self, verdict: Verdict) -> None:
        """Send the order of a signed verdict; one that was refused sends nothing."""
        if verdict.outcome is Outcome.SIGNED and verdict.order is not None:
            await self._send(verdict.order)

    async def leave(self, symbol: str, decision_id: str, at: datetime) -> Order | None:
        """Close a position at market. Whatever protects it is withdrawn first. Returns the order; None if nothing is held."""
        bracket = self._brackets.get(symbol)
        position = self.portfolio(at).position(symbol)
        if position is None or bracket is None or bracket.leaving:
            return None
        await self._withdraw(bracket, at)
        position = self.portfolio(at).position(symbol)
        if position is None:
            return None
        order = self.gate.sign_exit(
            position,
            order_id=f"{decision_id}-c",
            decision_id=decision_id,
            kind=OrderKind.MARKET,
            purpose=Purpose.STRATEGY_EXIT,
            quantity=position.quantity,
            at=at,
        )
        bracket.exit_order = order.order_id
        await self._send(order)
        return order

    async def wind_up(self, at: datetime) -> None:
        """End of the session: entries that are still under way are withdrawn. Positions keep their protection."""
        for entry in tuple(self._entries.values()):
            asked = f"cancel {entry.order.order_id}"
            await self._hear(asked, await self.venue.cancel(entry.order.order_id), at)

    async def _send(self, order: Order) -> None:
        """Intent first, then the wire."""
        self._sink.append("intent", order.canonical())
        await self._hear(f"submit {order.order_id}", await self.venue.submit(order), order.created_utc)

    async def _hear(self, asked: str, report: VenueReport, at: datetime) -> None:
        """Journal what the venue said, then act on it: the ledger, protection, what is done with."""
        if not report.states and not report.fills:
            return
        self._sink.append("venue", VenueWord(asked=asked, report=report).canonical())
        bought: dict[str, Entry] = {}
        for fill in report.fills:
            self.ledger.apply(fill)
            if fill.purpose is Purpose.ENTRY:
                bought[fill.symbol] = self._entries[fill.symbol]
            elif fill.purpose is Purpose.TAKE_PROFIT:
                self._start_trailing(fill)
        for state in report.states:
            self._settle(state)
        for symbol, entry in bought.items():
            await self._protect(symbol, entry, at)
        await self._tidy(at)

    def _settle(self, state: OrderState) -> None:
        """Take note of an order's state: what is done is no longer under way."""
        entry = self._entries.get(state.symbol)
        if entry is not None and entry.order.order_id == state.order_id:
            if state.status in _DONE:
                del self._entries[state.symbol]
            else:
                left = 1 - state.filled_quantity / entry.order.quantity
                self._entries[state.symbol] = entry._replace(open_notional=entry.notional * left)
        bracket = self._brackets.get(state.symbol)
        if bracket is not None and state.order_id == bracket.exit_order and state.status in _DONE:
            bracket.exit_order = None
        if bracket is not None and state.status in _DONE:
            bracket.orders = tuple(order_id for order_id in bracket.orders if order_id != state.order_id)

    async def _protect(self, symbol: str, entry: Entry, at: datetime) -> None:
        """Place the protection of what has been bought so far, in place of what protected less."""
        bracket = self._brackets.setdefault(symbol, Bracket(entry.order.decision_id, entry.stop_fraction))
        await self._withdraw(bracket, at)
        position = self.portfolio(at).position(symbol)
        if position is None or bracket.leaving:
            return
        legs = opening_legs(
            position.quantity, position.entry_price, bracket.stop_fraction, self.gate.exits, self._instruments[symbol]
        )
        bracket.stop_price = legs[0].price
        group = f"{bracket.decision_id}-g{bracket.made}"
        for leg in legs:
            await self._place(bracket, position, leg, group, at)

    async def _place(self, bracket: Bracket, position: Position, leg: Leg, group: str, at: datetime) -> None:
        order = self.gate.sign_exit(
            position,
            order_id=bracket.next_id(),
            decision_id=bracket.decision_id,
            kind=leg.kind,
            purpose=leg.purpose,
            quantity=leg.quantity,
            price=leg.price,
            oco_group=group if leg.linked else None,
            at=at,
        )
        bracket.orders = (*bracket.orders, order.order_id)
        await self._send(order)

    async def _withdraw(self, bracket: Bracket, at: datetime) -> None:
        """Cancel all that protects a position; a fill that comes in meanwhile is heard like any other."""
        for order_id in bracket.orders:
            await self._hear(f"cancel {order_id}", await self.venue.cancel(order_id), at)

    def _start_trailing(self, fill: Fill) -> None:
        bracket = self._brackets.get(fill.symbol)
        if bracket is not None and bracket.trailing_from is None:
            bracket.trailing_from = fill.price

    async def _trail(self, symbol: str, high: Decimal, at: datetime) -> None:
        """After the target: pull the stop of the rest up behind the highest price, never down."""
        bracket = self._brackets.get(symbol)
        if bracket is None or bracket.trailing_from is None or bracket.stop_price is None or bracket.leaving:
            return
        bracket.trailing_from = max(bracket.trailing_from, high)
        position = self.portfolio(at).position(symbol)
        if position is None:
            return
        leg = trailing_leg(
            position.quantity, bracket.trailing_from, bracket.stop_price, self.gate.exits, self._instruments[symbol]
        )
        if leg is None:
            return
        await self._withdraw(bracket, at)
        bracket.stop_price = leg.price
        await self._place(bracket, position, leg, "", at)

    async def _tidy(self, at: datetime) -> None:
        """Where nothing is held any more, withdraw what still protects it; count the trades that closed."""
        held = {position.symbol for position in self.ledger.positions()}
        for symbol in [symbol for symbol in self._brackets if symbol not in held]:
            await self._withdraw(self._brackets.pop(symbol), at)
        for trade in self.ledger.trades[self._counted_trades :]:
            self._counted_trades += 1
            self._step(observe_trade(self.breakers, at, trade.pnl, self.gate.limits))

    def _observe(self, tape: Slice) -> None:
        """Show the breakers this bar's equity and moves."""
        at, limits = tape.close_utc, self.gate.limits
        self._step(observe_equity(self.breakers, at, self.ledger.equity, limits))
        for symbol in tape.bars:
            self._step(observe_move(self.breakers, at, symbol, self.window.last_sigma(symbol), limits))

    def _step(self, step: tuple[BreakerState, tuple[BreakerEvent, ...]]) -> None:
        self.breakers, events = step
        for event in events:
            self._sink.append("breaker", event.canonical())
