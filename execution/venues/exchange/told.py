"""What the exchange says of orders, trades and balances, as values of ours: read out of what CCXT makes of a reply.

It takes nothing on trust: a number that is missing, negative or none that an exchange counts with, or a side that is no side,
makes the whole statement unreadable. What cannot be read is no evidence, and nothing is booked from it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from config.clock import from_ms
from config.frozen import Frozen, UtcTime
from execution.venues.exchange.capabilities import Capability
from execution.venues.exchange.outcomes import client_id_of
from risk.order import Side

T = TypeVar("T")
MOST = Decimal(10) ** 15
"""No exchange counts so much of anything [base or quote]."""
FINEST = -20
"""No exchange counts finer than this power of ten: within both the ledger's sums are exact."""


class Unreadable(ValueError):
    """A reply that cannot be believed. The text says what is wrong with it."""


class Standing(StrEnum):
    """How an order stands at the exchange."""

    OPEN = "open"
    FILLED = "filled"
    GONE = "gone"
    """Cancelled or expired, perhaps after a part was filled."""
    REJECTED = "rejected"


class ToldOrder(Frozen):
    """An order as the exchange tells of it. Quantities [base]."""

    venue_id: str
    client_id: str | None
    symbol: str
    standing: Standing
    quantity: Decimal | None
    filled: Decimal
    children: tuple[str, ...] = ()
    """The exchange's ids of the orders that a triggered stop became, where it makes new ones."""
    at_utc: UtcTime | None = None


class ToldTrade(Frozen):
    """A trade as the exchange tells of it. Quantity [base], price [quote], fee in `fee_currency`."""

    trade_id: str
    venue_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    maker: bool
    at_utc: UtcTime


class ToldBalance(Frozen):
    """All coins of the account by currency, with those that open orders bind."""

    total: dict[str, Decimal]
    free: dict[str, Decimal]


_STANDINGS = {
    "open": Standing.OPEN, "closed": Standing.FILLED, "canceled": Standing.GONE, "cancelled": Standing.GONE,
    "expired": Standing.GONE, "canceling": Standing.OPEN, "rejected": Standing.REJECTED,
}  # fmt: skip


def order_of(raw: Any, row: Capability) -> ToldOrder:
    """An order out of CCXT's structure. Raises Unreadable."""
    told = mapping(raw, "an order")
    standing = _STANDINGS.get(str(told.get("status")))
    quantity = None if told.get("amount") is None else _number(told.get("amount"), "quantity")
    filled = _number(told.get("filled"), "filled quantity") if told.get("filled") is not None else None
    if not filled and row.child_keys:  # a stop by itself is never filled there: the orders are that it becomes
        filled, standing = Decimal(0), Standing.OPEN if standing is Standing.FILLED else standing
    if standing is None or (filled is None and standing is not Standing.REJECTED):
        raise Unreadable(f"an order without a known state or filled quantity ({told.get('status')})")
    filled = filled or Decimal(0)
    if quantity is not None and standing is Standing.FILLED and filled < quantity:
        standing = (
            Standing.GONE
        )  # CCXT calls a stop that was triggered closed on some exchanges, and a part that was filled
    return ToldOrder(
        venue_id=text_in(told.get("id"), "order id"), client_id=client_id_of(told, row),
        symbol=text_in(told.get("symbol"), "symbol"), standing=standing, quantity=quantity, filled=filled,
        children=_children(told, row), at_utc=_moment_or_none(told),
    )  # fmt: skip


def trade_of(raw: Any) -> ToldTrade:
    """A trade out of CCXT's structure. Raises Unreadable."""
    told = mapping(raw, "a trade")
    side = str(told.get("side"))
    if side not in ("buy", "sell"):
        raise Unreadable(f"a trade whose side is {side}")
    symbol = text_in(told.get("symbol"), "symbol")
    fee, currency = _fee(told)
    quantity, price = _positive(told.get("amount"), "quantity"), _positive(told.get("price"), "price")
    if quantity * price >= MOST:
        raise Unreadable(f"a trade of {quantity} at {price}")
    at = _moment_or_none(told)
    if at is None:
        raise Unreadable("a trade without a time")
    return ToldTrade(
        trade_id=text_in(told.get("id"), "trade id"), venue_id=text_in(told.get("order"), "order id"), symbol=symbol,
        side=Side(side), quantity=quantity, price=price, fee=fee,
        fee_currency=currency, maker=told.get("takerOrMaker") == "maker", at_utc=at,
    )  # fmt: skip


