"""The trading rules of a market, read from the exchange, and what they make of an order: exact numbers, or a refusal in words.

All arithmetic is decimal. A quantity is never rounded up. A price is not rounded at all: one that is no multiple of the tick is
refused, since CCXT would round it to the nearest, and that may be against the order. Only an exit's quantity is cut down to whole
lots, because fees in the base coin leave holdings that are no multiple of a lot; the rest stays as dust.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from config.errors import DataFault
from execution.exact import floor_to, is_multiple
from execution.venues.exchange.told import is_counted
from market.instrument import Instrument, InstrumentKind
from market.perpetual.margin import PerpetualTerms
from risk.order import Order, OrderKind, Side

STOP_BAND = Decimal("0.005")
"""How far below its trigger a stop sells, where stops sell at a limit [fraction]."""
_BPS = Decimal(10_000)
_NO_LEAST = Decimal("0.00000001")
"""The minimum notional of a market that has none [quote]; its least quantity is checked instead."""


class MarketRules(NamedTuple):
    """One market. Quantities [base]."""

    instrument: Instrument
    least: Decimal
    most: Decimal | None
    most_at_market: Decimal | None
    stops_at_market: bool


class Sized(NamedTuple):
    """An order in the exchange's numbers: quantity [base]; limit and trigger [quote] where it has them."""

    quantity: Decimal
    limit: Decimal | None = None
    trigger: Decimal | None = None


def rules_of(
    market: Mapping[str, Any], *, market_stop: bool, stop_type: str = "STOP_LOSS", terms: PerpetualTerms | None = None
) -> MarketRules:
    """The rules of a market as CCXT gives it. Raises DataFault for one that cannot be traded exactly.

    `market_stop`: whether the exchange has stops that sell at market; a market that lists its types of order may still lack the
    `stop_type`. `terms`: those of a linear perpetual, whose quantities the exchange counts in contracts; None for spot.
    """
    size = Decimal(1) if terms is None else terms.contract_size
    symbol, precision, limits = str(market.get("symbol")), market.get("precision") or {}, market.get("limits") or {}
    tick, lot = _size(precision.get("price")), _times(precision.get("amount"), size)
    kind = "spot market" if terms is None else "linear perpetual"
    if (
        not market.get("spot" if terms is None else "linear")
        or market.get("active") is False
        or tick is None
        or lot is None
    ):
        raise DataFault(
            f"{symbol} cannot be traded at this exchange: it is no active {kind}, or has no tick and lot size. Nothing was "
            "started. Leave the market out."
        )
    amount, cost, at_market = limits.get("amount") or {}, limits.get("cost") or {}, limits.get("market") or {}
    kinds = (market.get("info") or {}).get("orderTypes")
    instrument = Instrument(
        symbol=symbol, base=str(market["base"]), quote=str(market["quote"]), tick_size=tick, lot_size=lot,
        min_notional=_size(cost.get("min")) or _NO_LEAST, maker_fee_bps=_fee_bps(market.get("maker")),
        taker_fee_bps=_fee_bps(market.get("taker")), perpetual=terms,
        kind=InstrumentKind.SPOT if terms is None else InstrumentKind.PERPETUAL,
    )  # fmt: skip
    return MarketRules(
        instrument, _times(amount.get("min"), size) or lot, _times(amount.get("max"), size),
        _times(at_market.get("max"), size),
        market_stop and (not isinstance(kinds, list) or not stop_type or stop_type in kinds),
    )  # fmt: skip


def rules_as_before(instrument: Instrument) -> MarketRules:
    """The rules of a market that the exchange trades no more, as a session began with them: its coins are still counted."""
    return MarketRules(instrument, instrument.lot_size, None, None, stops_at_market=True)


def sized(order: Order, rules: MarketRules, sellable: Decimal) -> Sized | str:
    """The order in the exchange's numbers, or why it cannot be sent. `sellable`: what may be traded back of our own [base]."""
    market = rules.instrument
    quantity = order.quantity
    if order.side is Side.SELL and not (market.may_be_short or order.reduce_only):
        return f"{market.symbol} is a spot market, and cannot be sold short: a sale must reduce what was bought"
    if order.reduce_only:
        quantity = floor_to(max(min(quantity, sellable), Decimal(0)), market.lot_size)
        if not quantity and market.may_be_short:
            return f"no {market.base} of this account's own position is free to be traded back"
        if not quantity:
            return f"no {market.base} of this account's own trades is free to be sold"
    elif not is_multiple(quantity, market.lot_size):
        return f"the quantity is no multiple of {market.lot_size} {market.base}"
    trigger = order.stop_price if order.kind is OrderKind.STOP else None
    limit = None if order.kind is OrderKind.STOP else order.limit_price
    if trigger is not None and not rules.stops_at_market:
        limit = floor_to(trigger * (1 - STOP_BAND), market.tick_size)
    for price in (trigger, limit):
        if price is not None and not is_multiple(price, market.tick_size):
            return f"the price {price} is no multiple of {market.tick_size} {market.quote}"
    at_market = limit is None or not order.reduce_only  # what is entered must be traded back at market some day
    price = (
        None if order.reduce_only and market.may_be_short else trigger or limit
    )  # there what reduces may be of any value
    return _within(quantity, price, rules, at_market=at_market) or Sized(quantity, limit, trigger)


def _within(quantity: Decimal, price: Decimal | None, rules: MarketRules, *, at_market: bool) -> str:
    """Why the quantity is too small or too large; empty if it is not. The notional of an order without a price is not known."""
    market, most = rules.instrument, rules.most
    if at_market and rules.most_at_market is not None:
        most = rules.most_at_market if most is None else min(most, rules.most_at_market)
    if quantity < rules.least:
        return f"the quantity {quantity} is below the least of {rules.least} {market.base}"
    if most is not None and quantity > most:
        return f"the quantity {quantity} is above the most of {most} {market.base}"
    if price is not None and quantity * price < market.min_notional:
        return f"the order is worth {quantity * price} and the least is {market.min_notional} {market.quote}"
    return ""


def in_text(number: Decimal) -> str:
    """The number without an exponent, as exchanges read it."""
    return format(number, "f")


def _size(value: Any) -> Decimal | None:
    """A positive number; None for none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return Decimal(in_text(number.normalize())) if is_counted(number) and number > 0 else None


def _times(value: Any, size: Decimal) -> Decimal | None:
    """A positive number of contracts in units of the base coin; None for none."""
    number = _size(value)
    return None if number is None else Decimal(in_text((number * size).normalize()))


def _fee_bps(fraction: Any) -> Decimal:
    """A fee in bps; 0 for a rebate, so that no cost is ever counted as a gain before it is one."""
    number = _size(fraction)
    return Decimal(0) if number is None else number * _BPS
