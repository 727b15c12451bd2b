"""One core: the same orders, in process and over the wire through ccxt, give the same fills, fees and balances."""

import asyncio
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from wire_support import bars, client_of, exchange_of, rules_of, settings_of

from config.seeds import generator
from execution.reports import Fill
from execution.simulated.venue import SimulatedVenue
from execution.wire.server import WireServer
from risk.order import Order, OrderKind, Purpose, Seal, Side

BTC = "BTC/USDT"
SEAL = Seal(b"same fills")
Told = tuple[str, str, Decimal, Decimal, Decimal, str]
COSTS = {"latency_ms": 250.0, "impact": "square_root", "impact_coefficient": 0.23}


def tape(chance: np.random.Generator, length: int) -> list[str]:
    """Bars of a walk that moves by some percent; every few bars it jumps at the open."""
    rows, last = [], 100.0
    for number in range(length):
        first = last * (1 + (0.02 * chance.standard_normal() if number % 4 == 0 else 0.0))
        last = first * (1 + 0.02 * chance.standard_normal())
        high = max(first, last) * (1 + 0.01 * chance.random())
        low = min(first, last) * (1 - 0.01 * chance.random())
        rows.append(" ".join(f"{value:.2f}" for value in (first, high, low, last)))
    return rows


def orders(chance: np.random.Generator, number: int, close: float, held: Decimal) -> list[dict[str, Any]]:
    """What is wanted at one close: an entry or two, and exits of what is held."""
    wanted = list[dict[str, Any]]()

    def add(kind: OrderKind, side: Side, quantity: Decimal, away: float = 0.0, group: str | None = None) -> None:
        price = Decimal(f"{close * (1 + away):.2f}")
        wanted.append({
            "order_id": f"o{number}-{len(wanted)}", "side": side, "kind": kind, "quantity": quantity, "oco_group": group,
            "limit_price": price if kind is OrderKind.LIMIT else None,
            "stop_price": price if kind is OrderKind.STOP else None,
        })  # fmt: skip

    for _ in range(int(chance.integers(0, 3))):
        lots = Decimal(int(chance.integers(100, 900))) / 1000
        add(OrderKind.MARKET if chance.random() < 0.5 else OrderKind.LIMIT, Side.BUY, lots, -0.004)
    if held >= 1:
        third = Decimal(int(held * 1000 / 3)) / 1000
        add(OrderKind.MARKET, Side.SELL, third)
        add(OrderKind.LIMIT, Side.SELL, third, 0.08, f"g{number}")
        add(OrderKind.STOP, Side.SELL, third, -0.07, f"g{number}")
    return wanted


def planned(chance: np.random.Generator, rows: list[str]) -> list[list[dict[str, Any]]]:
    """What is sent before each bar: at every third close, on that close, exits of no more than was bought at market."""
    plan, close, bought = list[list[dict[str, Any]]](), 100.0, Decimal(0)
    for number, row in enumerate(rows):
        plan.append([])
        if number % 3 == 0:
            plan[-1] = orders(chance, number, close, bought)
            bought = Decimal(0) if bought >= 1 else bought
            entries = (each for each in plan[-1] if each["side"] is Side.BUY and each["kind"] is OrderKind.MARKET)
            bought += sum((each["quantity"] for each in entries), Decimal(0))
        close = float(row.split()[-1])
    return plan


async def in_process(rows: list[str], plan: list[list[dict[str, Any]]], settings: Any) -> tuple[list[Told], Any]:
    """The fills of the simulated exchange, driven bar by bar, and its account."""
    venue = SimulatedVenue({BTC: rules_of(BTC)}, settings, SEAL)
    fills = list[Fill]()
    for shown, wanted in zip(bars(rows), plan, strict=True):
        for each in wanted:
            purpose = Purpose.ENTRY if each["side"] is Side.BUY else Purpose.STRATEGY_EXIT
            order = Order(decision_id="d", symbol=BTC, purpose=purpose, created_utc=shown.bars[BTC].open_utc, **each)
            assert (await venue.submit(SEAL.sign(order))).states[0].status.value == "accepted"
        fills += (await venue.on_open(shown)).fills + (await venue.on_slice(shown)).fills
    told = [
        (fill.order_id, fill.side.value, fill.quantity, fill.price, fill.fee, fill.liquidity.value) for fill in fills
    ]
    return told, await venue.account()


async def over_the_wire(rows: list[str], plan: list[list[dict[str, Any]]], settings: Any) -> tuple[list[Told], Any]:
    """The fills of the same orders through ccxt's client, and the balances that it is told."""
    still = " ".join(rows[-1].split()[-1:] * 4)
    exchange = exchange_of([*rows, still], settings=settings, balances={"USDT": "10000"}, fee_in_quote=True)
    async with WireServer(exchange) as url:
        client = client_of(url)
        client.number = str
        try:
            for wanted in plan:
                await sent(client, wanted)
                exchange.advance()
            trades = await client.fetch_my_trades(BTC, None, 1000)
            balance = await client.fetch_balance()
            names = {order["id"]: order["clientOrderId"] for order in await client.fetch_orders(BTC, None, 1000)}
        finally:
            await client.close()
    told = [
        (
            names[trade["order"]], trade["side"], Decimal(trade["info"]["qty"]), Decimal(trade["info"]["price"]),
            Decimal(trade["info"]["commission"]), trade["takerOrMaker"],
        )
        for trade in sorted(trades, key=lambda trade: int(trade["id"]))
    ]  # fmt: skip
    return told, balance


async def sent(client: Any, wanted: list[dict[str, Any]]) -> None:
    """Send orders as ccxt sends them: two of a group as one pair."""
    pairs = [each for each in wanted if each["oco_group"]]
    for each in wanted:
        named = {"clientOrderId": each["order_id"]}
        if each["oco_group"] is None:
            price = None if each["limit_price"] is None else str(each["limit_price"])
            await client.create_order(BTC, each["kind"].value, each["side"].value, str(each["quantity"]), price, named)
    if pairs:
        target, stop = pairs
        await client.private_post_orderlist_oco({
            "symbol": "BTCUSDT", "side": "SELL", "quantity": str(target["quantity"]), "aboveType": "LIMIT_MAKER",
            "abovePrice": str(target["limit_price"]), "aboveClientOrderId": target["order_id"], "belowType": "STOP_LOSS",
            "belowStopPrice": str(stop["stop_price"]), "belowClientOrderId": stop["order_id"],
        })  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_the_same_orders_give_the_same_fills_in_process_and_over_the_wire(seed: int) -> None:
    chance = generator(seed, "same fills")
    settings = settings_of(**(COSTS if seed % 2 else {}))
    rows = tape(chance, 40)
    plan = planned(chance, rows)
    here, account = asyncio.run(in_process(rows, plan, settings))
    there, balance = asyncio.run(over_the_wire(rows, plan, settings))
    assert len(here) > 10
    assert {liquidity for *_, liquidity in here} == {"maker", "taker"}
    assert there == here
    assert Decimal(balance["USDT"]["total"]) == account.cash
    assert Decimal(balance["BTC"]["total"]) == account.held.get(BTC, Decimal(0))
