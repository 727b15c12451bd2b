"""The simulator's USD-M protocol, through unmodified ccxt: both sides, settings, funding, liquidation, refusals."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perpetual_wire import BTC, perpetual_exchange, perpetual_server, usdm
from wire_support import FLAT, START

from config.clock import to_ms
from config.reading.load import load_profile
from execution.wire.opening import exchange_on
from execution.wire.perpetual.endpoints import FAPI
from execution.wire.perpetual.exchange import PerpetualExchange
from execution.wire.server import KEY
from market.finer import with_funding, with_marks
from market.tape import recorded_tape, simulated_tape

S = "BTC/USDT:USDT"
D = Decimal


def play(scenario: Any, *args: Any, **more: Any) -> PerpetualExchange:
    exchange = perpetual_exchange(*args, **more)

    async def main() -> None:
        async with usdm(exchange) as client:
            await client.load_markets()
            await scenario(client, exchange)

    asyncio.run(main())
    return exchange


def test_a_short_is_told_with_its_entry_margin_and_liquidation_price_and_realised_at_its_average() -> None:
    async def scenario(ccxt: Any, _: Any) -> None:
        await ccxt.set_margin_mode("isolated", S)
        await ccxt.set_leverage(2, S)
        for _ in range(2):
            order = await ccxt.create_order(S, "market", "sell", "10")
            assert (order["status"], order["filled"]) == ("closed", 10)
        (held,) = await ccxt.fetch_positions([S])
        assert (held["side"], held["contracts"], held["marginMode"]) == ("short", 20, "isolated")
        assert held["entryPrice"] == pytest.approx(99.99)
        assert held["collateral"] == pytest.approx(999.9)
        assert held["liquidationPrice"] == pytest.approx((999.9 + 1999.8) / (20 * 1.01))
        await ccxt.create_order(S, "market", "buy", "5", None, {"reduceOnly": True})
        trades = await ccxt.fetch_my_trades(S)
        assert D(trades[-1]["info"]["realizedPnl"]) == pytest.approx(D("-0.1"))
        assert [each["fee"]["currency"] for each in trades] == ["USDT"] * 3

    exchange = play(scenario)
    paid = sum((each.amount for each in exchange.incomes), D(0))
    assert exchange.margins.wallet == 10000 + paid, "the list of income makes up the wallet"


def test_what_only_reduces_never_opens_and_without_it_a_sale_turns_the_position() -> None:
    async def scenario(ccxt: Any, exchange: PerpetualExchange) -> None:
        await ccxt.create_order(S, "market", "buy", "3")
        await ccxt.create_order(S, "market", "sell", "9", None, {"reduceOnly": True})
        assert exchange.margins.positions[BTC].quantity == 0
        with pytest.raises(Exception, match="ReduceOnly Order is rejected"):
            await ccxt.create_order(S, "market", "sell", "1", None, {"reduceOnly": True})
        await ccxt.create_order(S, "market", "buy", "3")
        await ccxt.create_order(S, "market", "sell", "5")
        assert exchange.margins.positions[BTC].quantity == -2
        assert exchange.margins.positions[BTC].entry == pytest.approx(D("99.99"))

    play(scenario)


def test_a_conditional_order_becomes_another_order_at_its_price_and_says_which() -> None:
    async def scenario(ccxt: Any, exchange: PerpetualExchange) -> None:
        await ccxt.create_order(S, "market", "buy", "4")
        more = {"stopLossPrice": "95", "reduceOnly": True, "clientAlgoId": "mine", "workingType": "MARK_PRICE"}
        placed = await ccxt.create_order(S, "market", "sell", "4", None, more)
        assert (placed["status"], placed["clientOrderId"]) == ("open", "mine")
        assert [each["id"] for each in await ccxt.fetch_open_orders(S, None, None, {"trigger": True})] == [placed["id"]]
        exchange.advance()
        exchange.advance()
        told = await ccxt.fetch_order(None, S, {"clientOrderId": "mine", "trigger": True})
        assert told["info"]["algoStatus"] == "FINISHED"
        child = await ccxt.fetch_order(told["info"]["actualOrderId"], S)
        assert (child["filled"], child["status"]) == (4, "closed")
        assert child["average"] == pytest.approx(94.98, abs=0.03)
        with pytest.raises(Exception, match="-2011"):
            await ccxt.cancel_order(None, S, {"clientOrderId": "mine", "trigger": True})

    play(scenario, [FLAT, "100 100 90 92", *(FLAT,) * 3])


def test_the_list_of_endpoints_refuses_what_no_row_reads() -> None:
    async def scenario(ccxt: Any, _: Any) -> None:
        with pytest.raises(Exception, match="-1104"):
            await ccxt.create_order(S, "market", "buy", "1", None, {"nonsense": 1})
        with pytest.raises(Exception, match="-4061"):
            await ccxt.create_order(S, "market", "buy", "1", None, {"hedged": True})
        with pytest.raises(Exception, match="-1121"):
            await ccxt.fapiprivate_get_order({"symbol": "XRPUSDT", "orderId": 1})
        with pytest.raises(Exception, match="does not speak"):
            await ccxt.fapiprivate_get_ratelimit_order()

    play(scenario)
    assert all(row.weight({}) > 0 for row in FAPI.values())


@pytest.mark.parametrize(
    ("amount", "code"), [("0.0004", "amount"), ("0.01", "-4164"), ("90", "-2027"), ("5000", "-2019")]
)
def test_an_entry_that_is_too_small_too_large_or_not_paid_for_is_refused(amount: str, code: str) -> None:
    async def scenario(ccxt: Any, _: Any) -> None:
        with pytest.raises(Exception, match=code):
            await ccxt.create_order(S, "market", "buy", amount)

    play(scenario)


def test_modes_cannot_be_changed_under_a_position_nor_the_leverage_lowered() -> None:
    async def scenario(ccxt: Any, _: Any) -> None:
        await ccxt.create_order(S, "market", "buy", "1")
        for asked, code in (
            (ccxt.set_margin_mode("isolated", S), "-4048"), (ccxt.set_position_mode(True, S), "-4068"),
            (ccxt.set_leverage(3, S), "-4161"), (ccxt.set_leverage(11, S), "-4028"),
        ):  # fmt: skip
            with pytest.raises(Exception, match=code):
                await asked

    play(scenario)


def test_funding_is_paid_by_longs_and_received_by_shorts_at_the_open_of_its_bar() -> None:
    async def scenario(ccxt: Any, exchange: PerpetualExchange) -> None:
        await ccxt.create_order(S, "market", "buy", "10")
        exchange.advance()
        (paid,) = await ccxt.fetch_funding_history(S)
        assert paid["amount"] == -1
        (rate,) = await ccxt.fetch_funding_rate_history(S)
        assert (rate["fundingRate"], rate["info"]["markPrice"]) == (0.001, "100.00000000")
        assert (await ccxt.fetch_funding_rate(S))["fundingRate"] == 0.001

    play(scenario, rates={1: 0.001})


@pytest.mark.parametrize(("side", "bars"), [("buy", "100 100 60 70"), ("sell", "100 160 100 150")])
def test_a_liquidation_takes_the_margin_and_no_more_and_withdraws_all_orders(side: str, bars: str) -> None:
    async def scenario(ccxt: Any, exchange: PerpetualExchange) -> None:
        await ccxt.set_margin_mode("isolated", S)
        await ccxt.set_leverage(5, S)
        await ccxt.create_order(S, "market", side, "20")
        margin, wallet = exchange.margins.positions[BTC].margin, exchange.margins.wallet
        other = "sell" if side == "buy" else "buy"
        await ccxt.create_order(S, "limit", side, "1", "50" if side == "buy" else "190")
        await ccxt.create_order(
            S, "market", other, "20", None, {"stopLossPrice": "30" if side == "buy" else "300", "reduceOnly": True}
        )
        exchange.advance()
        exchange.advance()
        assert exchange.margins.wallet == pytest.approx(wallet - margin, abs=D("0.1"))
        assert (await ccxt.fetch_positions([S]), await ccxt.fetch_open_orders(S)) == ([], [])
        assert await ccxt.fetch_open_orders(S, None, None, {"trigger": True}) == []
        (forced,) = await ccxt.fapiprivate_get_forceorders({"symbol": "BTCUSDT"})
        assert forced["clientOrderId"].startswith("autoclose-")

    play(scenario, [FLAT, bars, *(bars.split()[-1:] * 4 and " ".join(bars.split()[-1:] * 4),) * 3])


def test_the_user_stream_tells_orders_conditional_orders_and_the_account() -> None:
    import ccxt.pro

    async def main() -> list[str]:
        exchange = perpetual_exchange()
        told: list[str] = []
        async with perpetual_server(exchange) as url:
            client = ccxt.pro.binanceusdm({"apiKey": KEY.name, "secret": KEY.secret, "enableRateLimit": False})
            client.has["fetchCurrencies"] = False
            client.options["watchPositions"] = {"fetchPositionsSnapshot": False}
            addresses = client.urls["api"]
            for name, address in list(addresses.items()):
                if isinstance(address, str):
                    addresses[name] = address.replace("https://fapi.binance.com", url)
            addresses["ws"]["linear"] = url.replace("http", "ws") + "/ws"
            try:
                await client.load_markets()
                waiting = asyncio.create_task(client.watch_orders())
                while not exchange.told.__self__.listeners:  # type: ignore[attr-defined]
                    await asyncio.sleep(0.01)
                await client.create_order(S, "market", "buy", "2")
                told += [each["status"] for each in await waiting]
                waiting = asyncio.create_task(client.watch_orders())
                await client.create_order(S, "market", "sell", "2", None, {"stopLossPrice": "90", "reduceOnly": True})
                told += [each["type"] for each in await waiting]
            finally:
                await client.close()
        return told

    told = asyncio.run(asyncio.wait_for(main(), 20))
    assert told[0] in ("open", "closed")
    assert len(told) >= 2


def test_a_stream_without_its_key_is_refused() -> None:
    import aiohttp

    async def main() -> int:
        async with perpetual_server(perpetual_exchange()) as url, aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(f"{url}/private/ws?listenKey=none"):
                    return 101
            except aiohttp.WSServerHandshakeError as fault:
                return fault.status

    assert asyncio.run(main()) == 401


def test_an_exchange_on_a_drawn_market_knows_its_last_rate_from_the_start() -> None:
    settings = load_profile("perp", {"market.session_days": 2, "market.symbols": [BTC]})
    tape, begins = simulated_tape(settings), datetime(2026, 5, 4, 10, tzinfo=UTC)
    exchange = exchange_on(tape, settings.venue, begins, {"USDT": D(1000)})
    assert isinstance(exchange, PerpetualExchange)
    due = exchange.last_rate("BTCUSDT")
    assert (due.rate, due.at_ms) == (D(repr(tape.past_funding[-1].rate)), to_ms(begins))
    assert exchange.settled[0].at_ms == to_ms(begins - timedelta(days=7) + timedelta(hours=8))
    assert exchange.incomes == []


def test_recorded_marks_and_rates_are_played_with_their_bars(tmp_path: Path) -> None:
    hours = [START + timedelta(hours=hour) for hour in range(260)]
    rows = [f"{at.isoformat()},100,101,99,100,10" for at in hours]
    marks = [f"{at.isoformat()},100.5,100.9,99.9,100.{hour % 10}" for hour, at in enumerate(hours)]
    rates = [f"{at.isoformat()},BTC/USDT,0.000{1 + hour % 3}" for hour, at in enumerate(hours[::8])]
    for name, head, lines in (
        ("BTCUSDT_perp_1h", "timestamp,open,high,low,close,volume", rows),
        ("BTCUSDT_mark_1h", "timestamp,open,high,low,close", marks),
        ("funding", "timestamp,symbol,funding_rate", rates),
    ):
        (tmp_path / f"{name}.csv").write_text("\n".join([head, *lines, ""]))
    settings = load_profile("perp", {"market.symbols": [BTC], "market.warmup_bars": 200, "world": "recorded"})
    paths = [tmp_path / f"{name}.csv" for name in ("BTCUSDT_perp_1h", "BTCUSDT_mark_1h", "funding")]
    tape = with_marks(recorded_tape(settings, paths[:1], [BTC], None, None), paths[1:2])
    tape = with_funding(tape, paths[2:])
    exchange = exchange_on(tape, settings.venue, tape.start_utc, {"USDT": D(1000)})
    assert isinstance(exchange, PerpetualExchange)
    assert exchange.floors[BTC].mark == D("100.5")
    before = [due for due in exchange.settled if due.at_ms < to_ms(tape.start_utc)]
    assert [due.rate for due in before] == [D(rate.rsplit(",")[-1]) for rate in rates[4:25]]
    for _ in range(2):
        exchange.advance()
    assert exchange.market.mark_klines(BTC)[0].close == pytest.approx(100.0 + (200 % 10) / 10)
