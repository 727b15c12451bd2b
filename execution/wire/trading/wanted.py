"""Reads what a client wants: parameters by name, the order in them, and the filters of the market.

A parameter that an order of its type does not have is refused, and so is one that nobody knows: what a client library puts into a
request by mistake does not pass in silence.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from execution.exact import EXACT, ZERO, is_multiple
from execution.wire.trading import refusals
from execution.wire.trading.orders import STOPS
from execution.wire.trading.refusals import Refused
from market.instrument import Instrument
from risk.order import Side

_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_NAME = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_PLACES = 8
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "MARKET": (),
    "LIMIT_MAKER": ("quantity", "price"),
    "STOP_LOSS": ("quantity", "stopPrice"),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
    "TAKE_PROFIT": ("quantity", "stopPrice"),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
}
_LEGS = ("LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
ORDER_TYPES = tuple(_NEEDS)
"""The types of order, as the exchange lists them."""
_TERMS = ("timeInForce", "quantity", "price", "stopPrice", "quoteOrderQty")
_MOST_QUANTITY = Decimal(9_000_000)
MOST_OPEN = 200
"""Open orders of a market, at most."""
MOST_STOPS = 5
"""Open orders of a market that wait for a price, at most: as few as at Binance."""
BAND = (Decimal("0.2"), Decimal(5))
"""A limit must lie between these multiples of the last price."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One order as a client wants it. Quantities [base], prices [quote]; zero for what its type does not have."""

    side: Side
    type: str
    time_in_force: str
    quantity: Decimal
    quote_quantity: Decimal
    price: Decimal
    stop_price: Decimal
    client_id: str | None

    @property
    def buys_at(self) -> Decimal:
        """The price at which it would lock money; zero for a market order."""
        return self.price or self.stop_price

    @property
    def acts_at(self) -> Decimal:
        """The price at which it becomes active."""
        return self.stop_price or self.price


Params = Mapping[str, str]


def read_order(params: Params, *, name: str = "newClientOrderId") -> Wanted:
    """The order in these parameters. Raises Refused."""
    side = chosen(params, "side", Side.__members__, refusals.BAD_SIDE)
    kind = chosen(params, "type", _NEEDS, refusals.BAD_TYPE)
    needs = _NEEDS[kind] if kind != "MARKET" else _market_needs(params)
    for term in _TERMS:
        if term in needs and not params.get(term):
            raise Refused(refusals.MISSING, term)
        if term not in needs and term in params:
            raise Refused(refusals.NOT_REQUIRED, term)
    good_for = "GTC"
    if "timeInForce" in needs:
        good_for = chosen(params, "timeInForce", ("GTC", "IOC", "FOK"), refusals.BAD_TIME_IN_FORCE)
    return Wanted(
        side=Side[side],
        type=kind,
        time_in_force=good_for,
        quantity=number(params, "quantity"),
        quote_quantity=number(params, "quoteOrderQty"),
        price=number(params, "price"),
        stop_price=number(params, "stopPrice"),
        client_id=name_in(params, name),
    )


def _market_needs(params: Params) -> tuple[str, ...]:
    return ("quoteOrderQty",) if "quoteOrderQty" in params and "quantity" not in params else ("quantity",)


def read_legs(params: Params) -> tuple[Wanted, Wanted]:
    """The order above and the order below of a pair. Raises Refused."""
    legs = []
    for place in ("above", "below"):
        kind = chosen(params, f"{place}Type", _LEGS, refusals.BAD_TYPE)
        own = {"side": params.get("side", ""), "quantity": params.get("quantity", ""), "type": kind}
        for term, spelt in (("price", "Price"), ("stopPrice", "StopPrice"), ("timeInForce", "TimeInForce")):
            if place + spelt in params:
                own[term] = params[place + spelt]
        if f"{place}ClientOrderId" in params:
            own["newClientOrderId"] = params[f"{place}ClientOrderId"]
        legs.append(read_order(own))
    if {leg.type.startswith("STOP") for leg in legs} != {True, False}:
        raise Refused(refusals.BAD_LEGS, "one waits for a stop, the other for a profit")
    return legs[0], legs[1]


def chosen(params: Params, key: str, among: Mapping[str, object] | tuple[str, ...], otherwise: refusals.Refusal) -> str:
    """The value of a parameter that must be one of these. Raises Refused."""
    value = params.get(key)
    if not value:
        raise Refused(refusals.MISSING, key)
    if value not in among:
        raise Refused(otherwise)
    return value


def number(params: Params, key: str) -> Decimal:
    """A positive number with at most eight decimals; zero if it was not sent. Raises Refused."""
    value = params.get(key)
    if value is None:
        return ZERO
    if not _NUMBER.fullmatch(value):
        raise Refused(refusals.ILLEGAL, key)
    if len(value.partition(".")[2].rstrip("0")) > _PLACES:
        raise Refused(refusals.TOO_PRECISE, key)
    return Decimal(value)


def whole(params: Params, key: str) -> int | None:
    """A whole number; None if it was not sent. Raises Refused."""
    value = params.get(key)
    if value is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,19}", value):
        raise Refused(refusals.ILLEGAL, key)
    return int(value)


def name_in(params: Params, key: str) -> str | None:
    """A client's own name for an order; None if it was not sent. Raises Refused."""
    value = params.get(key)
    if value is not None and not _NAME.fullmatch(value):
        raise Refused(refusals.ILLEGAL, key)
    return value


def check_counts(wanted: Wanted, open_types: Sequence[str]) -> None:
    """Hold an order against the number of those that are open in its market, by their types. Raises Refused."""
    if len(open_types) >= MOST_OPEN:
        raise Refused(refusals.FILTER, "MAX_NUM_ORDERS")
    if wanted.stop_price and sum(kind in STOPS for kind in open_types) >= MOST_STOPS:
        raise Refused(refusals.FILTER, "MAX_NUM_ALGO_ORDERS")


def check_filters(wanted: Wanted, rules: Instrument, last: Decimal) -> None:
    """Hold an order against the filters of its market; `last` is the last price [quote]. Raises Refused."""
    for price in (wanted.price, wanted.stop_price):
        if price and not is_multiple(price, rules.tick_size):
            raise Refused(refusals.FILTER, "PRICE_FILTER")
    if wanted.price and not EXACT.multiply(last, BAND[0]) <= wanted.price <= EXACT.multiply(last, BAND[1]):
        raise Refused(refusals.FILTER, "PERCENT_PRICE_BY_SIDE")
    quantity = wanted.quantity
    if not wanted.quote_quantity and (
        quantity < rules.lot_size or quantity > _MOST_QUANTITY or not is_multiple(quantity, rules.lot_size)
    ):
        raise Refused(refusals.FILTER, "LOT_SIZE")
    worth = wanted.quote_quantity or EXACT.multiply(quantity, wanted.buys_at or last)
    if worth < rules.min_notional:
        raise Refused(refusals.FILTER, "NOTIONAL")
