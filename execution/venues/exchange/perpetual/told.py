"""What an exchange says of perpetuals, as values of ours: settings, positions, payments. It takes nothing on trust."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from config.frozen import Frozen, UtcTime
from execution.venues.exchange.told import ToldTrade, Unreadable, finite, mapping, text_in
from risk.order import Purpose


class ToldMode(NamedTuple):
    """The settings of one market: whether positions are netted (one-way), whether margins are isolated, and the leverage."""

    one_way: bool
    isolated: bool
    leverage: Decimal


class ToldPosition(Frozen):
    """An open position. `quantity` [base] is below zero for a short; prices and margin [quote]."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal | None
    margin: Decimal | None
    liquidation_price: Decimal | None
    isolated: bool | None


class ToldPayment(Frozen):
    """A payment of funding: `amount` [quote] is below zero for one that was received. What the exchange does not tell is None."""

    number: str
    symbol: str
    amount: Decimal
    at_utc: UtcTime
    rate: Decimal | None
    mark_price: Decimal | None


class Forced(NamedTuple):
    """A trade that the exchange made by itself: a liquidation, or an auto-deleveraging."""

    trade: ToldTrade
    purpose: Purpose


def position_of(raw: Any, sizes: Mapping[str, Decimal]) -> ToldPosition | None:
    """A position out of CCXT's structure; None for an empty one. `sizes`: of contracts by market, 1 where nothing is said [base].
    Raises Unreadable."""
    told = mapping(raw, "a position")
    contracts = finite(told.get("contracts") or "0", "number of contracts")
    if not contracts:
        return None
    side = told.get("side")
    if side not in ("long", "short"):
        raise Unreadable(f"a position whose side is {side}")
    symbol = text_in(told.get("symbol"), "symbol")
    quantity = abs(contracts) * sizes.get(symbol, Decimal(1))
    entry = number_in(told, "entryPrice")
    if entry is None or entry <= 0:
        raise Unreadable("a position without an entry price")
    mode = told.get("marginMode")
    return ToldPosition(
        symbol=symbol, quantity=quantity if side == "long" else -quantity,
        entry_price=entry, mark_price=number_in(told, "markPrice"),
        margin=number_in(told, "collateral") or number_in(told, "initialMargin"),
        liquidation_price=number_in(told, "liquidationPrice"), isolated=None if mode is None else mode == "isolated",
    )  # fmt: skip


def number_in(raw: Mapping[str, Any], name: str) -> Decimal | None:
    """A number under this name; None where there is none. Raises Unreadable."""
    value = raw.get(name)
    return None if value is None or value == "" else finite(value, name)


def number_of(raw: Mapping[str, Any], name: str) -> Decimal:
    """A number under this name. Raises Unreadable, also where there is none."""
    found = number_in(raw, name)
    if found is None:
        raise Unreadable(f"no {name}")
    return found
