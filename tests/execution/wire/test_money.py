"""Money on the exchange: whatever is ordered, nothing is made, nothing is lost, and open orders lock what they need."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from wire_support import exchange_of, settings_of

from config.seeds import generator
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import ORDER_TYPES, read_legs, read_order
from risk.order import Side

D = Decimal


def walk(chance: np.random.Generator, length: int) -> list[str]:
    """Bars that move by some percent and jump at times."""
    rows, last = [], 100.0
    for _ in range(length):
        first = last * (1 + 0.03 * chance.standard_normal() * (chance.random() < 0.3))
        last = first * (1 + 0.02 * chance.standard_normal())
        low, high = min(first, last) * (1 - 0.01 * chance.random()), max(first, last) * (1 + 0.01 * chance.random())
        rows.append(" ".join(f"{value:.2f}" for value in (first, high, low, last)))
    return rows


def order(chance: np.random.Generator, price: float) -> dict[str, str]:
    """An order of any type near the price; many are refused."""
    kind = str(chance.choice(ORDER_TYPES))
    told = {"side": str(chance.choice(["BUY", "SELL"])), "type": kind}
    near = [f"{price * (1 + 0.03 * chance.standard_normal()):.2f}" for _ in range(2)]
    if kind == "MARKET" and chance.random() < 0.3:
        return {**told, "quoteOrderQty": f"{chance.integers(1, 4000)}"}
    told["quantity"] = f"{chance.integers(1, 30_000) / 1000:.3f}"
    if "LIMIT" in kind:
        told["price"] = near[0]
    if kind == "LIMIT" or kind.endswith("_LIMIT"):
        told["timeInForce"] = str(chance.choice(["GTC", "IOC", "FOK"]))
    return {**told, "stopPrice": near[1]} if kind not in ("LIMIT", "MARKET", "LIMIT_MAKER") else told


def pair(chance: np.random.Generator, price: float) -> dict[str, str]:
    """A pair of orders around the price."""
    up, down = (f"{price * (1 + way * 0.03 * chance.random()):.2f}" for way in (1, -1))
    told = {"side": str(chance.choice(["BUY", "SELL"])), "quantity": f"{chance.integers(100, 9000) / 1000:.3f}"}
    if told["side"] == "SELL":
        return {**told, "aboveType": "LIMIT_MAKER", "abovePrice": up, "belowType": "STOP_LOSS", "belowStopPrice": down}
    limit = {"aboveType": "STOP_LOSS_LIMIT", "aboveStopPrice": up, "abovePrice": up, "aboveTimeInForce": "GTC"}
    return {**told, **limit, "belowType": "LIMIT_MAKER", "belowPrice": down}


def act(exchange: Exchange, chance: np.random.Generator) -> bool:
    """One act of a client, or a move of the market; False if it was refused."""
    price, choice = float(exchange.floor("BTCUSDT").price), chance.random()
    try:
        if choice < 0.5:
            exchange.place("BTCUSDT", read_order(order(chance, price)))
        elif choice < 0.65:
            exchange.place_pair("BTCUSDT", None, *read_legs(pair(chance, price)))
        elif choice < 0.75 and (orders := exchange.ledger.open_orders()):
            exchange.cancel(orders[int(chance.integers(len(orders)))])
        else:
            exchange.step()
    except Refused:
        return False
    return True


def expected(exchange: Exchange, start: dict[str, Decimal]) -> dict[str, Decimal]:
    """The balances that follow from the trades that were told."""
    found = dict(start)
    for placed in exchange.ledger.orders("BTCUSDT"):
        sign = 1 if placed.side is Side.BUY else -1
        for trade in placed.trades:
            found["BTC"] += sign * trade.quantity
            found["USDT"] -= sign * trade.quantity * trade.price
            found[trade.coin] -= trade.fee
    return found


@pytest.mark.parametrize("fee_in_quote", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_ordered_balances_are_the_trades_and_nothing_is_locked_for_nothing(
    seed: int, fee_in_quote: bool
) -> None:
    chance = generator(seed, "money")
    start = {"USDT": D(10_000), "BTC": D(100)}
    told = list[dict[str, Any]]()
    exchange = exchange_of(
        walk(chance, 120), balances={name: str(amount) for name, amount in start.items()}, fee_in_quote=fee_in_quote,
        settings=settings_of(depth_fraction=0.01),
    )  # fmt: skip
    exchange.told = told.append
    done = sum(act(exchange, chance) for _ in range(300))
    purse, orders = exchange.purse, exchange.ledger.orders("BTCUSDT")
    assert done > 100
    assert {placed.status for placed in orders} >= {"FILLED", "CANCELED", "EXPIRED"}
    assert {coin: purse.total(coin) for coin in start} == expected(exchange, start)
    for coin in start:
        assert 0 <= purse.free(coin) <= purse.total(coin)
    assert_told(told, orders)
    for placed in exchange.ledger.open_orders():
        if placed.open:
            exchange.cancel(placed)
    assert {coin: purse.locked(coin) for coin in start} == {"USDT": 0, "BTC": 0}


def assert_told(told: list[dict[str, Any]], orders: list[Any]) -> None:
    """The user stream told every order as it now is, and every trade once."""
    reports = [event for event in told if event["e"] == "executionReport"]
    last = {event["i"]: event for event in reports}
    assert {number: event["X"] for number, event in last.items()} == {placed.number: placed.status for placed in orders}
    trades = [event["t"] for event in reports if event["x"] == "TRADE"]
    assert sorted(trades) == sorted(trade.number for placed in orders for trade in placed.trades)
    assert len(set(trades)) == len(trades)