def balance_of(raw: Any) -> ToldBalance:
    """Balances out of CCXT's structure. Raises Unreadable, also for an account without any coin: more likely it was misread."""
    told = mapping(raw, "a balance")
    if not isinstance(told.get("total"), Mapping) or not told.get("info"):
        raise Unreadable("a balance without totals")
    total, free = (
        {
            str(name): _balance(value, f"balance of {name}")
            for name, value in (told.get(kind) or {}).items()
            if value is not None
        }
        for kind in ("total", "free")
    )
    if not total:
        raise Unreadable("a balance without a single coin")
    return ToldBalance(total=total, free=free)


def listed(raw: Any, read: Callable[[Any], T]) -> tuple[T, ...]:
    """Each entry of a list. Raises Unreadable, also where it is no list: a reply that failed is not an empty one."""
    if not isinstance(raw, list):
        raise Unreadable(f"no list, but {type(raw).__name__}")
    return tuple(read(each) for each in raw)


def _children(told: Mapping[str, Any], row: Capability) -> tuple[str, ...]:
    found: list[str] = []
    raw = told.get("info")
    for key in row.child_keys:
        value = raw.get(key) if isinstance(raw, Mapping) else None
        found += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str) and each]
    return tuple(each for each in dict.fromkeys(found) if each != told.get("id"))


def _fee(told: Mapping[str, Any]) -> tuple[Decimal, str]:
    """The fee and its currency. Raises Unreadable where none is told: a fee that is taken for nothing makes the ledger wrong."""
    listed_fees = told.get("fees")
    fees: Iterable[Any] = listed_fees if isinstance(listed_fees, list) and listed_fees else [told.get("fee")]
    named = [each for each in fees if isinstance(each, Mapping) and each.get("cost") is not None]
    currencies = {str(each.get("currency")) for each in named}
    if len(currencies) != 1 or "None" in currencies:
        raise Unreadable("a trade without a fee, or whose fee has no currency, or two")
    costs = [_decimal(each["cost"], "fee") for each in named]
    return sum(costs, Decimal(0)), currencies.pop()


def mapping(raw: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise Unreadable(f"{what} that is {type(raw).__name__}")
    return raw


def finite(value: Any, what: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Unreadable(f"a {what} that is {str(value)[:40]}")
    return number


def _decimal(value: Any, what: str) -> Decimal:
    number = finite(value, what)
    if not is_counted(number):
        raise Unreadable(f"a {what} that is {str(value)[:40]}")
    return number


def is_counted(number: Decimal) -> bool:
    """Whether an exchange can mean this number: finite, below `MOST`, and no finer than 10 to the power of `FINEST`."""
    if not number.is_finite() or abs(number) >= MOST:
        return False
    exponent = number.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= FINEST


def _balance(value: Any, what: str) -> Decimal:
    """A balance may be of a coin of which there are more than anybody counts: whoever uses it asks `is_counted`."""
    number = finite(value, what)
    if number < 0:
        raise Unreadable(f"a {what} that is {number}")
    return number


def _number(value: Any, what: str) -> Decimal:
    number = _decimal(value, what)
    if number < 0:
        raise Unreadable(f"a {what} that is {number}")
    return number


def _positive(value: Any, what: str) -> Decimal:
    number = _number(value, what)
    if not number:
        raise Unreadable(f"a {what} of nothing")
    return number


def text_in(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise Unreadable(f"no {what}")
    return value


def _moment_or_none(told: Mapping[str, Any]) -> datetime | None:
    """The latest time that the structure tells, None without one. Raises Unreadable for one that is none."""
    stamps = [told.get(key) for key in ("timestamp", "lastTradeTimestamp", "lastUpdateTimestamp")]
    told_ms = [each for each in stamps if each is not None]
    try:
        return from_ms(max(int(each) for each in told_ms)) if told_ms else None
    except (ValueError, TypeError, OverflowError):
        raise Unreadable("a time that is none") from None
