"""What this venue asks an exchange, and the answers as values of ours. It knows the exchange's words, and decides nothing.

Only `create` sends an order, and only once. Everything else may be asked again.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from config.clock import Clock, to_ms
from execution.exact import exact_decimal
from execution.venues.exchange.capabilities import Capability, Find
from execution.venues.exchange.lines.line import Line, NoAnswer, Refused
from execution.venues.exchange.lines.wires import Wires
from execution.venues.exchange.outcomes import Outcome, Verdict, of_error, of_reply
from execution.venues.exchange.rights import PERPETUAL_RIGHTS, RIGHTS, KeyRights
from execution.venues.exchange.rules import Sized, in_text
from execution.venues.exchange.told import (
    Standing,
    ToldBalance,
    ToldOrder,
    ToldTrade,
    Unreadable,
    balance_of,
    is_counted,
    listed,
    order_of,
    trade_of,
)
from market.book import Book, Level
from risk.order import Side

BOOK_LEVELS = 50
_ONE = Decimal(1)
_RECENT = timedelta(hours=12)
PAGE = 500
"""Rows of a list that are asked for at once; a list that is as long may be cut off."""


class Wanted(NamedTuple):
    """One order as it is to be sent."""

    client_id: str
    symbol: str
    side: Side
    sized: Sized
    at_once: bool
    """Whether what is not filled at once is cancelled."""
    reduces: bool = False
    """Whether it only reduces."""


class Client:
    """Questions to one exchange."""

    def __init__(self, wires: Wires, row: Capability, clock: Clock) -> None:
        self._wires, self._row, self._clock = wires, row, clock
        self.sizes: Mapping[str, Decimal] = {}
        """Base units of one contract, by market of perpetuals. The exchange counts in contracts, all here in base units."""

    async def create(self, wanted: Wanted, *, exits: bool) -> tuple[Outcome, ToldOrder | None]:
        """Send an order, once. What the answer proves, and the order as it tells of it, if it does."""
        line = self._wires.urgent if exits else self._wires.trading
        try:
            reply = await line.once(lambda ccxt: ccxt.create_order(*self._words(wanted)))
        except Exception as error:  # noqa: BLE001 - the border to CCXT, which raises what it likes
            line.heed(error)
            return of_error(error, line.ccxt.last_response_headers, self._row), None
        outcome = of_reply(reply, wanted.client_id, self._row)
        return outcome, self._told(reply, wanted.client_id) if outcome.verdict is Verdict.ACCEPTED else None

    async def cancel(self, symbol: str, client_id: str, venue_id: str | None, *, stop: bool) -> ToldOrder | None:
        """Withdraw an order; its state, if the answer tells it. Raises NoAnswer, and Refused."""
        by: dict[str, Any] = {self._row.cancel_by: client_id} if self._row.cancel_by else {}
        if not by and venue_id is None:
            raise NoAnswer("the exchange's own id of the order is not known yet")
        asked = {**by, **(self._row.stop_cancel if stop else {})}
        first = venue_id if not by or self._row.find is Find.SCANNED else None
        reply = await self._wires.urgent.ask("cancel", lambda ccxt: ccxt.cancel_order(first, symbol, asked))
        return self._told(reply, client_id)

    async def look(self, symbol: str, client_id: str, *, stop: bool, exits: bool) -> tuple[ToldOrder, ...]:
        """All orders with this client id, open or done, none if the exchange knows none. Raises NoAnswer, and Refused.

        Open orders are listed too, so that two orders with one client id are seen.
        """
        line = self._line(exits=exits)
        found = await self._found(line, symbol, client_id, stop=stop)
        open_ones = tuple(each for each in await self.open_orders(symbol, exits=exits) if each.client_id == client_id)
        known = {each.venue_id for each in found}
        return (*found, *(each for each in open_ones if each.venue_id not in known))

    async def open_orders(self, symbol: str, *, exits: bool = False) -> tuple[ToldOrder, ...]:
        """The open orders in a market, whoever placed them. Raises NoAnswer, and Refused."""
        line = self._line(exits=exits)
        found: list[ToldOrder] = []
        for params in self._row.lists:

            async def ask(ccxt: Any, params: Mapping[str, Any] = params) -> tuple[ToldOrder, ...]:
                return self._orders(await ccxt.fetch_open_orders(symbol, None, None, dict(params)))

            found += await line.ask("open orders", ask)
        return tuple(found)

    async def trades_of(self, symbol: str, venue_ids: frozenset[str], since_ms: int) -> tuple[ToldTrade, ...]:
        """The trades of these orders. Raises NoAnswer, and Refused."""
        found: list[ToldTrade] = []
        for params in [{self._row.trades_by: each} for each in sorted(venue_ids)] if self._row.trades_by else [{}]:
            since = None if self._row.trades_by else since_ms

            async def ask(
                ccxt: Any, params: Mapping[str, Any] = params, since: int | None = since
            ) -> tuple[ToldTrade, ...]:
                return listed(await ccxt.fetch_my_trades(symbol, since, PAGE, dict(params)), self.trade)

            found += await self._wires.exits.ask("trades", ask)
        return tuple(each for each in found if each.venue_id in venue_ids)

    async def recent_trades(self, symbol: str, since_ms: int, *, exits: bool = False) -> tuple[ToldTrade, ...]:
        """The account's trades in a market since then. Raises NoAnswer, and Refused."""

        async def ask(ccxt: Any) -> tuple[ToldTrade, ...]:
            return listed(await ccxt.fetch_my_trades(symbol, since_ms, PAGE), self.trade)

        return await self._line(exits=exits).ask("trades", ask)

    async def order(self, symbol: str, venue_id: str, *, exits: bool = False) -> ToldOrder:
        """An order, by the exchange's own id. Raises NoAnswer, and Refused."""

        async def ask(ccxt: Any) -> ToldOrder:
            params = {"acknowledged": True} if self._row.exchange == "bybit" else {}
            return self._order(await ccxt.fetch_order(venue_id, symbol, params))

        return await self._line(exits=exits).ask("orders", ask)

    async def prepare(self) -> None:
        """Ask for what the first order would have to wait for. Raises NoAnswer, and Refused."""
        for line in (self._wires.trading, self._wires.exits, self._wires.urgent) if self._row.first else ():
            await line.ask("account", lambda ccxt: getattr(ccxt, self._row.first)())

    async def balance(self) -> ToldBalance:
        """All coins of the account. Raises NoAnswer, and Refused."""

        async def ask(ccxt: Any) -> ToldBalance:
            return balance_of(await ccxt.fetch_balance())

        return await self._wires.trading.ask("balance", ask)

    async def rights(self) -> KeyRights:
        """What the key may do. Raises NoAnswer, and Refused, also where the exchange does not tell."""
        asked = RIGHTS[self._row.exchange]
        read = PERPETUAL_RIGHTS[self._row.exchange] if self._row.perpetual else asked.read

        async def ask(ccxt: Any) -> KeyRights:
            return read(await getattr(ccxt, asked.method)())

        return await self._wires.trading.ask("rights", ask)

    async def book(self, symbol: str) -> Book:
        """The order book. Raises NoAnswer, and Refused; a crossed or malformed book is no answer."""

        async def ask(ccxt: Any) -> Book:
            return _book(await ccxt.fetch_order_book(symbol, BOOK_LEVELS), self._size(symbol))

        return await self._wires.data.ask("book", ask, patience_s=0.0)

    async def clock_ahead_ms(self) -> int:
        """How far this machine's clock is ahead of the exchange's [ms]. Raises NoAnswer, and Refused."""

        async def ask(ccxt: Any) -> int:
            before = to_ms(self._clock.now())
            told = int(await ccxt.fetch_time())
            return (before + to_ms(self._clock.now())) // 2 - told

        return await self._wires.data.ask("time", ask)

    def _line(self, *, exits: bool) -> Line:
        return self._wires.exits if exits else self._wires.trading

    async def _found(self, line: Line, symbol: str, client_id: str, *, stop: bool) -> tuple[ToldOrder, ...]:
        more = {
            **({self._row.find_by: client_id} if self._row.find_by else {}),
            **(self._row.stop_find if stop else {}),
        }
        since_ms = to_ms(self._clock.now() - _RECENT)

        async def one(ccxt: Any) -> tuple[ToldOrder, ...]:
            told = self._order(await ccxt.fetch_order(None, symbol, more))
            if told.client_id != client_id:  # asked for by it: this is no proof that ours is not there
                raise Unreadable("the answer is for another client id")
            return (told,)

        async def closed(ccxt: Any) -> tuple[ToldOrder, ...]:
            return self._orders(await getattr(ccxt, self._row.closed)(symbol, None, None, more))

        async def scanned(ccxt: Any) -> tuple[ToldOrder, ...]:
            return self._orders(await ccxt.fetch_orders(symbol, since_ms, PAGE))

        ask = {Find.ONE: one, Find.LISTED: closed, Find.SCANNED: scanned}[self._row.find]
        try:
            found = await line.ask("orders", ask)
        except Refused as refused:
            if refused.unknown:
                return ()
            raise
        return tuple([await self._of_children(each, line) for each in found if each.client_id == client_id])

    async def _of_children(self, told: ToldOrder, line: Line) -> ToldOrder:
        """A triggered stop stands as the orders that it became. Raises NoAnswer, and Refused."""
        if not told.children:
            return told
        orders = []
        for venue_id in told.children:

            async def ask(ccxt: Any, venue_id: str = venue_id) -> ToldOrder:
                return self._order(await ccxt.fetch_order(venue_id, told.symbol))

            orders.append(await line.ask("orders", ask))
        open_ones = [each for each in orders if each.standing is Standing.OPEN]
        filled = sum((each.filled for each in orders), Decimal(0))
        standing = (open_ones or orders)[-1].standing
        return told.model_copy(update={"filled": filled, "standing": standing})

    def _words(self, wanted: Wanted) -> tuple[Any, ...]:
        """The arguments of CCXT's `create_order`. A market order never has a price: CCXT would make a sum of money of it."""
        row, sized = self._row, wanted.sized
        stop = sized.trigger is not None
        params: dict[str, Any] = {row.stop_create or row.create if stop else row.create: wanted.client_id, **row.order}
        if wanted.reduces:
            params |= row.exit
        if sized.trigger is not None:
            params |= {"stopLossPrice": in_text(sized.trigger), **row.stop}
        elif wanted.at_once and sized.limit is not None:
            params["timeInForce"] = "IOC"
        if row.deadline:
            until = self._clock.now() + timedelta(seconds=row.late_s)
            params[row.deadline] = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        kind = "market" if sized.limit is None else "limit"
        price = None if sized.limit is None else in_text(sized.limit)
        contracts = sized.quantity / self._size(wanted.symbol)
        return wanted.symbol, kind, wanted.side.value, in_text(contracts), price, params

    @property
    def wires(self) -> Wires:
        """The lines that it asks over."""
        return self._wires

    def trade(self, raw: Any) -> ToldTrade:
        """A trade out of CCXT's structure, in base units. Raises Unreadable."""
        told = trade_of(raw)
        size = self._size(told.symbol)
        return told if size == _ONE else told.model_copy(update={"quantity": told.quantity * size})

    def _size(self, symbol: str) -> Decimal:
        return self.sizes.get(symbol, _ONE)

    def _order(self, raw: Any) -> ToldOrder:
        told = order_of(raw, self._row)
        size = self._size(told.symbol)
        if size == _ONE:
            return told
        quantity = None if told.quantity is None else told.quantity * size
        return told.model_copy(update={"quantity": quantity, "filled": told.filled * size})

    def _orders(self, raw: Any) -> tuple[ToldOrder, ...]:
        """The orders of a list. One that cannot be read makes the list no answer: it might be the one that is looked for."""
        return listed(raw, self._order)

    def _told(self, reply: Any, client_id: str) -> ToldOrder | None:
        try:
            told = self._order(reply)
        except Unreadable:
            return None
        return told if told.client_id == client_id else None


def _book(raw: Any, size: Decimal) -> Book:
    try:
        bids, asks = (_levels(raw[side], size) for side in ("bids", "asks"))
    except (TypeError, KeyError, ValueError, ArithmeticError, IndexError):
        raise Unreadable("a book without levels") from None
    prices = [each.price for each in bids], [each.price for each in asks]
    if prices[0] != sorted(prices[0], reverse=True) or prices[1] != sorted(prices[1]):
        raise Unreadable("a book that is not in order")
    if bids and asks and bids[0].price >= asks[0].price:
        raise Unreadable("a crossed book")
    return Book(bids=bids, asks=asks)


def _levels(raw: Any, size: Decimal) -> tuple[Level, ...]:
    levels = tuple(Level(exact_decimal(price), exact_decimal(quantity) * size) for price, quantity, *_ in raw)
    if any(not is_counted(number) or number <= Decimal(0) for level in levels for number in level):
        raise ValueError
    return levels
