"""All orders of this session at the exchange, what of its own coins it may sell, and the reports that wait to be heard.

Its own lots are what its trades have bought and not sold, less fees in the coin; coins that were on the account before are never
counted, and so never sold. What open orders bind is not free a second time.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from config.clock import Clock
from execution.reports import NOTHING, CloseOnly, Fill, Funding, OrderState, OrderStatus, VenueReport
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.told import ToldOrder, ToldTrade
from execution.venues.exchange.tracked import Phase, Sending, Tracked, merged
from market.instrument import Instrument
from risk.order import Order, OrderKind, Side

_KEPT = 5_000
"""Orders that are remembered; of more, those that are done longest are forgotten."""


class Shelf:
    """Orders by their id, oldest first."""

    def __init__(self, ids: ClientIds, instruments: dict[str, Instrument], clock: Clock) -> None:
        self.ids = ids
        self.instruments = instruments
        self.halted: dict[str, str] = {}
        """Markets in which the exchange contradicts itself or says too little, and why: no entry is taken."""
        self.gone: dict[str, str] = {}
        """Markets that the exchange does not have any more, and why: no order is sent."""
        self.unsafe = ""
        """Why no entry is taken in any market; empty if there is no reason."""
        self.version = 0
        """Grows with each trade that is counted, and with what is taken over: an account from before does not show it."""
        self.filled: Callable[[Tracked], None] = lambda _: None
        """Called after each trade of an order was counted."""
        self.stirred = asyncio.Event()
        """Set when the exchange should be looked at now."""
        self._clock = clock
        self._orders: dict[str, Tracked] = {}
        self._own: dict[str, Decimal] = {}
        """What our own trades have left, by market [base]; below zero for a short."""
        self._booked: set[tuple[str, str]] = set()
        self._settled: set[tuple[str, str]] = set()
        """What the exchange did by itself and is counted, or booked: trades and payments, each as (symbol, its id)."""
        self._decisions: dict[str, str] = {}
        self._taken_over: set[str] = set()
        """Orders of the journal that are not done: only their trades may be booked already."""
        self._defect: BaseException | None = None
        self._said: deque[VenueReport] = deque()
        self._speaking = asyncio.Event()

    def add(self, order: Order, phase: Phase, quantity: Decimal) -> Tracked:
        """Take an order as ours."""
        if len(self._orders) >= _KEPT:
            self._forget_one()
        self.ids.know((order.order_id,))
        if not order.reduce_only:
            self._decisions[order.symbol] = order.decision_id
        tracked = self._orders[order.order_id] = Tracked(order, phase, quantity)
        return tracked

    def own(self, held: Iterable[tuple[str, Decimal]], booked: Iterable[tuple[str, str]]) -> None:
        """Take over what the ledger holds [base] and the trades that it has booked, each as (symbol, trade id)."""
        booked = tuple(booked)
        self.version += 1
        self._own.update(held)
        self._booked.update(booked)
        self._settled.update(booked)

    def entered(self, decisions: Mapping[str, str]) -> None:
        """Take over which decision has entered last, by market."""
        self._decisions.update(decisions)

    def take_over(self, order: Order) -> Tracked:
        """Take an order of the journal as ours, as it was answered. It need not be the last that has entered there."""
        self._taken_over.add(order.order_id)
        entered = dict(self._decisions)
        tracked = self.add(order, Phase.LIVE, order.quantity)
        self._decisions |= entered
        tracked.resolved.set()
        return tracked

    def of(self, order_id: str | None) -> Tracked | None:
        """One of our orders."""
        return None if order_id is None else self._orders.get(order_id)

    def alive(self) -> Iterator[Tracked]:
        """The orders that are not done, oldest first."""
        return (each for each in list(self._orders.values()) if each.phase is not Phase.DONE)

    def at_exchange(self, symbol: str | None = None) -> list[Tracked]:
        """The orders that are, or may be, at the exchange."""
        phases = (Phase.LIVE, Phase.UNKNOWN)
        return [each for each in self.alive() if each.phase in phases and symbol in (None, each.order.symbol)]

    def venue_ids(self, symbol: str) -> frozenset[str]:
        """The exchange's ids of all orders of ours in a market, done ones too."""
        orders = [each for each in self._orders.values() if each.order.symbol == symbol]
        return frozenset[str]().union(*(each.venue_ids for each in orders))

    def symbols(self) -> list[str]:
        """Markets in which there was an order of ours."""
        return list(dict.fromkeys(each.order.symbol for each in self._orders.values()))

    def pair(self, tracked: Tracked) -> list[Tracked]:
        """The other orders of its group."""
        group = tracked.order.oco_group
        return [
            each for each in self._orders.values() if group and each.order.oco_group == group and each is not tracked
        ]

    def position(self, symbol: str) -> Decimal:
        """What this account's own trades have left [base]; below zero for a short."""
        return self._own.get(symbol, Decimal(0))

    def owned(self, symbol: str, side: Side = Side.SELL) -> Decimal:
        """What an order of this side may trade back of it [base]: a sale what was bought, a purchase what was sold short."""
        return max(Decimal(0), -side.sign * self.position(symbol))

    def sellable(self, symbol: str, but: Tracked | None = None, side: Side = Side.SELL) -> Decimal:
        """What of our own is bound by no other order than `but` [base]. A target that was taken over, and was not looked for yet,
        stands for the coins of its stop. On perpetuals a stop binds nothing: it only reduces what is there when it triggers."""
        bound = (
            each.bound
            for each in self.at_exchange(symbol)
            if each.order.reduce_only
            and each.order.side is side
            and not (self.instruments[symbol].may_be_short and each.order.kind is OrderKind.STOP)
            and each is not but
            and not (each.recovering and each.is_target)
        )
        return max(Decimal(0), self.owned(symbol, side) - sum(bound, Decimal(0)))

    def sight(self, tracked: Tracked, sending: Sending, told: ToldOrder) -> None:
        """Take what the exchange told of an order. Two of its orders with one client id halt the market."""
        sending.take(told)
        tracked.unseen = False
        if tracked.phase is Phase.UNKNOWN:
            tracked.phase = Phase.LIVE
        if len(sending.orders) > 1:
            ids = " and ".join(sorted(sending.orders))
            self.halt(
                tracked.order.symbol,
                f"the exchange has two orders, {ids}, for order {tracked.order.order_id}, sent once",
            )

    def sighted(self, orders: Iterable[ToldOrder]) -> set[str]:
        """Take what a list of orders tells of ours. The client ids in it."""
        seen = set()
        for told in orders:
            tracked = self.of(self.ids.order_of(told.client_id))
            for sending in tracked.sendings if tracked is not None else ():
                if sending.client_id == told.client_id and tracked is not None:
                    self.sight(tracked, sending, told)
                    seen.add(sending.client_id)
        return seen

    def count(self, tracked: Tracked, trades: Iterable[ToldTrade]) -> None:
        """Count an order's trades, each once, and what they did to our own lots.

        One that is more than the exchange says was filled is not believed before it says so.
        """
        symbol = tracked.order.symbol
        base = self.instruments[symbol].base
        for trade in trades:
            if tracked.known(trade.trade_id) or trade.symbol != symbol or trade.side is not tracked.order.side:
                continue
            if trade.quantity > tracked.uncounted:
                continue
            if tracked.count(trade, booked=(symbol, trade.trade_id) in self._booked) is None:
                continue
            moved = trade.quantity if trade.side is Side.BUY else -trade.quantity
            moved -= trade.fee if trade.fee_currency == base else Decimal(0)
            self._own[symbol] = self._own.get(symbol, Decimal(0)) + moved
            self.version += 1
            self.filled(tracked)

    def count_forced(self, fill: Fill, note: str) -> None:
        """Count a trade that the exchange made by itself, once, and let it be heard."""
        if self.settled(fill.symbol, fill.trade_id):
            return
        self._settled.add((fill.symbol, fill.trade_id))
        self._own[fill.symbol] = self.position(fill.symbol) + fill.side.sign * fill.quantity
        self.version += 1
        state = OrderState(
            order_id=fill.order_id, decision_id=fill.decision_id, symbol=fill.symbol, status=OrderStatus.FILLED,
            filled_quantity=fill.quantity, at_utc=fill.filled_utc, note=note,
        )  # fmt: skip
        self._said.append(VenueReport(states=(state,), fills=(fill,)))
        self._speaking.set()

    def count_funding(self, paid: Funding) -> None:
        """Count a payment of funding, once, and let it be heard."""
        if self.settled(paid.symbol, paid.funding_id):
            return
        self._settled.add((paid.symbol, paid.funding_id))
        self.version += 1
        self._said.append(VenueReport(funding=(paid,)))
        self._speaking.set()

    def settled(self, symbol: str, number: str) -> bool:
        """Whether a payment, or a trade that the exchange made by itself, was counted before."""
        return (symbol, number) in self._settled

    def decision(self, symbol: str) -> str:
        """The decision whose entry was sent last in a market; empty where none is known."""
        return self._decisions.get(symbol, "")

    def halt(self, symbol: str, why: str) -> None:
        """Take no entry in this market any more."""
        if symbol not in self.halted:
            self.halted[symbol] = why
            self.say_closed()

    def lift(self, symbol: str, why: str) -> None:
        """Take entries again in a market that was halted for this reason, and for no other."""
        if self.halted.get(symbol) == why:
            del self.halted[symbol]
            self.say_closed()

    def suspend(self, why: str) -> None:
        """Take no entry in any market for this reason; with an empty one, take entries again."""
        if bool(why) != bool(self.unsafe):  # the figures in it change with every measurement
            self.unsafe = why
            self.say_closed()

    def closed(self) -> dict[str, CloseOnly]:
        """The markets in which no entry is taken, and why."""
        told = {symbol: CloseOnly(why=why, gone=True) for symbol, why in self.gone.items()}
        for symbol in self.instruments:
            if why := self.halted.get(symbol) or self.unsafe:
                told.setdefault(symbol, CloseOnly(why=why))
        return told

    def say_closed(self) -> None:
        """Let be heard which markets are close-only now."""
        self._said.append(VenueReport(close_only=self.closed()))
        self._speaking.set()

    def say(self, tracked: Tracked, *, unknown: bool = False) -> None:
        """Let what is new of an order be heard. That its fate is unknown is said only if `unknown` asks for it: mostly it is
        known a moment later, and the answer to `submit` has said it."""
        if tracked.status() is OrderStatus.UNKNOWN and not unknown:
            return
        if tracked.phase is Phase.DONE and tracked.order.order_id in self._taken_over:
            self._taken_over.discard(tracked.order.order_id)
            if not self._taken_over:
                self._booked.clear()
        report = tracked.news(self._clock.now())
        if report != NOTHING:
            self._said.append(report)
            self._speaking.set()

    def answer(self, tracked: Tracked) -> VenueReport:
        """All that waits to be heard, and then this order's state: the answer to a question about it."""
        waiting, report = list(self._said), tracked.news(self._clock.now(), answer=True)
        self._said.clear()
        return merged([*waiting, report])

    def first_word(self, tracked: Tracked) -> VenueReport:
        """The answer to an order that was sent: accepted, rejected or unknown. What came of it since then is heard."""
        report = VenueReport(states=(tracked.first_word(self._clock.now()),))
        self.say(tracked)
        return report

    def fail(self, defect: BaseException) -> None:
        """End the session by an error of this program: whoever waits for a report is given it."""
        self._defect = self._defect or defect
        self._speaking.set()

    async def hear(self) -> VenueReport:
        """Wait for the next report. A wait that is given up loses none. Raises an error of this program's own."""
        while not self._said:
            if self._defect is not None:
                raise self._defect
            self._speaking.clear()
            await self._speaking.wait()
        return self._said.popleft()

    @property
    def silent(self) -> bool:
        """Whether no report of fills or states waits to be heard."""
        return not any(report.fills or report.states or report.funding for report in self._said)

    def _forget_one(self) -> None:
        for order_id, tracked in self._orders.items():
            if tracked.phase is Phase.DONE:
                del self._orders[order_id]
                self.ids.forget(order_id)
                return
