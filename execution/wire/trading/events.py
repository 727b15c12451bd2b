"""The events of the user stream: an order changed, balances changed, a pair changed. Binance's short names.

An event is told once and never again: a client that was away learns by asking.
"""

from collections.abc import Iterable

from execution.exact import EXACT
from execution.wire.trading.orders import Json, Pair, Trade, WireOrder, text
from execution.wire.trading.purse import Purse


def execution(order: WireOrder, what: str, at_ms: int, trade: Trade | None = None) -> Json:
    """An order was taken (NEW), traded (TRADE) or ended (CANCELED, EXPIRED)."""
    ended = what == "CANCELED"
    last = trade.quantity if trade else order.executed * 0
    price = trade.price if trade else order.executed * 0
    return {
        "e": "executionReport", "E": at_ms, "s": order.symbol, "c": order.cancel_id if ended else order.client_id,
        "S": order.side.name, "o": order.type, "f": order.time_in_force, "q": text(order.quantity),
        "p": text(order.price), "P": text(order.stop_price), "F": "0.00000000", "g": order.pair,
        "C": order.client_id if ended else "", "x": what, "X": order.status, "r": "NONE", "i": order.number,
        "l": text(last), "z": text(order.executed), "L": text(price), "n": text(trade.fee) if trade else "0",
        "N": trade.coin if trade else None, "T": at_ms, "t": trade.number if trade else -1, "I": order.number,
        "w": order.open and not order.waits, "m": trade.maker if trade else False, "M": False, "O": order.at_ms,
        "Z": text(order.spent), "Y": text(EXACT.multiply(last, price)), "Q": text(order.quote_quantity),
        "W": order.at_ms, "V": "EXPIRE_MAKER",
    }  # fmt: skip


def balances(purse: Purse, coins: Iterable[str], at_ms: int) -> Json:
    """The balances of the coins that an order moved."""
    rows = [{"a": coin, "f": text(purse.free(coin)), "l": text(purse.locked(coin))} for coin in coins]
    return {"e": "outboundAccountPosition", "E": at_ms, "u": at_ms, "B": rows}


def pair_changed(pair: Pair, at_ms: int) -> Json:
    """A pair was taken, or is done."""
    return {
        "e": "listStatus", "E": at_ms, "s": pair.symbol, "g": pair.number, "c": "OCO",
        "l": "EXEC_STARTED" if pair.open else "ALL_DONE", "L": "EXECUTING" if pair.open else "ALL_DONE", "r": "NONE",
        "C": pair.client_id, "T": at_ms,
        "O": [{"s": leg.symbol, "i": leg.number, "c": leg.client_id} for leg in pair.legs],
    }  # fmt: skip
