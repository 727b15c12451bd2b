"""A double of TWS on loopback: it speaks the wire protocol (server version 178) to the real ib_async client.

It keeps orders and executions when it is stopped and started again, as a gateway does that restarts each day. The market moves
when it is told to (`move`), and never by itself. What it does with a partly filled parent that is cancelled, and that a child
protects what its parent has filled, is from the vendor's documents; no real TWS was ever asked.
"""

import asyncio
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

VERSION = 178
DAY_ROW = tuple[date, float, float, float, float, float]
"""Date, open, high, low, close, volume of a daily bar."""
_DONE = frozenset({"Filled", "Cancelled", "Inactive"})


@dataclass
class Listing:
    """A contract that is listed. `bars`: its daily bars so far, that of the running day included."""

    con_id: int
    isin: str
    symbol: str
    exchange: str
    currency: str
    min_tick: str = "0.05"
    min_size: str = "1"
    zone: str = "Asia/Kolkata"
    bars: list[DAY_ROW] = field(default_factory=list)
    last: Decimal | None = None
    size: Decimal = Decimal(100_000)


@dataclass
class Working:
    """An order as the double keeps it."""

    order_id: int
    client_id: int
    perm_id: int
    listing: Listing
    action: str
    quantity: Decimal
    kind: str
    limit: str
    aux: str
    tif: str
    oca: str
    ref: str
    parent_id: int
    trail_stop: Decimal | None
    transmit: bool
    status: str = "PreSubmitted"
    filled: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)

    @property
    def is_alive(self) -> bool:
        return self.transmit and self.status not in _DONE


