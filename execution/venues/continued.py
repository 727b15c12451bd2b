"""A real exchange as a session has it: first what the session's journal says of it, then the exchange itself.

While the journal of a resumed session lasts, its words are repeated and the exchange is not asked. After that the exchange is
told what is known of this account (`adopt`), and the order whose intent is the journal's last event is settled: it may have been
sent before the process was killed, or not. So are the orders of an ending that was taken back.

Between bars it asks for the account on a timer, and soon after every fill: what the exchange keeps is compared with the ledger.

It decides nothing, and never sends an order twice.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from execution.reports import OrderState, OrderStatus, VenueAccount, VenueReport, told_utc
from execution.venues.recorded import RecordedVenue
from execution.venues.routed import RoutedExchanges
from execution.venues.venue import Venue
from market.book import Book
from market.instrument import Instrument
from risk.order import Order, Purpose

SOON_S = 2.0
"""How long after a fill the account is asked for [s]."""
_REMEMBERED = 5_000
"""Trades that are remembered, so that one that is reported twice is counted once: the latest ones."""
_DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})


class Exchange(Venue, Protocol):
    """A real exchange, which a session may come back to."""

    async def settle(self, order: Order) -> VenueReport:
        """Answer for an order that may have been sent before: look for it, and send it only if its absence is proven."""
        ...

    def adopt(self, orders: Iterable[Order], trade_ids: Iterable[tuple[str, str]], held: Mapping[str, Decimal]) -> None:
        """Take over orders that are not done, trades that are booked, and what is held by symbol [base]."""
        ...

    def recall(self, decisions: Mapping[str, str], since: datetime | None, taken: Mapping[str, str]) -> None:
        """Take over what only perpetuals need: the decision that has entered last by symbol, when the last word was, and what was
        said of an auto-deleveraging, by symbol."""
        ...


class Past(Protocol):
    """The journal of a session that goes on."""

    @property
    def past(self) -> bool:
        """Whether the next event is still one of the journal."""
        ...

    @property
    def unanswered(self) -> frozenset[str]:
        """Ids of the orders whose intents are in the journal and whose answers are not: they may have been sent."""
        ...

    @property
    def forgotten(self) -> frozenset[str]:
        """Ids of the orders that were sent in an ending which was taken back: the exchange may have them."""
        ...


class Booked(Protocol):
    """The ledger of a session."""

    @property
    def fills_booked(self) -> int:
        """How many fills it has booked."""
        ...

    @property
    def accounts(self) -> tuple[str, ...]:
        """The names of several exchanges; empty for one."""
        ...

    def owned_at(self, account: str) -> dict[str, Decimal]:
        """What it holds at an exchange, by symbol [base]; the name of one exchange is empty."""
        ...


class ContinuedVenue:
    """One exchange, or several, after the past that a journal tells, if there is one."""

    def __init__(
        self,
        exchange: Exchange | RoutedExchanges,
        instruments: dict[str, Instrument],
        compare_s: float,
        past: Past | None = None,
        told: RecordedVenue | None = None,
    ) -> None:
        """`instruments`: the rules that the session began with; the exchange refuses what its rules of today forbid. `compare_s`:
        how often the account is asked for between bars [s]. `told`: repeats the words of `past`."""
        self._exchange = exchange
        self._instruments = instruments
        self._compare_s = compare_s
        self._past, self._told = past, told
        self._orders: dict[str, Order] = {}
        self._trades: set[tuple[str, str, str]] = set()
        """What the journal of the past has booked, by exchange, market and trade id, until the exchange is told."""
        self._filled = defaultdict[str, Decimal](Decimal)
        self._done: dict[str, Decimal] = {}
        """Of the past: what the fills of each order sum up to, and what was filled of those that are done [base]."""
        self._decisions: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        """What the journal of the past says of the first auto-deleveraging in a market."""
        self._told_utc: datetime | None = None
        self._reported = 0
        """How many fills were reported, each counted once."""
        self._latest: dict[tuple[str, str, str], None] = {}
        self._adopted = past is None
        self._soon = False
        self._word: asyncio.Future[VenueReport | None] | None = None
        self._resting: dict[str, OrderState] = {}
        """The latest states that were told of orders before they were over."""
        self._later: deque[VenueReport] = deque()
        """States that wait until the fills before them are booked."""
        self._seen: list[VenueAccount] = []
        self.ledger: Booked | None = None
        """The session's ledger, once there is one."""

    def instruments(self) -> dict[str, Instrument]:
        return dict(self._instruments)

    def book(self, symbol: str) -> Book | None:
        return self._exchange.book(symbol)

    async def submit(self, order: Order) -> VenueReport:
        told = self._recording()
        if told is not None:
            self._orders[order.order_id] = order
            if not order.reduce_only:
                self._decisions[order.symbol] = order.decision_id
            return self._noted(await told.submit(order))
        if self._past is not None and order.order_id in self._past.unanswered | self._past.forgotten:
            return self._noted(self._in_turn(await self._here().settle(order)))
        return self._noted(self._in_turn(await self._here().submit(order)))

    async def cancel(self, order_id: str) -> VenueReport:
        told = self._recording()
        if told is not None:
            return self._noted(await told.cancel(order_id))
        return self._noted(self._in_turn(await self._here().cancel(order_id)))

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        """The account and the books of these markets. No account while a fill that was reported is not booked: the account may
        hold it already."""
        told = self._recording()
        if told is not None:
            return await told.look(symbols)
        report = await self._here().look(symbols)
        return report if self._all_booked else report.model_copy(update={"account": None})

    async def hear(self) -> VenueReport | None:
        told = self._recording()
        if told is not None:
            word = await told.hear()
            return None if word is None else self._noted(word)
        exchange = self._here()
        while True:
            if self._later and not self._word_waits:
                return self._noted(self._later.popleft())
            self._word = self._word or asyncio.ensure_future(exchange.hear())
            try:
                await asyncio.wait((self._word,), timeout=SOON_S if self._soon else self._compare_s)
            except asyncio.CancelledError:
                self._give_up()
                raise
            if self._word.done():
                word, self._word = self._word.result(), None
                self._soon = word is not None and bool(word.fills)
                return None if word is None else self._noted(word)
            self._soon = False
            account = await exchange.account()
            if account is not None and self._all_booked and self._is_news(account):
                return VenueReport(account=account)

    def _give_up(self) -> None:
        """Stop waiting for a word. One that has come is given to the next who asks."""
        if self._word is not None and not self._word.done():
            self._word.cancel()
            self._word = None

    async def account(self) -> VenueAccount | None:
        """None: the account is part of what is heard, so that a replay compares the same."""
        return None

    async def open_orders(self) -> tuple[Order, ...]:
        return await self._exchange.open_orders()

    def _recording(self) -> RecordedVenue | None:
        return self._told if self._past is not None and self._past.past else None

    def _here(self) -> Exchange | RoutedExchanges:
        """The exchange, once it knows what the journal knows."""
        if not self._adopted:
            self._arrive()
        return self._exchange

    def _arrive(self) -> None:
        self._adopted = True
        for name in (self.ledger.accounts if self.ledger is not None else ()) or ("",):
            orders = tuple(order for order in self._orders.values() if order.account == name)
            trades = tuple(sorted((symbol, each) for account, symbol, each in self._trades if account == name))
            held = {} if self.ledger is None else self.ledger.owned_at(name)
            if isinstance(self._exchange, RoutedExchanges):
                self._exchange.adopt_at(name, orders, trades, held)
            else:
                if any(rules.may_be_short for rules in self._instruments.values()):
                    self._exchange.recall(self._decisions, self._told_utc, self._taken)
                self._exchange.adopt(orders, trades, held)
        self._trades = set()

    @property
    def _all_booked(self) -> bool:
        """Whether the ledger knows every fill that was reported: one may still wait for the session."""
        if self.ledger is None or (self._word is not None and self._word.done()):
            return False
        return self.ledger.fills_booked == self._reported

    @property
    def _word_waits(self) -> bool:
        """Whether a word has come that was not given to the session yet."""
        exchange = self._exchange
        has_come = self._word is not None and self._word.done()
        return has_come or (isinstance(exchange, RoutedExchanges) and exchange.holds_words)

    @property
    def _may_overtake(self) -> bool:
        """Whether an answer may be booked before a word that came earlier: the session takes words between two bars alone."""
        return self._word_waits or not self._all_booked

    def _in_turn(self, answer: VenueReport) -> VenueReport:
        """An answer with the state before the last of an order whose fills may still wait for the session; the last is heard
        after them. Else the order would be over before what it has bought is booked, and its market would be free for more."""
        if not self._may_overtake:
            return answer
        told = {fill.order_id for fill in answer.fills}
        early = tuple(
            state
            for state in answer.states
            if state.status in _DONE and state.filled_quantity > 0 and state.order_id not in told
        )
        if not early:
            return answer
        self._later.append(VenueReport(states=early))
        return answer.model_copy(
            update={"states": tuple(self._before(state) if state in early else state for state in answer.states)}
        )

    def _before(self, last: OrderState) -> OrderState:
        """What the session knows of an order until its last state is heard."""
        accepted = last.model_copy(update={"status": OrderStatus.ACCEPTED, "filled_quantity": Decimal(0)})
        return self._resting.get(last.order_id, accepted)

    def _noted(self, report: VenueReport) -> VenueReport:
        """Remember what a word says of orders and trades."""
        self._forget_done(report)
        self._resting |= {state.order_id: state for state in report.states if state.status not in _DONE}
        while len(self._resting) > _REMEMBERED:
            del self._resting[next(iter(self._resting))]
        for paid in report.funding if not self._adopted else ():
            self._trades.add((paid.account, paid.symbol, paid.funding_id))
        if not self._adopted and (moments := told_utc(report)):
            self._told_utc = max((*moments, self._told_utc) if self._told_utc else moments)
        for fill in report.fills:
            trade = (fill.account, fill.symbol, fill.trade_id)
            if not self._adopted:
                self._trades.add(trade)
                if fill.purpose is Purpose.DELEVERAGING:
                    notes = [state.note for state in report.states if state.order_id == fill.order_id]
                    self._taken.setdefault(fill.symbol, "".join(notes[:1]) or "auto-deleveraged by the exchange")
            if trade not in self._latest:
                self._latest[trade] = None
                self._reported += 1
        while len(self._latest) > _REMEMBERED:
            del self._latest[next(iter(self._latest))]
        return report

    def _forget_done(self, report: VenueReport) -> None:
        """Forget the orders of the past that are done, and all of whose fills the journal holds. A fill may have been on its way
        to the session when it was killed: the exchange is asked for it."""
        if self._adopted:
            return
        for fill in report.fills:
            if (fill.account, fill.symbol, fill.trade_id) not in self._trades:
                self._filled[fill.order_id] += fill.quantity
        self._done |= {state.order_id: state.filled_quantity for state in report.states if state.status in _DONE}
        for order_id in [each for each, quantity in self._done.items() if self._filled[each] >= quantity]:
            self._orders.pop(order_id, None)
            del self._done[order_id]

    def _is_news(self, account: VenueAccount) -> bool:
        """Whether a report of the account says what the last two did not say: a difference counts when it is seen twice."""
        if self._seen[-2:] == [account, account]:
            return False
        self._seen = [*self._seen[-1:], account]
        return True
