"""Bodies of real exchanges, read by real ccxt on loopback into values of ours.

Binance's are the examples of its documentation; Kraken's, Bybit's and OKX's were recorded. Some are of perpetual markets: their
market is replaced by a spot market, since only that is traded here. For Coinbase there is no recorded body. Skipped where the
shared data is absent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exchange_support import QUICK
from loopback import loopback, tree
from recorded_bodies import BODIES, WHY_NOT, binance, body, bybit, kraken, okx

from config.clock import SystemClock
from execution.venues.exchange.capabilities import CAPABILITIES
from execution.venues.exchange.lines.client import Client, Wanted
from execution.venues.exchange.lines.line import NoAnswer
from execution.venues.exchange.lines.markets import load_markets
from execution.venues.exchange.lines.wires import ExchangeKeys, wires_of
from execution.venues.exchange.outcomes import Verdict
from execution.venues.exchange.rules import MarketRules, Sized, rules_of
from execution.venues.exchange.told import Standing
from risk.order import Side

D = Decimal
KEYS = ExchangeKeys("key", "c2VjcmV0c2VjcmV0", "password")
pytestmark = pytest.mark.skipif(not BODIES.is_dir(), reason=WHY_NOT)

Scenario = Callable[[Client, dict[str, MarketRules]], Awaitable[None]]


def play(exchange: str, symbol: str, routes: dict[str, Any], folder: Path, scenario: Scenario) -> None:
    """Run a scenario on an exchange that answers each path with its body."""

    async def main() -> None:
        with loopback() as server:
            server.routes.update({path: tree(answer) for path, answer in routes.items()})
            row = CAPABILITIES[exchange]
            async with wires_of(row, KEYS, server.url, QUICK, 1, live=True) as wires:
                markets = await load_markets(wires, (symbol,), folder, SystemClock())
                rules = {name: rules_of(each, market_stop=row.market_stop) for name, each in markets.items()}
                await scenario(Client(wires, row, SystemClock()), rules)

    asyncio.run(main())


def wanted(client_id: str, symbol: str, *, stop: bool = False) -> Wanted:
    side = Side.SELL if stop else Side.BUY
    sized = Sized(D(1), None, D(100)) if stop else Sized(D(1), D(100))
    return Wanted(client_id, symbol, side, sized, at_once=not stop)


def test_kraken(tmp_path: Path) -> None:
    async def scenario(client: Client, rules: dict[str, MarketRules]) -> None:
        market = rules["BTC/USDT"]
        assert (market.instrument.tick_size, market.instrument.lot_size) == (D("0.1"), D("0.00000001"))
        assert (market.least, market.instrument.min_notional, market.stops_at_market) == (D("0.00005"), D("0.5"), True)
        orders = await client.open_orders("BTC/USDT")
        assert [(each.venue_id, each.standing, each.quantity) for each in orders] == [
            ("O26VBY-ISGAE-JP5TLU", Standing.OPEN, D("0.5"))
        ]
        (trade,) = await client.trades_of("BTC/USDT", frozenset({"O26VBY-ISGAE-JP5TLU"}), 0)
        assert (trade.trade_id, trade.quantity, trade.price) == ("TCCCTY-WJ6EO-4FP4VZ", D("0.5"), D("29500.50"))
        assert (trade.fee, trade.fee_currency, trade.maker) == (D("23.60"), "USDT", True)
        outcome, _ = await client.create(wanted("a" * 32, "BTC/USDT"), exits=False)
        assert outcome.verdict is Verdict.UNKNOWN, "its answer names an order and does not repeat the client id"
        assert await client.cancel("BTC/USDT", "a" * 32, None, stop=False) is None, (
            "it says how many, and not in which state"
        )
        with pytest.raises(NoAnswer, match="without a single coin"):
            await (
                client.balance()
            )  # the recorded one is of another question: read as an account without money, it is refused

    play(
        "kraken",
        "BTC/USDT",
        kraken(),
        tmp_path,
        scenario,
    )


def test_bybit(tmp_path: Path) -> None:
    async def scenario(client: Client, rules: dict[str, MarketRules]) -> None:
        market = rules["BTC/USDT"]
        assert (market.instrument.tick_size, market.instrument.lot_size, market.least) == (
            D("0.1"),
            D("0.0001"),
            D("0.001"),
        )
        orders = await client.open_orders("BTC/USDT")
        assert [(each.client_id, each.standing, each.quantity) for each in orders] == [
            ("client-open-1", Standing.OPEN, D("0.01")), ("client-open-2", Standing.OPEN, D("0.01")),
        ]  # fmt: skip
        (trade,) = await client.trades_of("BTC/USDT", frozenset({"8c065341-7b52-4ca9-ac2c-37e31ac55c94"}), 0)
        assert (trade.quantity, trade.price, trade.fee, trade.maker) == (D("0.1"), D(50000), D("0.015"), True)
        assert (await client.balance()).total["USDT"] == D("1000.50")
        found = await client.look("BTC/USDT", "client-open-1", stop=False, exits=False)
        assert [each.venue_id for each in found] == ["open-order-1"]

    routes = bybit()
    play("bybit", "BTC/USDT", routes, tmp_path, scenario)


def test_an_untriggered_stop_of_bybit_is_open_under_its_own_client_id(tmp_path: Path) -> None:
    async def scenario(client: Client, _: dict[str, MarketRules]) -> None:
        orders = await client.open_orders("BTC/USDT")
        assert ("client-sl-001", Standing.OPEN) in [(each.client_id, each.standing) for each in orders]

    routes = bybit()
    routes["/v5/order/realtime"] = body("nautilus_bybit/http_get_orders_realtime_tp_sl.json")
    play("bybit", "BTC/USDT", routes, tmp_path, scenario)


def test_okx(tmp_path: Path) -> None:
    async def scenario(client: Client, rules: dict[str, MarketRules]) -> None:
        market = rules["BTC/USD"]
        assert market.instrument.tick_size > 0
        assert market.least > 0
        orders = await client.open_orders("BTC/USD")
        assert {(each.client_id, each.standing, each.filled) for each in orders} == {
            ("client-order-1", Standing.OPEN, D(0)), ("client_algo_1", Standing.OPEN, D(0)),
        }  # fmt: skip
        (trade,) = await client.trades_of("BTC/USD", frozenset({"987654321"}), 0)
        assert (trade.trade_id, trade.quantity, trade.price, trade.maker) == (
            "123456789",
            D("0.001"),
            D("42000.5"),
            False,
        )
        assert (trade.fee, trade.fee_currency) == (D("-0.042"), "USDT"), "a positive fee is a rebate there"
        assert (await client.balance()).total["USDT"] == D("99.89469657000001")
        accepted, _ = await client.create(wanted("client_order_123", "BTC/USD"), exits=False)
        other, _ = await client.create(wanted("another", "BTC/USD"), exits=False)
        assert (accepted.verdict, other.verdict) == (Verdict.ACCEPTED, Verdict.UNKNOWN)

    play("okx", "BTC/USD", okx(), tmp_path, scenario)


def test_a_triggered_stop_of_okx_stands_as_the_order_that_it_became(tmp_path: Path) -> None:
    async def scenario(client: Client, _: dict[str, MarketRules]) -> None:
        (stop,) = await client.look("BTC/USD", "client_algo_2", stop=True, exits=True)
        assert (stop.children, stop.standing, stop.filled) == (("ord_456",), Standing.FILLED, D("0.03"))

    play("okx", "BTC/USD", okx(), tmp_path, scenario)


def test_a_stop_that_okx_rejects_in_an_answer_without_an_error_is_rejected(tmp_path: Path) -> None:
    async def scenario(client: Client, _: dict[str, MarketRules]) -> None:
        refused, _told = await client.create(wanted("test_algo_rej", "BTC/USD", stop=True), exits=True)
        assert (refused.verdict, "51000" in refused.note) == (Verdict.REJECTED, True)

    rejected = body("nautilus_okx/http_place_algo_order_rejected.json")
    play("okx", "BTC/USD", okx(**{"/api/v5/trade/order-algo": rejected}), tmp_path, scenario)


def test_binance(tmp_path: Path) -> None:
    async def scenario(client: Client, rules: dict[str, MarketRules]) -> None:
        market = rules["LTC/BTC"]
        assert (market.instrument.tick_size, market.instrument.lot_size) == (D("0.000001"), D("0.001"))
        assert (market.instrument.min_notional, market.stops_at_market) == (D("0.0001"), False), (
            "in 2022 it had stops at a limit only"
        )
        (order,) = await client.open_orders("LTC/BTC")
        assert (order.venue_id, order.client_id, order.quantity, order.filled) == ("1", "myOrder1", D(1), D(0))
        assert [each.venue_id for each in await client.look("LTC/BTC", "myOrder1", stop=False, exits=False)] == ["1"]
        (trade,) = await client.trades_of("LTC/BTC", frozenset({"100234"}), 0)
        assert (trade.quantity, trade.price, trade.fee, trade.fee_currency) == (D(12), D("4.000001"), D("10.1"), "BNB")
        assert (await client.balance()).total["BTC"] == D("4723846.89208129")
        book = await client.book("LTC/BTC")
        assert book.bids[0].price == D(4)

    play("binance", "LTC/BTC", binance(), tmp_path, scenario)
