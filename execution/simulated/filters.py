"""The filters of the exchange for new orders: price off the tick, quantity off the lot, order value too small.

As on Binance, the minimum order value applies to every order, also to exits: a remainder below it cannot be sold. It
does not apply to the remainder of an accepted order. The value of a market order is not known when it arrives; the
first book that it meets decides.
"""

from decimal import Decimal
from typing import assert_never

from execution.exact import EXACT, is_multiple
from market.instrument import Instrument, InstrumentKind
from risk.order import Order, OrderKind, Side


def refusal(order: Order, instrument: Instrument) -> str:
    """Return why this order may not enter the book, as a sentence; empty when it may."""
    if reason := _shape(order) or _direction(order, instrument):
        return reason
    if not is_multiple(order.quantity, instrument.lot_size):
        return f"quantity {order.quantity} is not a whole number of lots of {instrument.lot_size} {instrument.base}"
    price = order.limit_price or order.stop_price
    if price is None:
        return ""
    if not is_multiple(price, instrument.tick_size):
        return f"price {price} is not a whole number of ticks of {instrument.tick_size} {instrument.quote}"
    return "" if order.kind is OrderKind.MARKET else too_small(order.quantity, price, instrument)


def too_small(quantity: Decimal, price: Decimal, instrument: Instrument) -> str:
    """Return why this order value is too small, as a sentence; empty when it is not."""
    notional = EXACT.multiply(quantity, price)
    if notional >= instrument.min_notional:
        return ""
    return f"order value {notional} is below the smallest of {instrument.min_notional} {instrument.quote}"


def _shape(order: Order) -> str:
    match order.kind:
        case OrderKind.MARKET:
            fits = order.stop_price is None and (order.limit_price is None or not order.reduce_only)
        case OrderKind.LIMIT:
            fits = order.limit_price is not None and order.stop_price is None
        case OrderKind.STOP:
            fits = order.stop_price is not None and order.limit_price is None
        case _:
            assert_never(order.kind)
    return "" if fits else f"the prices given do not belong to a {order.kind.value} order"


def _direction(order: Order, instrument: Instrument) -> str:
    if instrument.perpetual is not None:
        return ""  # either side may open; an order that only reduces finds nothing to reduce on the wrong side
    if instrument.kind is not InstrumentKind.SPOT:
        return f"{instrument.kind.value} markets are not traded here"
    if order.side is Side.SELL and not order.reduce_only:
        return "spot cannot be sold short: a sell must reduce a position"
    if order.side is Side.BUY and order.reduce_only:
        return "spot has no short position that a buy could reduce"
    return ""
