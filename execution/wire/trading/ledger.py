"""Every order, trade and pair of the account, found again by number or by the client's own name.

A client's name is unique among open orders only: once an order is done, its name may be used again, and a question by that
name is answered with the newest order that has it.
"""

from collections.abc import Iterable, Sequence

from execution.wire.trading import refusals
from execution.wire.trading.orders import Pair, Trade, WireOrder
from execution.wire.trading.refusals import Refused


class OrderLedger:
    """What was accepted since the exchange began. Nothing is ever forgotten."""

    def __init__(self) -> None:
        self._orders: dict[int, WireOrder] = {}
        self._open: dict[int, WireOrder] = {}
        self._by_symbol: dict[str, list[WireOrder]] = {}
        self._traded: dict[str, list[tuple[WireOrder, Trade]]] = {}
        self._pairs: dict[int, Pair] = {}
        self._names: dict[tuple[str, str], int] = {}
        self._numbers = 0
        self._trades = 0

    def next_number(self) -> int:
        """A new number for an order or a pair."""
        self._numbers += 1
        return self._numbers

    def next_trade(self) -> int:
        """A new number for a trade."""
        self._trades += 1
        return self._trades

    def add(self, order: WireOrder) -> None:
        """Keep an order that was accepted."""
        self._orders[order.number] = self._open[order.number] = order
        self._by_symbol.setdefault(order.symbol, []).append(order)
        self._names[order.symbol, order.client_id] = order.number

    def add_trade(self, order: WireOrder, trade: Trade) -> None:
        """Keep a trade, with its order too."""
        order.trades.append(trade)
        self._traded.setdefault(order.symbol, []).append((order, trade))

    def add_pair(self, pair: Pair) -> None:
        """Keep a pair whose orders were accepted."""
        self._pairs[pair.number] = pair

    def done(self, order: WireOrder) -> None:
        """An order is open no more."""
        self._open.pop(order.number, None)

    def taken(self, symbol: str, client_id: str) -> bool:
        """Whether an open order of this symbol has this name."""
        number = self._names.get((symbol, client_id))
        return number is not None and number in self._open

    def order(self, symbol: str, number: int | None, client_id: str | None) -> WireOrder | None:
        """An order of this symbol by its number or by its client's name; the number goes first."""
        if number is None:
            number = self._names.get((symbol, client_id or ""))
        found = None if number is None else self._orders.get(number)
        return found if found is not None and found.symbol == symbol else None

    def by_core_id(self, order_id: str) -> WireOrder:
        """The order that the matching core calls so."""
        return self._orders[int(order_id)]

    def orders(self, symbol: str) -> Sequence[WireOrder]:
        """All orders of a symbol, oldest first."""
        return self._by_symbol.get(symbol, [])

    def open_orders(self, symbol: str | None = None) -> list[WireOrder]:
        """The open orders, oldest first, of one symbol or of all."""
        return [order for order in self._open.values() if symbol in (None, order.symbol)]

    def trades(self, symbol: str) -> Sequence[tuple[WireOrder, Trade]]:
        """All trades of a symbol, oldest first, each with its order."""
        return self._traded.get(symbol, [])

    def pairs(self) -> Iterable[Pair]:
        """All pairs, oldest first."""
        return self._pairs.values()

    def pair(self, number: int | None, client_id: str | None) -> Pair:
        """A pair by its number or its client's name. Raises Refused."""
        if number is not None and number in self._pairs:
            return self._pairs[number]
        named = [pair for pair in self._pairs.values() if number is None and pair.client_id == client_id]
        if not named:
            raise Refused(refusals.NO_LIST)
        return named[-1]
