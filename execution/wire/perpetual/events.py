"""The user stream of perpetuals: an order, a conditional order or the account has changed. Binance's short names."""

from decimal import Decimal

from execution.exact import ZERO
from execution.wire.perpetual.orders import Algo, average
from execution.wire.perpetual.purse import MarginPurse
from execution.wire.trading.orders import Json, Trade, WireOrder, text


def execution(order: WireOrder, what: str, at_ms: int, trade: Trade | None, realised: Decimal) -> Json:
    """An order was taken (NEW), traded (TRADE, CALCULATED where the exchange made it) or ended (CANCELED, EXPIRED)."""
    return {
        "e": "ORDER_TRADE_UPDATE", "E": at_ms, "T": at_ms,
        "o": {
            "s": order.symbol, "c": order.client_id, "S": order.side.name, "o": order.type, "f": order.time_in_force,
            "q": text(order.quantity), "p": text(order.price), "ap": text(average(order)), "sp": "0", "x": what,
            "X": order.status, "i": order.number, "l": text(trade.quantity if trade else ZERO), "z": text(order.executed),
            "L": text(trade.price if trade else ZERO), "N": trade.coin if trade else None,
            "n": text(trade.fee) if trade else "0", "T": at_ms, "t": trade.number if trade else 0, "b": "0", "a": "0",
            "m": trade.maker if trade else False, "R": bool(order.reduces), "wt": "CONTRACT_PRICE", "ot": order.type,
            "ps": "BOTH", "cp": False, "rp": text(realised), "pP": False, "si": 0, "ss": 0, "V": "EXPIRE_MAKER",
        },
    }  # fmt: skip


def algo(of: Algo, at_ms: int) -> Json:
    """A conditional order was taken, triggered or ended."""
    return {
        "e": "ALGO_UPDATE", "E": at_ms, "T": at_ms,
        "o": {
            "caid": of.client_id, "aid": of.number, "at": "CONDITIONAL", "o": of.type, "s": of.symbol, "S": of.side.name,
            "ps": "BOTH", "f": "GTC", "q": text(of.quantity), "X": of.status,
            "ai": "" if of.became is None else str(of.became.number), "ap": "0.00000", "aq": "0.00000", "act": "0",
            "tp": text(of.trigger), "p": "0", "V": "EXPIRE_MAKER", "wt": "MARK_PRICE" if of.by_mark else "CONTRACT_PRICE",
            "pm": "NONE", "cp": False, "pP": False, "R": of.reduces, "tt": of.triggered_ms, "gtd": 0, "rm": "",
        },
    }  # fmt: skip


def account(purse: MarginPurse, market: str, symbol: str, why: str, at_ms: int, mark: Decimal) -> Json:
    """The wallet, and the position in one market. `why`: ORDER, FUNDING_FEE, or what else changed them."""
    held = purse.positions[market]
    return {
        "e": "ACCOUNT_UPDATE", "E": at_ms, "T": at_ms,
        "a": {
            "m": why, "B": [{"a": purse.quote, "wb": text(purse.wallet), "cw": text(purse.free), "bc": "0"}],
            "P": [{
                "s": symbol, "pa": text(held.quantity), "ep": text(held.entry), "bep": text(held.entry), "cr": "0",
                "up": text(held.profit(mark)), "mt": "isolated" if purse.isolated[market] else "cross",
                "iw": text(held.margin), "ps": "BOTH",
            }],
        },
    }  # fmt: skip
