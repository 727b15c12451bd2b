"""The exchanges of one session, and which of them takes an entry.

An exchange may take an entry if nothing speaks against it: it is well, it says nothing against the market, its account agrees
with the ledger, its book is fresh and shows enough within the limits of the gate, and the money lies there. Of those that may,
the cheapest takes it (`routed.cheapest`). A market whose position lies at an exchange is bought there and nowhere else, so a
position never lies at two.

It decides on entries alone. An exit is signed for the exchange where the position lies, and nothing here can send it elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from config.sections.venue import VenueSettings
from execution.account.decision import DecisionOrders
from execution.account.ledger import Ledger
from execution.account.order_desk import OrderDesk
from execution.account.orders import Orders
from execution.account.routing.cost import AllIn, all_in
from execution.account.routing.routed import Candidate, Routed, cheapest
from execution.exact import ZERO
from execution.reports import VenueReport
from execution.simulated.shown_books import ShownBooks
from execution.venues.venue import BarDriver
from market.bar import FundingRate, Slice
from market.book import Book
from market.instrument import Instrument
from risk.manager import RiskManager
from risk.order import Order

SPARE = Decimal("1.01")
"""What is kept free for an order beside its notional and its fee: the price may move before it is filled."""
_EVERY = timedelta(hours=8)
"""How often funding falls due where only one payment was told so far."""


class Health(Protocol):
    """Says which exchanges are not well at this moment: what only a live connection can know."""

    def unwell(self, order_id: str) -> Mapping[str, str]:
        """Why, by name of the exchange. `order_id`: the entry for which it is asked, by which a recorded answer is found."""
        ...


class AllWell:
    """Simulated exchanges are always well."""

    def unwell(self, order_id: str) -> Mapping[str, str]:
        return {}


class Member(NamedTuple):
    """One exchange of a session: its name, its rules and its costs. `costs`: of a simulated one, whose books follow from bars."""

    name: str
    instruments: Mapping[str, Instrument]
    fee_in_base: bool = False
    funding_multiple: Decimal = Decimal(1)
    costs: VenueSettings | None = None


class Routes:
    """Where the entries of one session go."""

    def __init__(
        self,
        members: Sequence[Member],
        ledger: Ledger,
        orders: Orders,
        gate: RiskManager,
        desk: OrderDesk,
        health: Health,
    ) -> None:
        self._members = {member.name: member for member in members}
        self._ledger, self._orders, self._gate, self._desk, self._health = ledger, orders, gate, desk, health
        self._shown = {
            member.name: ShownBooks(member.instruments, member.costs) for member in members if member.costs is not None
        }
        self._rates: dict[str, tuple[FundingRate, timedelta]] = {}

    def seeing(self, driver: BarDriver) -> BarDriver:
        """The same driver of simulated exchanges; what it is driven through is seen here too, so their books are known."""
        return _Seen(driver, self._shown.values())

    def note_funding(self, due: Iterable[FundingRate]) -> None:
        """Take the funding rates that were told with the last bars."""
        for each in due:
            before = self._rates.get(each.symbol)
            passed = _EVERY if before is None else each.at_utc - before[0].at_utc
            self._rates[each.symbol] = (each, passed if passed > timedelta(0) else _EVERY)

    def book(self, symbol: str) -> Book | None:
        """The book that a decision in this market reads: that of the exchange where an entry or the position is; else the one
        with the cheapest best ask, fee included, of those that say nothing against it; None if there is no such book."""
        pinned = self.place(symbol)
        if pinned:
            return self._book(pinned, symbol)
        least: tuple[Decimal, Book] | None = None
        for name, member in self._members.items():
            book = self._book(name, symbol)
            if book is None or not book.asks or self._against(name, symbol) is not None:
                continue
            cost = book.asks[0].price * (1 + member.instruments[symbol].taker_fee_bps / Decimal(10_000))
            if least is None or cost < least[0]:
                least = (cost, book)
        return None if least is None else least[1]

    def place(self, symbol: str) -> str:
        """The exchange where an entry of this market, or its position, is; empty where there is none, or it is not chosen yet."""
        entering, position = self._orders.entry(symbol), self._ledger.position(symbol)
        if position is not None:
            return position.account
        return "" if entering is None else entering.account

    def why(self, symbol: str) -> str | None:
        """Why no new risk may be taken in a market: nobody, or not the exchange where its position lies, takes it."""
        position = self._ledger.position(symbol)
        if position is not None:
            return self._against(position.account, symbol)
        against = {name: self._against(name, symbol) for name in self._members}
        if None in against.values():
            return None
        return "; ".join(f"{name}: {why}" for name, why in against.items())

    def most_free(self, symbol: str) -> Decimal:
        """The money that the richest exchange which may take this market has free [quote]. What is signed and not sent yet may go
        there, so it is taken off."""
        coming = sum((of.open_notional for of in self._orders.entering if not of.account), ZERO) * SPARE
        position = self._ledger.position(symbol)
        names = [position.account] if position is not None else list(self._members)
        free = [self._free(name) for name in names if self._against(name, symbol) is None]
        return max(free, default=ZERO) - coming

    def route(self, order: Order, of: DecisionOrders, at: datetime) -> Routed:
        """Where an entry of this quantity goes. It sends nothing, and changes nothing."""
        unwell = {name: why for name, why in self._health.unwell(order.order_id).items() if name in self._members}
        funding = self._funding(order.symbol, of.meant_to_hold)
        candidates, unfit = list[Candidate](), dict[str, str]()
        for name, member in self._members.items():
            found = self._look(member, order, of, unwell.get(name), funding)
            if isinstance(found, str):
                unfit[name] = found
            else:
                candidates.append(found)
        dusty = {name for name in self._members if order.symbol in self._ledger.owned_at(name)}
        chosen = cheapest(candidates, dusty)
        return Routed(
            at_utc=at,
            order_id=order.order_id,
            decision_id=order.decision_id,
            symbol=order.symbol,
            quantity=order.quantity,
            candidates=tuple(candidates),
            unfit=unfit,
            unwell=unwell,
            chosen=None if chosen is None else chosen.account,
        )

    def _look(
        self, member: Member, order: Order, of: DecisionOrders, unwell: str | None, funding: Decimal
    ) -> Candidate | str:
        """What an entry costs at an exchange, or why it may not take it."""
        name, symbol = member.name, order.symbol
        position = self._ledger.position(symbol)
        if position is not None and position.account != name:
            return f"the position lies at {position.account}"
        if name in of.tried:
            return "it has refused this entry"
        if unwell is not None:
            return unwell
        if (why := self._against(name, symbol)) is not None:
            return why
        book = self._book(name, symbol)
        assert book is not None  # else it would speak against it
        if why := self._gate.bears(order, of.terms, book):
            return why
        cost = self._cost(member, order, book, funding)
        if cost is None:
            return "its book does not show enough"
        needed, free = self._needed(member, order, cost), self._free(name)
        if needed > free:
            return f"it has {free} free, and {needed:.2f} are needed"
        return Candidate(
            account=name, book=cost.book, fee=cost.fee, funding=cost.funding, cost=cost.cost, free=free
        )  # fmt: skip

    def _cost(self, member: Member, order: Order, book: Book, funding: Decimal) -> AllIn | None:
        return all_in(
            book.asks,
            order.quantity,
            fee_bps=member.instruments[order.symbol].taker_fee_bps,
            fee_in_base=member.fee_in_base,
            funding=funding * member.funding_multiple,
        )

    def _needed(self, member: Member, order: Order, cost: AllIn) -> Decimal:
        """What an entry may cost at most [quote]: its dearest price, or the walk with something to spare."""
        price = cost.book * SPARE if order.limit_price is None else order.limit_price
        return order.quantity * price * (1 + member.instruments[order.symbol].taker_fee_bps / Decimal(10_000))

    def _free(self, name: str) -> Decimal:
        """The money at an exchange that no entry under way there may need [quote]."""
        bound = sum((of.open_notional for of in self._orders.entering if of.account == name), ZERO)
        return self._ledger.cash_at(name) - bound * SPARE

    def _against(self, name: str, symbol: str) -> str | None:
        """Why an exchange takes no new risk in a market, as far as the journal tells; None if nothing speaks against it."""
        why = self._desk.closed(name).why(symbol)
        if why is None and (agreement := self._desk.agreements.get(name)) is not None:
            why = agreement.why(symbol)
        if why is None and self._book(name, symbol) is None:
            return "it shows no fresh book"
        return why

    def _book(self, name: str, symbol: str) -> Book | None:
        shown = self._shown.get(name)
        return self._desk.books_at.get(name, {}).get(symbol) if shown is None else shown.book(symbol)

    def _funding(self, symbol: str, hold: timedelta | None) -> Decimal:
        """What a position is expected to pay as long as its voters mean to hold it [fraction of the notional], at the last told
        rate; nothing where no rate was told, or no time."""
        told = self._rates.get(symbol)
        if told is None or hold is None:
            return ZERO
        rate, every = told
        return Decimal(repr(float(rate.rate))) * (hold // every)


class _Seen:
    """A driver whose slices the books of simulated exchanges see."""

    def __init__(self, driver: BarDriver, shown: Iterable[ShownBooks]) -> None:
        self._driver, self._shown = driver, tuple(shown)

    async def on_open(self, shown: Slice) -> VenueReport:
        return await self._driver.on_open(shown)

    async def on_slice(self, shown: Slice) -> VenueReport:
        for each in self._shown:
            each.see(shown)
        return await self._driver.on_slice(shown)
