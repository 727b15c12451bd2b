"""What the exchange shows of its markets, asked through ccxt's own client."""

import asyncio
from typing import Any

from wire_support import START, World, rules_of, settings_of, world

from config.clock import to_ms
from config.seeds import generator
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.market import PlayedMarket
from market.bar import Bar, Slice
from market.timeframe import Timeframe

BTC, ETH = "BTC/USDT", "ETH/USDT"
HOUR_MS = 3_600_000
PAST = tuple(f"{100 + n % 7} {102 + n % 7} {99 + n % 7} {101 + n % 7}" for n in range(40))


def play(scene: Any, *args: Any, **more: Any) -> None:
    async def main() -> None:
        async with world(*args, **more) as running:
            await asyncio.wait_for(scene(running), 20)

    asyncio.run(main())


def test_a_market_is_read_with_its_rules() -> None:
    async def scene(on: World) -> None:
        market = (await on.client.load_markets())[BTC]
        assert (market["id"], market["spot"], market["active"]) == ("BTCUSDT", True, True)
        assert (market["precision"]["amount"], market["precision"]["price"]) == (0.001, 0.01)
        assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == (0.001, 5.0)

    play(scene)


def test_klines_are_told_from_a_time_on_in_pages_and_the_newest_without_one() -> None:
    async def scene(on: World) -> None:
        since = to_ms(START) + 5 * HOUR_MS
        page = await on.client.fetch_ohlcv(BTC, "1h", since, 10)
        assert [row[0] for row in page] == [since + n * HOUR_MS for n in range(10)]
        assert page[0][1:] == [105, 107, 104, 106, 1000]
        newest = await on.client.fetch_ohlcv(BTC, "1h", None, 3)
        assert [row[0] for row in newest] == [to_ms(START) + n * HOUR_MS for n in (38, 39, 40)]
        paged = await on.client.fetch_ohlcv(BTC, "1h", to_ms(START), 7, {"paginate": True, "paginationCalls": 3})
        assert [row[0] for row in paged[:21]] == [to_ms(START) + n * HOUR_MS for n in range(len(paged[:21]))]
        until = await on.client.fetch_ohlcv(BTC, "4h", None, 100, {"until": since})
        assert [row[0] for row in until] == [to_ms(START), to_ms(START) + 4 * HOUR_MS]

    play(scene, ("100 110 90 105",) * 3, PAST)


def test_the_book_has_the_levels_of_the_model_and_loses_what_is_taken() -> None:
    async def scene(on: World) -> None:
        before = await on.client.fetch_order_book(BTC)
        assert (len(before["bids"]), len(before["asks"])) == (5, 5)
        assert before["asks"][0] == [100.01, 20.0]
        assert (await on.client.fetch_order_book(BTC, 2))["asks"] == before["asks"][:2]
        await on.client.create_order(BTC, "market", "buy", 5)
        after = await on.client.fetch_order_book(BTC)
        assert (after["asks"][0], after["bids"]) == ([100.01, 15.0], before["bids"])
        assert after["nonce"] > before["nonce"]

    play(scene)


def test_tickers_tell_the_last_day_and_the_best_prices() -> None:
    async def scene(on: World) -> None:
        on.exchange.step()
        ticker = await on.client.fetch_ticker(BTC)
        assert (ticker["last"], ticker["bid"], ticker["ask"]) == (90.0, 89.99, 90.01)
        assert (ticker["high"], ticker["low"]) == (108.0, 90.0)
        assert set(await on.client.fetch_tickers()) == {BTC}
        best = (await on.client.fetch_bids_asks([BTC]))[BTC]
        assert (best["bid"], best["ask"]) == (89.99, 90.01)
        assert (await on.client.public_get_ticker_price({"symbol": "BTCUSDT"}))["price"] == "90.00000000"

    play(scene, ("100 110 90 105",) * 3, PAST)


def test_public_trades_are_the_movements_and_the_client_s_own() -> None:
    async def scene(on: World) -> None:
        await on.client.create_order(BTC, "market", "buy", 5)
        on.exchange.step()
        trades = await on.client.fetch_trades(BTC)
        assert [(trade["price"], trade["side"]) for trade in trades] == [(100.01, "buy"), (90.0, "sell")]
        plain = await on.client.public_get_trades({"symbol": "BTCUSDT"})
        assert [float(trade["price"]) for trade in plain] == [100.01, 90.0]

    play(scene, ("100 110 90 105",) * 3)


def test_fees_are_told_as_they_are_taken() -> None:
    async def scene(on: World) -> None:
        fee = await on.client.fetch_trading_fee(BTC)
        assert (fee["maker"], fee["taker"]) == (0.0002, 0.001)
        assert set(await on.client.fetch_trading_fees()) == {BTC}
        fees = await on.client.private_get_account()
        assert fees["commissionRates"]["taker"] == "0.00100000"

    play(scene)


def two_markets() -> Exchange:
    """BTC and ETH; ETH has no bar in the second hour, and the account has a coin that no market trades."""
    slices = []
    for hour in range(4):
        close = START + Timeframe.H1.duration * (hour + 1)
        present = (BTC,) if hour == 1 else (BTC, ETH)
        made = {
            symbol: Bar(
                symbol=symbol,
                timeframe=Timeframe.H1,
                close_utc=close,
                open=100,
                high=110,
                low=90,
                close=100,
                volume=1e4,
            )
            for symbol in present
        }
        slices.append(Slice(close_utc=close, bars=made))
    from decimal import Decimal

    balances = {"USDT": Decimal(10_000), "BTC": Decimal(1), "ETH": Decimal(0), "DOGE": Decimal("77.5")}
    rules = {symbol: rules_of(symbol) for symbol in (BTC, ETH)}
    return Exchange(PlayedMarket((BTC, ETH), Timeframe.H1, slices), rules, settings_of(), balances)


def test_markets_share_one_account_and_one_without_a_bar_stands() -> None:
    from wire_support import client_of

    from execution.wire.server import WireServer

    async def main() -> None:
        exchange = two_markets()
        async with WireServer(exchange) as url:
            client = client_of(url, warnOnFetchOpenOrdersWithoutSymbol=False)
            try:
                await client.create_order(ETH, "limit", "buy", 50, 95)
                await client.create_order(BTC, "limit", "buy", 50, 95)
                assert (await client.fetch_balance())["USDT"]["free"] == 500.0
                assert len(await client.fetch_open_orders()) == 2
                exchange.advance()
                assert exchange.market.forming.keys() == {BTC}
                assert (await client.create_order(ETH, "market", "sell", 1))["status"] == "expired"
                balance = await client.fetch_balance()
                assert balance["DOGE"]["total"] == 77.5
                assert balance["USDT"]["total"] == 500.0
                exchange.advance()
                assert (await client.create_order(ETH, "market", "sell", 1))["status"] == "closed"
            finally:
                await client.close()

    asyncio.run(main())


def test_the_same_seed_and_the_same_requests_give_the_same_exchange() -> None:
    def told(seed: int) -> list[Any]:
        exchange, chance = two_markets(), generator(seed, "twice")
        found = list[Any]()
        exchange.told = found.append
        from execution.wire.trading.wanted import read_order

        for _ in range(12):
            exchange.place(
                "BTCUSDT", read_order({"side": "BUY", "type": "MARKET", "quantity": f"{chance.integers(1, 9)}"})
            )
            if not exchange.market.ended:
                exchange.step()
        return found

    assert told(1) == told(1) != told(2)
