"""Several exchanges as one venue: each order goes to the exchange that it is sealed for, and every word says who spoke.

It chooses nothing. An order that names no exchange of the session is refused, so nothing is ever sent to one by chance. What an
exchange answers is told with its name in fills and funding, its account under its name, its books and close-only markets too. An
exchange that is away delays nobody who asks another one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from math import lcm
from typing import Generic, Protocol, TypeVar

from execution.exact import EXACT, ZERO
from execution.reports import Balances, OrderState, OrderStatus, VenueAccount, VenueReport
from execution.venues.venue import DrivenVenue, Venue
from market.bar import Slice
from market.book import Book
from market.instrument import Instrument
from risk.order import Order

_DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})
_REMEMBERED = 5_000
"""Orders whose place is remembered after they are done: the latest ones."""
SILENT_S = 30.0
"""An exchange that has answered nothing about orders for longer is not well [s]."""
MOST_FAILED = 0.5
"""Nor is one that has failed to answer a larger part of the last minute's questions."""


class Connected(Venue, Protocol):
    """A real exchange, which a session may come back to (`execution.venues.exchange.venue.ExchangeVenue`)."""

    async def settle(self, order: Order) -> VenueReport: ...
    def adopt(
        self, orders: Iterable[Order], trade_ids: Iterable[tuple[str, str]], held: Mapping[str, Decimal]
    ) -> None: ...
    def silent_s(self) -> float | None: ...
    def share_failed(self) -> float | None: ...
    def left_alone_s(self) -> float: ...


Member = TypeVar("Member", bound=Venue)