class Tws:
    """One gateway with one account. Use `start` and `stop`; what it keeps survives both."""

    def __init__(
        self, listings: Iterable[Listing], cash: str = "1000000", account: str = "DU1234567", currency: str = "INR",
        now: Callable[[], datetime] | None = None,
    ) -> None:  # fmt: skip
        self.listings = {each.con_id: each for each in listings}
        self.cash, self.account, self.currency = Decimal(cash), account, currency
        self.held: dict[int, Decimal] = {}
        self.orders: dict[tuple[int, int], Working] = {}
        self.executions: list[tuple[str, Working, Decimal, Decimal, Decimal, datetime]] = []
        self.now = now or (lambda: datetime(2024, 1, 1, tzinfo=UTC))
        self.port = 0
        self.fee_rate = Decimal("0.001")
        self.reject_children = 0
        """How many of the next children are rejected."""
        self.most_a_move: Decimal | None = None
        """How much one move of the market fills of an order; None for all of it."""
        self.mute_orders = False
        """Takes orders and answers none of them."""
        self.bars_fail = 0
        """How many of the next questions for bars get no data (error 162)."""
        self.holds_fees = False
        """Tells a client that asks for executions their fees only at `tell_fees`."""
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._sessions: dict[int, _Session] = {}
        self._next_perm = 9000

    async def start(self) -> int:
        """Listen on loopback; the same port again after a restart."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Stop as a gateway does that restarts: connections break, orders stay."""
        if self._server is not None:
            self._server.close()
        self.drop()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def drop(self) -> None:
        """Break all connections."""
        for session in list(self._sessions.values()):
            session.writer.close()
        self._sessions.clear()

    def tell(self, code: int, text: str) -> None:
        """Say something that is about no order."""
        for session in self._sessions.values():
            session.error(-1, code, text)

    def tell_fees(self) -> None:
        """Say the fees that were held back."""
        for session in self._sessions.values():
            session.fees()

    def move(self, con_id: int, *prices: str | Decimal, size: str = "100000") -> None:
        """The market trades at these prices, one after the other; `size`: what is offered on each side, 0 for none."""
        listing = self.listings[con_id]
        for price in prices:
            listing.last, listing.size = Decimal(price), Decimal(size)
            self._tell_quote(listing)
            for order in [each for each in self.orders.values() if each.listing is listing]:
                if order.is_alive:
                    self._meet(order, Decimal(price))

    def end_day(self) -> None:
        """The close of the exchange: orders of the day end."""
        for order in list(self.orders.values()):
            if order.is_alive and order.tif == "DAY":
                self._cancel(order)

    def working(self) -> list[Working]:
        """Orders that are alive."""
        return [order for order in self.orders.values() if order.is_alive]

    # The market

    def _meet(self, order: Working, price: Decimal) -> None:
        room = self._room(order)
        if order.kind == "TRAIL":
            if not room:
                return
            best = price - Decimal(order.aux)
            if order.trail_stop is None or best > order.trail_stop:
                order.trail_stop = best
                self._tell_order(order)
            if price > order.trail_stop:
                return
        elif order.kind == "LMT":
            limit = Decimal(order.limit)
            if (price > limit) if order.action == "BUY" else (price < limit):
                return
        elif order.kind == "STP" and price > Decimal(order.aux):
            return
        part = min(room, order.quantity - order.filled)
        part = part if self.most_a_move is None else min(part, self.most_a_move)
        if part > 0 and self.listings[order.listing.con_id].size > 0:
            self._fill(order, part, price)

    def _room(self, order: Working) -> Decimal:
        """How much may trade of it now: of a child what its parent has filled."""
        if not order.parent_id:
            return order.quantity
        parent = self.orders.get((order.client_id, order.parent_id))
        return order.quantity if parent is None else parent.filled - order.filled

    def _fill(self, order: Working, part: Decimal, price: Decimal) -> None:
        sign = 1 if order.action == "BUY" else -1
        fee = (part * price * self.fee_rate).quantize(Decimal("0.01"))
        order.filled += part
        order.paid += part * price
        con_id = order.listing.con_id
        self.held[con_id] = self.held.get(con_id, Decimal(0)) + sign * part
        self.cash -= sign * part * price + fee
        execution = f"{len(self.executions) + 1:06d}.01"
        self.executions.append((execution, order, part, price, fee, self.now()))
        order.status = "Filled" if order.filled == order.quantity else "Submitted"
        self._tell_account()
        for session in self._own(order):
            session.execution(-1, *self.executions[-1])
            session.commission(execution, fee)
        self._tell_status(order)
        if order.oca:
            for other in list(self.orders.values()):
                if other is not order and other.oca == order.oca and other.is_alive:
                    self._cancel(other)

    def _cancel(self, order: Working, code: int = 202, why: str = "Order Canceled - reason:") -> None:
        order.status = "Cancelled"
        self._tell_status(order)
        for session in self._own(order):
            session.error(order.order_id, code, why)
        for child in list(self.orders.values()):
            if child.parent_id == order.order_id and child.client_id == order.client_id and child.is_alive:
                self._cancel(child)

    def _own(self, order: Working) -> "list[_Session]":
        session = self._sessions.get(order.client_id)
        return [] if session is None else [session]

    def _tell_status(self, order: Working) -> None:
        for session in self._own(order):
            session.status(order)

    def _tell_order(self, order: Working) -> None:
        for session in self._own(order):
            session.order(order)

    def _tell_quote(self, listing: Listing) -> None:
        for session in self._sessions.values():
            session.quote(listing)

    def _tell_account(self) -> None:
        for session in self._sessions.values():
            session.account()
            session.positions(end=False)

    # Orders

    def place(self, client_id: int, fields: list[str]) -> None:
        """A new order, or a change of one (message 3)."""
        order_id, con_id = int(fields[1]), int(fields[2] or 0)
        known = self.orders.get((client_id, order_id))
        (action, quantity, kind, limit, aux, tif, oca) = fields[16:23]
        session = self._sessions[client_id]
        if known is not None:
            if known.status in _DONE:
                session.error(order_id, 103, "Duplicate order id")
                return
            known.quantity, known.limit, known.aux = Decimal(quantity), limit, aux
            self._tell_order(known)
            self._tell_status(known)
            return
        trail = _trail_of(fields)
        self._next_perm += 1
        order = Working(
            order_id, client_id, self._next_perm, self.listings[con_id], action, Decimal(quantity), kind, limit, aux, tif, oca,
            fields[26], int(fields[28] or 0), trail, fields[27] == "1",
        )  # fmt: skip
        self.orders[client_id, order_id] = order
        if order.transmit and not self.mute_orders:
            family = [each for each in self.orders.values() if each.order_id == order.parent_id and not each.transmit]
            for each in family:
                each.transmit = True
            for each in (*family, order):
                self._accept(each)

    def _accept(self, order: Working) -> None:
        if order.parent_id and self.reject_children:
            self.reject_children -= 1
            order.status = "Inactive"
            for session in self._own(order):
                session.error(order.order_id, 201, "Order rejected - reason: the stop is not allowed for this contract")
            return
        order.status = "PreSubmitted" if order.parent_id or order.kind in ("TRAIL", "STP") else "Submitted"
        self._tell_order(order)
        self._tell_status(order)

    def cancel(self, client_id: int, order_id: int) -> None:
        """Message 4."""
        order = self.orders.get((client_id, order_id))
        if order is None:
            self._sessions[client_id].error(
                order_id, 10147, f"OrderId {order_id} that needs to be cancelled is not found"
            )
        elif order.status in _DONE:
            self._sessions[client_id].error(order_id, 161, "Cancel attempted when order is not in a cancellable state")
        else:
            self._cancel(order)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, reader, writer)
        try:
            await session.live()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the double is stopped
        finally:
            if self._sessions.get(session.client_id) is session:
                del self._sessions[session.client_id]
            writer.close()

    def enter(self, session: "_Session") -> bool:
        """Whether a client may come in: its id must be free (error 326)."""
        if session.client_id in self._sessions:
            session.error(
                -1, 326, "Unable to connect as the client id is already in use. Retry with a unique client id."
            )
            return False
        self._sessions[session.client_id] = session
        self.connections += 1
        return True

    @property
    def is_in(self) -> bool:
        """Whether a client is connected."""
        return bool(self._sessions)

    @property
    def next_id(self) -> int:
        return max((order.order_id for order in self.orders.values()), default=0) + 1


def _trail_of(fields: list[str]) -> Decimal | None:
    """The first stop of a trailing order, where ib_async puts it for a single stock: see its placeOrder."""
    told = fields[68]
    return Decimal(told) if told and Decimal(told) > 0 else None


class _Session:
    """One connection."""

    def __init__(self, tws: Tws, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tws, self.reader, self.writer = tws, reader, writer
        self.client_id = -1
        self._watched: dict[int, list[int]] = {}

    def send(self, *fields: Any) -> None:
        if self.writer.is_closing():
            return
        body = "".join(f"{_spelt(each)}\0" for each in fields).encode()
        self.writer.write(struct.pack(">I", len(body)) + body)

    async def live(self) -> None:
        await self.reader.readexactly(4)
        await self._frame()
        self.send(VERSION, "20240101 00:00:00 UTC")
        while True:
            fields = (await self._frame()).decode().split("\0")[:-1]
            if not self._answer(int(fields[0]), fields):
                return

    async def _frame(self) -> bytes:
        (length,) = struct.unpack(">I", await self.reader.readexactly(4))
        return await self.reader.readexactly(length)

    def _answer(self, what: int, fields: list[str]) -> bool:
        tws = self.tws
        match what:
            case 71:
                self.client_id = int(fields[2])
                if not tws.enter(self):
                    return False
                self.send(15, 1, tws.account)
                self.send(9, 1, tws.next_id)
                self.error(-1, 2104, "Market data farm connection is OK:double")
            case 61:
                self.positions()
            case 5 | 16:
                for order in tws.orders.values():
                    if order.client_id == self.client_id and order.is_alive:
                        self.order(order)
                        self.status(order)
                self.send(53, 1)
            case 99:
                self.send(102)
            case 6:
                self.account()
                self.send(54, 1, tws.account)
            case 76:
                self.send(74, 1, fields[2])
            case 7:
                for each in tws.executions:
                    if each[1].client_id == self.client_id:
                        self.execution(int(fields[2]), *each)
                self.send(55, 1, fields[2])
                if not tws.holds_fees:
                    self.fees()
            case 49:
                self.send(49, 1, int(tws.now().timestamp()))
            case 9:
                self._details(fields)
            case 20:
                self._bars(fields)
            case 1:
                self._watched.setdefault(int(fields[3]), []).append(int(fields[2]))
                self.quote(tws.listings[int(fields[3])])
            case 3:
                tws.place(self.client_id, fields)
            case 4:
                tws.cancel(self.client_id, int(fields[2]))
        return True

    def error(self, about: int, code: int, text: str) -> None:
        self.send(4, 2, about, code, text, "")

    def account(self) -> None:
        tws = self.tws
        for tag in ("TotalCashBalance", "CashBalance", "AvailableFunds"):
            self.send(6, 2, tag, tws.cash, tws.currency, tws.account)

    def fees(self) -> None:
        for each in self.tws.executions:
            self.commission(each[0], each[4])

    def positions(self, *, end: bool = True) -> None:
        for con_id, quantity in self.tws.held.items():
            self.send(61, 3, self.tws.account, *self._contract(self.tws.listings[con_id]), quantity, 0)
        if end:
            self.send(62, 1)

    def quote(self, listing: Listing) -> None:
        for ticker in self._watched.get(listing.con_id, ()):
            if listing.last is None:
                continue
            tick, some = Decimal(listing.min_tick), listing.size > 0
            bid, ask = (listing.last - tick, listing.last + tick) if some else (-1, -1)
            self.send(1, 6, ticker, 1, bid, listing.size, 0)
            self.send(1, 6, ticker, 2, ask, listing.size, 0)

    def status(self, order: Working) -> None:
        mean = order.paid / order.filled if order.filled else 0
        left = order.quantity - order.filled
        self.send(
            3,
            order.order_id,
            order.status,
            order.filled,
            left,
            mean,
            order.perm_id,
            order.parent_id,
            0,
            order.client_id,
            "",
            0,
        )

    def execution(
        self, request: int, execution: str, order: Working, part: Decimal, price: Decimal, fee: Decimal, at: datetime
    ) -> None:
        contract = self._contract(order.listing)
        side = "BOT" if order.action == "BUY" else "SLD"
        self.send(
            11, request, order.order_id, *contract, execution, f"{at:%Y%m%d %H:%M:%S} UTC", self.tws.account,
            order.listing.exchange, side, part, price, order.perm_id, order.client_id, 0, order.filled,
            order.paid / order.filled, order.ref, "", "", "", 2, 0,
        )  # fmt: skip

    def commission(self, execution: str, fee: Decimal) -> None:
        self.send(59, 1, execution, fee, self.tws.currency, "1.7976931348623157E308", "", "")

    def order(self, order: Working) -> None:
        """Message 5, in the order in which ib_async reads it."""
        trail = "" if order.trail_stop is None else order.trail_stop
        none = ""
        self.send(
            5, order.order_id, *self._contract(order.listing), order.action, order.quantity, order.kind, order.limit, order.aux,
            order.tif, order.oca, self.tws.account, "", 0, order.ref, order.client_id, order.perm_id, 0, 0, 0, none, none, none,
            none, none,
            # model code to the auxiliary price of delta neutral
            none, none, none, none, none, 0, none, -1, 0, none, none, none, none, none, none, 0, 0, 0, none, 3, 0, 0, none,
            order.parent_id, 0, none, 0, none, none,
            # continuous update to the legs
            0, 0, trail, none, none, none, none, 0, 0, 0,
            # scale, hedge, clearing, algo
            none, none, none, none, 0, none, none, 0, 0, none,
            0, 0, order.status, *([none] * 9), none, none, none, none, none, 0, 0, 0,
            # adjusted order to the price management
            "None", none, trail, none, none, none, none, 0, none, none, none, 0, 0, 0, 0, 0,
            none, none, 0, none, none, none, none, none,
        )  # fmt: skip

    def _contract(self, listing: Listing) -> tuple[Any, ...]:
        """Contract id to trading class."""
        return (
            listing.con_id, listing.symbol, "STK", "", 0, "", "", listing.exchange, listing.currency, listing.symbol,
            listing.symbol,
        )  # fmt: skip

    def _details(self, fields: list[str]) -> None:
        request, con_id, exchange, currency = fields[2], int(fields[3] or 0), fields[10], fields[12]
        kind, wanted = fields[16], fields[17]
        found = [
            each
            for each in self.tws.listings.values()
            if (each.con_id == con_id if con_id else kind == "ISIN" and each.isin == wanted)
            and currency in ("", each.currency)
            and exchange in ("", "SMART", each.exchange)
        ]
        if not found:
            self.error(int(request), 200, "No security definition has been found for the request")
            return
        for each in found:
            self.send(
                10, request, each.symbol, "STK", "", 0, "", each.exchange, each.currency, each.symbol, each.symbol, each.symbol,
                each.con_id, each.min_tick, "", "LMT,MKT,STP,TRAIL", each.exchange, 1, 0, each.symbol, each.exchange, "", "", "",
                "", each.zone, "", "", "", 0, 0, 1, "", "", "26", "", "COMMON", each.min_size, each.min_size, each.min_size,
            )  # fmt: skip
        self.send(52, 1, request)

    def _bars(self, fields: list[str]) -> None:
        request, listing = fields[1], self.tws.listings[int(fields[2])]
        if self.tws.bars_fail:
            self.tws.bars_fail -= 1
            self.error(int(request), 162, "Historical Market Data Service error message:HMDS query returned no data")
            return
        rows = [
            each for day, *prices in listing.bars for each in (f"{day:%Y%m%d}", *prices[:4], prices[4], prices[3], 1)
        ]
        self.send(17, request, "20240101 00:00:00", "20240101 00:00:00", len(listing.bars), *rows)


def _spelt(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