class RoutedVenue(Generic[Member]):
    """Several exchanges, by name and in the profile's order."""

    def __init__(self, members: Mapping[str, Member], instruments: Mapping[str, Instrument]) -> None:
        """`instruments`: rules that an order must keep so that each of them takes it (`common_rules`)."""
        self.members = dict(members)
        self._instruments = dict(instruments)
        self._places: dict[str, str] = {}
        """Where each order went, the latest ones."""
        self._open: set[str] = set()
        """The orders that are not known to be done."""
        self._bought_at: dict[str, str] = {}
        """Where the last entry of each market went."""
        self._waiting: dict[str, asyncio.Task[VenueReport | None]] = {}
        self._silent: set[str] = set()

    def instruments(self) -> dict[str, Instrument]:
        """Trading rules by symbol, which each of the exchanges accepts."""
        return dict(self._instruments)

    def book(self, symbol: str) -> Book | None:
        """The book of the exchange to which the last entry of this market went; of the first, before there is one."""
        name = self._bought_at.get(symbol, next(iter(self.members)))
        return self.members[name].book(symbol)

    async def submit(self, order: Order) -> VenueReport:
        """Hand an order to the exchange that it names."""
        return await self._send(order, lambda member: member.submit(order))

    async def cancel(self, order_id: str) -> VenueReport:
        """Withdraw an order where it is."""
        name = self._places.get(order_id)
        return VenueReport() if name is None else self._told(name, await self.members[name].cancel(order_id))

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        """The account and the books of each."""
        asked = tuple(symbols)
        told = await asyncio.gather(*(member.look(asked) for member in self.members.values()))
        return together([self._told(name, each) for name, each in zip(self.members, told, strict=True)])

    async def hear(self) -> VenueReport | None:
        """The next report of any of them; None when none will speak again. What comes while nobody waits is kept."""
        while True:
            for name, member in self.members.items():
                if name not in self._silent and name not in self._waiting:
                    self._waiting[name] = asyncio.ensure_future(member.hear())
            if not self._waiting:
                return None
            try:
                await asyncio.wait(self._waiting.values(), return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                self._give_up()
                raise
            for name, task in list(self._waiting.items()):
                if not task.done():
                    continue
                del self._waiting[name]
                word = task.result()
                if word is None:
                    self._silent.add(name)
                else:
                    return self._told(name, word)

    @property
    def holds_words(self) -> bool:
        """Whether a report has come from one of them that nobody has heard yet."""
        return any(task.done() for task in self._waiting.values())

    async def account(self) -> VenueAccount | None:
        """What they have together, and each of those that tell it; None if none does."""
        told = await asyncio.gather(*(member.account() for member in self.members.values()))
        return in_all({name: each for name, each in zip(self.members, told, strict=True) if each is not None})

    async def open_orders(self) -> tuple[Order, ...]:
        """Accepted and not yet done, exchange by exchange, each oldest first."""
        found = await asyncio.gather(*(member.open_orders() for member in self.members.values()))
        return tuple(order for orders in found for order in orders)

    async def _send(self, order: Order, send: Callable[[Member], Awaitable[VenueReport]]) -> VenueReport:
        """Hand an order to the exchange that it names. That is its place from now on, unless the exchange refuses it."""
        member, before = self.members.get(order.account), self._places.get(order.order_id, order.account)
        if member is None:
            return _refused(order, f"{order.account or 'no exchange'} is no exchange of this session: it was not sent")
        if before != order.account:
            return _refused(order, f"duplicate order id: the first order stays as it is, at {before}")
        known = order.order_id in self._places
        self._take(order)
        report = await send(member)
        if not known and any(state.status is OrderStatus.REJECTED for state in report.states):
            self._places.pop(order.order_id, None)
        return self._told(order.account, report)

    def _take(self, order: Order) -> None:
        """Note where an order is."""
        self._places[order.order_id] = order.account
        self._open.add(order.order_id)
        if not order.reduce_only:
            self._bought_at[order.symbol] = order.account
        while len(self._places) > _REMEMBERED:
            oldest = next(iter(self._places))
            if oldest in self._open:
                break
            del self._places[oldest]

    def _told(self, name: str, report: VenueReport) -> VenueReport:
        """The same report with the name of the exchange."""
        self._open.difference_update(state.order_id for state in report.states if state.status in _DONE)
        return named(report, name)

    def _busy(self) -> set[str]:
        """The exchanges with an order that is not known to be done, such as the stop of a position."""
        return {self._places[order_id] for order_id in self._open if order_id in self._places}

    def _give_up(self) -> None:
        """Stop waiting. What has come already is given to the next who asks."""
        for name, task in list(self._waiting.items()):
            if not task.done():
                task.cancel()
                del self._waiting[name]


class RoutedExchanges(RoutedVenue[Connected]):
    """Several real exchanges, to which a session may come back."""

    async def settle(self, order: Order) -> VenueReport:
        """Answer for an order that may have been sent before, at the exchange that it is sealed for and nowhere else."""
        return await self._send(order, lambda member: member.settle(order))

    def adopt_at(
        self, name: str, orders: Iterable[Order], trade_ids: Iterable[tuple[str, str]], held: Mapping[str, Decimal]
    ) -> None:
        """Hand to one of them what the journal knows of it: its orders that are not done, the trades that are booked, and what
        the ledger holds there."""
        for order in orders:
            self._take(order)
        self.members[name].adopt(orders, trade_ids, held)

    def unwell(self, order_id: str) -> dict[str, str]:
        """Which of them take no entry at this moment, and why: by the lines of each. `order_id` is not looked at."""
        found = {}
        for name, member in self.members.items():
            silent_s, left_s, failed = member.silent_s(), member.left_alone_s(), member.share_failed()
            if silent_s is None or silent_s > SILENT_S:
                found[name] = f"it has answered no question about orders for {SILENT_S:.0f} s"
            elif left_s > 0.0:
                found[name] = "it wants to be left alone"
            elif failed is not None and failed > MOST_FAILED:
                found[name] = "more than half of the last minute's questions failed"
        return found

    def silent_s(self) -> float | None:
        """How long the exchange that is silent longest of those with an open order has not answered [s]; without one, the one
        that has answered last. So the outage of an exchange where nothing lies stops nobody."""
        told = {name: member.silent_s() for name, member in self.members.items()}
        known = [each for each in told.values() if each is not None]
        busy = [each for name in self._busy() if (each := told[name]) is not None]
        return max((*busy, min(known))) if known else None

    def share_failed(self) -> float | None:
        """The part of the last minute's questions that failed, at the exchange with an open order where it is worst; without one,
        where it is best; None if too few were asked."""
        told = {name: member.share_failed() for name, member in self.members.items()}
        known = [each for each in told.values() if each is not None]
        busy = [each for name in self._busy() if (each := told[name]) is not None]
        return max((*busy, min(known))) if known else None


class RoutedSimulation(RoutedVenue[DrivenVenue]):
    """Several simulated exchanges, which are driven through the same bars one after the other. `funding`: what each pays of the
    funding rates that are told, as a multiple."""

    def __init__(
        self,
        members: Mapping[str, DrivenVenue],
        instruments: Mapping[str, Instrument],
        funding: Mapping[str, Decimal],
    ) -> None:
        super().__init__(members, instruments)
        self._funding = dict(funding)

    async def on_open(self, shown: Slice) -> VenueReport:
        """Funding and trading at the open, exchange by exchange."""
        reports = [(name, await member.on_open(self._due(shown, name))) for name, member in self.members.items()]
        return together([self._told(name, report) for name, report in reports])

    async def on_slice(self, shown: Slice) -> VenueReport:
        """Trading during the rest of these bars, exchange by exchange."""
        reports = [(name, await member.on_slice(shown)) for name, member in self.members.items()]
        return together([self._told(name, report) for name, report in reports])

    def _due(self, shown: Slice, name: str) -> Slice:
        multiple = float(self._funding.get(name, Decimal(1)))
        if multiple == 1.0 or not shown.funding:
            return shown
        due = tuple(each.model_copy(update={"rate": each.rate * multiple}) for each in shown.funding)
        return shown.model_copy(update={"funding": due})


def named(report: VenueReport, name: str) -> VenueReport:
    """A report of one exchange, with its name wherever two exchanges could be taken for each other."""
    changes: dict[str, object] = {}
    if report.fills:
        changes["fills"] = tuple(fill.model_copy(update={"account": name}) for fill in report.fills)
    if report.funding:
        changes["funding"] = tuple(paid.model_copy(update={"account": name}) for paid in report.funding)
    if report.account is not None:
        changes["account"] = in_all({name: report.account})
    if report.books:
        changes |= {"books": {}, "books_at": {name: report.books}}
    if report.close_only is not None:
        changes |= {"close_only": None, "close_only_at": {name: report.close_only}}
    return report.model_copy(update=changes) if changes else report


def together(reports: Sequence[VenueReport]) -> VenueReport:
    """Reports that were named, as one, in their order."""
    accounts: dict[str, Balances] = {}
    for report in reports:
        accounts |= {} if report.account is None else report.account.members
    return VenueReport(
        states=tuple(state for report in reports for state in report.states),
        fills=tuple(fill for report in reports for fill in report.fills),
        funding=tuple(paid for report in reports for paid in report.funding),
        account=in_all(accounts),
        books_at={name: books for report in reports for name, books in report.books_at.items()},
        close_only_at={name: closed for report in reports for name, closed in report.close_only_at.items()},
    )


def in_all(members: Mapping[str, Balances]) -> VenueAccount | None:
    """Accounts as one, with each of them; None of none."""
    if not members:
        return None
    held: dict[str, Decimal] = {}
    for part in members.values():
        for symbol, quantity in part.held.items():
            held[symbol] = EXACT.add(held.get(symbol, ZERO), quantity)
    cash = reduce(EXACT.add, (part.cash for part in members.values()), ZERO)
    parts = {name: Balances(cash=part.cash, held=part.held) for name, part in members.items()}
    return VenueAccount(cash=cash, held=held, members=parts)


def common_rules(exchanges: Sequence[Mapping[str, Instrument]]) -> dict[str, Instrument]:
    """Rules for each market under which every one of these exchanges takes an order: the least common multiples of their steps,
    the largest of their least notionals, and the dearest of their fees."""
    first, *others = exchanges
    rules = dict(first)
    for other in others:
        for symbol, mine in rules.items():
            theirs = other[symbol]
            rules[symbol] = mine.model_copy(
                update={
                    "tick_size": _common_step(mine.tick_size, theirs.tick_size),
                    "lot_size": _common_step(mine.lot_size, theirs.lot_size),
                    "min_notional": max(mine.min_notional, theirs.min_notional),
                    "maker_fee_bps": max(mine.maker_fee_bps, theirs.maker_fee_bps),
                    "taker_fee_bps": max(mine.taker_fee_bps, theirs.taker_fee_bps),
                }
            )
    return rules


def _common_step(one: Decimal, other: Decimal) -> Decimal:
    """The smallest step that is a whole number of both."""
    if one == other:
        return one
    (a, b), (c, d) = one.as_integer_ratio(), other.as_integer_ratio()
    step = EXACT.divide(Decimal(lcm(a * d, c * b)), Decimal(b * d))
    return next((each for each in (one, other) if each == step), step.normalize())


def _refused(order: Order, why: str) -> VenueReport:
    state = OrderState(
        order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=OrderStatus.REJECTED,
        at_utc=order.created_utc, note=why,
    )  # fmt: skip
    return VenueReport(states=(state,))
