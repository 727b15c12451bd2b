"""Live sources against a server on this machine: what they answer becomes figures that are known from now on, or a reason."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from config.errors import UsageFault
from market.bar import Fact
from market.context.files.files import read_fact_files
from market.context.live.archive import Archive
from market.context.live.exchange import Exchange
from market.context.live.public import Alfred, CoinGecko, CoinMetrics, Deribit, Fred, LiveSource, Mempool, Polymarket
from market.context.live.web import NotRead, Web

NOW = datetime(2024, 3, 10, 12, 30, tzinfo=UTC)
BTC, ETH = "BTC/USDT", "ETH/USDT"
HOUR_MS = 3_600_000
AT_MS = int(NOW.timestamp() * 1000) // HOUR_MS * HOUR_MS

DERIBIT = {
    "jsonrpc": "2.0",
    "result": {"data": [[AT_MS - HOUR_MS, 60.0, 62.0, 59.0, 61.5], [AT_MS, 61.5, 63, 61, 62.25]]},
}
FRED = "observation_date,VIXCLS,DGS10,DFF\n2024-03-06,14.5,4.11,5.33\n2024-03-07,14.44,4.09,5.33\n2024-03-08,.,,5.33\n"
GECKO = {
    "data": {"total_market_cap": {"usd": 2.6e12}, "market_cap_percentage": {"btc": 51.5}, "updated_at": 1710073000}
}
METRICS = {
    "data": [
        {"asset": "btc", "time": "2024-03-08T00:00:00.000000000Z", "CapMrktCurUSD": "1.3e12", "FlowInExUSD": "9e8",
         "FlowOutExUSD": "7e8"},
        {"asset": "btc", "time": "2024-03-09T00:00:00.000000000Z", "CapMrktCurUSD": "1.34e12", "FlowInExUSD": None,
         "FlowOutExUSD": None},
        {"asset": "eth", "time": "2024-03-09T00:00:00.000000000Z", "CapMrktCurUSD": "4.7e11"},
    ]
}  # fmt: skip
FEES = {"fastestFee": 24, "halfHourFee": 20, "hourFee": 18, "economyFee": 9, "minimumFee": 5}
MARKET = [{"slug": "btc-up", "closed": False, "outcomes": '["Yes", "No"]', "outcomePrices": '["0.615", "0.385"]'}]


class Answer:
    """One way to answer: status, body, headers; `hang` says nothing, `cut` promises more than it sends."""

    def __init__(
        self, body: Any = "", status: int = 200, *, hang: bool = False, cut: bool = False, **headers: str
    ) -> None:
        self.body = (
            body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        self.status, self.hang, self.cut = status, hang, cut
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def server(answers: dict[str, Any] | Answer) -> Iterator[tuple[str, list[str]]]:
    """A server with an answer for each path, or one for all; and the requests that it heard."""
    heard: list[str] = []
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            path = self.path.partition("?")[0]
            answer = answers if isinstance(answers, Answer) else answers.get(path, Answer({"code": -1121}, 404))
            answer = answer if isinstance(answer, Answer) else Answer(answer)
            if answer.hang:
                released.wait(20)
                return
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer.body) + 1000 * answer.cut))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests print nothing."""

    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.daemon_threads = True
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{found.server_port}", heard
    finally:
        released.set()
        found.shutdown()
        thread.join()
        found.server_close()


def read(source: LiveSource, *symbols: str) -> dict[tuple[str, str | None], Fact]:
    facts = asyncio.run(source.facts(symbols or (BTC, ETH), NOW))
    assert all(each.known_utc == NOW and each.at_utc <= NOW for each in facts)
    return {(each.name, each.symbol): each for each in facts}


def values(found: dict[tuple[str, str | None], Fact]) -> dict[tuple[str, str | None], float]:
    return {key: each.value for key, each in found.items()}


def test_deribit_tells_the_last_volatility_index() -> None:
    with server({"/api/v2/public/get_volatility_index_data": DERIBIT}) as (url, heard):
        found = read(Deribit(url=url))
    assert values(found) == {("dvol", BTC): 62.25, ("dvol", None): 62.25, ("dvol", ETH): 62.25}
    assert found["dvol", BTC].at_utc == NOW  # its hour is not over
    assert ["currency=BTC" in heard[0], "currency=ETH" in heard[1]] == [True, True]


def test_fred_tells_the_newest_value_of_each_series_at_the_end_of_its_day() -> None:
    with server({"/graph/fredgraph.csv": FRED}) as (url, _):
        found = read(Fred(url=url))
    assert values(found) == {("vix", None): 14.44, ("us10y", None): 4.09, ("fed_funds", None): 5.33}
    assert found["vix", None].at_utc == datetime(2024, 3, 8, tzinfo=UTC)


def test_alfred_tells_what_todays_vintage_holds() -> None:
    text = "observation_date,FEDFUNDS_20240310\n2024-01-01,5.33\n2024-02-01,5.34\n2024-03-01,.\n"
    with server({"/graph/alfredgraph.csv": text}) as (url, heard):
        found = read(Alfred(url=url))
    assert found["fed_funds", None].value == 5.34
    assert found["fed_funds", None].at_utc == datetime(2024, 3, 1, tzinfo=UTC)
    assert "vintage_date=2024-03-10" in heard[0]


def test_coingecko_tells_the_value_of_all_coins_and_the_part_of_btc() -> None:
    with server({"/api/v3/global": GECKO}) as (url, _):
        found = values(read(CoinGecko(url=url)))
    assert found == {("total_market_cap", None): 2.6e12, ("btc_dominance", None): pytest.approx(0.515)}


def test_coinmetrics_tells_of_each_figure_the_last_day_that_has_it() -> None:
    with server({"/v4/timeseries/asset-metrics": METRICS}) as (url, _):
        found = read(CoinMetrics(url=url))
    assert values(found) == {
        ("asset_market_cap", BTC): 1.34e12,
        ("exchange_net_flow_24h", BTC): 2e8,
        ("asset_market_cap", ETH): 4.7e11,
    }
    assert found["exchange_net_flow_24h", BTC].at_utc == datetime(2024, 3, 9, tzinfo=UTC)


def test_mempool_and_polymarket_tell_a_fee_and_the_price_of_yes() -> None:
    with server({"/api/v1/fees/recommended": FEES, "/markets": MARKET}) as (url, heard):
        assert values(read(Mempool(url=url))) == {("mempool_fee", None): 24.0}
        assert values(read(Polymarket(((BTC, "btc-up"),), url=url))) == {("prediction_odds", BTC): 0.615}
    assert heard[1] == "/markets?slug=btc-up"


FAULTS = {
    "400": (Answer({"error": "no"}, 400), "status 400"),
    "404": (Answer("", 404), "status 404"),
    "429": (Answer("", 429, Retry_After="17"), "status 429"),
    "500": (Answer("<html>", 500), "status 500"),
    "redirect": (Answer("", 302, Location="http://127.0.0.1:9/"), "status 302"),
    "HTML": (Answer("<html>log in</html>"), "is a web page|no CSV"),
    "empty": (Answer(""), "no whole JSON|no CSV"),
    "truncated": (Answer('{"data": [1, 2', cut=True), "peer closed|incomplete|ended|closed"),
    "another form": (Answer('{"data": 7, "result": []}'), "has no|no list|no CSV"),
    "not a number": (Answer('{"fastestFee": NaN}'), "no whole JSON|no CSV"),
    "too large": (Answer(b"x" * 20_000), "larger than 10,000 bytes"),
    "wrong encoding": (Answer(b"\xff\xfe\x00\x01"), "no whole JSON|no CSV"),
    "hanging": (Answer(hang=True), "no whole answer within 0.2 s"),
}
WEB = Web(timeout_s=5.0, max_bytes=10_000)


def sources(url: str, web: Web) -> list[LiveSource]:
    return [
        Deribit(web, url), Fred(web, url), Alfred(web, url), CoinGecko(web, url), CoinMetrics(web, url), Mempool(web, url),
        Polymarket(((BTC, "btc-up"),), web, url),
    ]  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_source_gives_a_reason_for_each_fault_and_raises_nothing_else(name: str) -> None:
    answer, why = FAULTS[name]
    with server(answer) as (url, _):
        for source in sources(url, Web(timeout_s=0.2, max_bytes=10_000) if name == "hanging" else WEB):
            with pytest.raises(NotRead, match=why) as fault:
                asyncio.run(source.facts((BTC,), NOW))
            assert fault.value.retry_after_s == (17.0 if name == "429" else None)


def test_a_dead_server_is_a_reason_too() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        for source in sources(url, WEB):
            with pytest.raises(NotRead):
                asyncio.run(source.facts((BTC,), NOW))


def test_nothing_of_the_environment_stands_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with server({"/api/v1/fees/recommended": FEES}) as (url, _):
        assert values(read(Mempool(url=url))) == {("mempool_fee", None): 24.0}


@pytest.mark.parametrize(
    ("market", "why"),
    [
        ({**MARKET[0], "closed": True}, "closed"),
        ({**MARKET[0], "outcomes": '["Up", "Down"]'}, "no outcome Yes"),
        ({**MARKET[0], "outcomePrices": "x"}, "no outcome Yes"),
        ({**MARKET[0], "outcomePrices": '["7", "1"]'}, "no possible prediction_odds"),
    ],
)
def test_a_prediction_market_that_tells_no_odds_is_refused(market: dict[str, Any], why: str) -> None:
    with server({"/markets": [market]}) as (url, _), pytest.raises(NotRead, match=why):
        read(Polymarket(((BTC, "btc-up"),), url=url))


def instrument(symbol: str, **more: Any) -> dict[str, Any]:
    tick = {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"}
    lot = {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"}
    return {
        "symbol": symbol, "pair": symbol, "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT", "marginAsset": "USDT",
        "baseAssetPrecision": 8, "quotePrecision": 8, "pricePrecision": 2, "quantityPrecision": 3, "filters": [tick, lot],
        "orderTypes": ["LIMIT", "MARKET"], "permissions": ["SPOT"], "permissionSets": [["SPOT"]], "isSpotTradingAllowed": True,
        **more,
    }  # fmt: skip


BINANCE = {
    "/api/v3/exchangeInfo": {"timezone": "UTC", "serverTime": AT_MS, "rateLimits": [], "symbols": [instrument("BTCUSDT")]},
    "/fapi/v1/exchangeInfo": {
        "timezone": "UTC", "serverTime": AT_MS, "rateLimits": [], "assets": [],
        "symbols": [instrument("BTCUSDT", contractType="PERPETUAL", deliveryDate=4133404800000, onboardDate=1569398400000)],
    },
    "/api/v3/depth": {
        "lastUpdateId": 7,
        "bids": [["40000.0", "1.5"], ["39900.0", "2"], ["39000.0", "9"]],
        "asks": [["40010.0", "0.5"], ["40100.0", "1"], ["41000.0", "9"]],
    },
    "/fapi/v1/premiumIndex": {
        "symbol": "BTCUSDT", "markPrice": "40005.0", "indexPrice": "40004.0", "estimatedSettlePrice": "40000",
        "lastFundingRate": "0.00012", "interestRate": "0.0001", "nextFundingTime": AT_MS + HOUR_MS, "time": AT_MS,
    },
    "/fapi/v1/openInterest": {"symbol": "BTCUSDT", "openInterest": "2000.0", "time": AT_MS},
    "/futures/data/globalLongShortAccountRatio": [
        {"symbol": "BTCUSDT", "longShortRatio": "1.8105", "longAccount": "0.6442", "shortAccount": "0.3558",
         "timestamp": str(AT_MS)}
    ],
}  # fmt: skip


def binance(url: str) -> Exchange:
    api = {"public": f"{url}/api/v3", "fapiPublic": f"{url}/fapi/v1", "fapiData": f"{url}/futures/data"}
    options = {"fetchCurrencies": False, "fetchMarkets": {"types": ["spot", "linear"]}}
    return Exchange("binance", 5.0, {"urls": {"api": api}, "options": options})


def test_an_exchange_tells_its_book_funding_interest_and_ratio() -> None:
    with server(BINANCE) as (url, _):
        found = values(read(binance(url), BTC))
    assert found == {
        ("book_spread_bps", BTC): pytest.approx(10 / 40005 * 1e4),
        ("book_imbalance", BTC): pytest.approx((12.5 - 10.5) / 23),
        ("book_depth_1pct", BTC): pytest.approx(40_000 * 1.5 + 39_900 * 2 + 40_010 * 0.5 + 40_100),
        ("funding_rate", BTC): 0.00012,
        ("open_interest", BTC): pytest.approx(2000 * 40_005.0),
        ("long_short_ratio", BTC): 1.8105,
    }


def test_what_an_exchange_fails_to_tell_is_left_out_and_the_rest_is_read() -> None:
    broken = {
        **BINANCE,
        "/fapi/v1/premiumIndex": Answer("<html>", 502),
        "/api/v3/depth": Answer("", 429, Retry_After="3"),
    }
    with server(broken) as (url, _):
        assert values(read(binance(url), BTC)) == {("long_short_ratio", BTC): 1.8105}


@pytest.mark.parametrize("answer", [Answer("", 500), Answer("<html>"), Answer("{}"), Answer("[1, 2]"), Answer("", 429)])
def test_an_exchange_that_tells_nothing_is_a_reason(answer: Answer) -> None:
    with server(answer) as (url, _), pytest.raises(NotRead):
        read(binance(url), BTC)


def test_an_exchange_that_ccxt_does_not_know_is_named() -> None:
    with pytest.raises(NotRead, match="ccxt has no exchange 'nowhere'"):
        read(Exchange("nowhere"), BTC)


def test_the_archive_keeps_first_sights_and_is_read_back_as_they_were(tmp_path: Path) -> None:
    folder, later = tmp_path / "facts", NOW + timedelta(minutes=5)
    first = Fact(name="vix", at_utc=NOW - timedelta(days=1), known_utc=NOW, value=14.0)
    odds = Fact(name="prediction_odds", symbol=BTC, at_utc=NOW, known_utc=NOW, value=0.6)
    assert Archive(folder).add([first, odds], NOW) == 2
    again = Archive(folder)
    revised = first.model_copy(update={"known_utc": later, "value": 14.5})
    assert again.add([first.model_copy(update={"known_utc": later}), revised], later) == 1
    assert (len(again), len(list(folder.iterdir()))) == (2, 2)
    (tmp_path / "facts" / "notes.txt").write_text("not of the archive")
    found = {
        (part.name, part.symbol): (part.value.tolist(), part.known_ms.tolist())
        for file in read_fact_files([folder], [BTC])
        for part in file.columns
    }
    assert found["prediction_odds", BTC] == ([0.6], [int(NOW.timestamp() * 1000)])
    assert found["vix", None][0] in ([14.0], [14.5])


def test_a_folder_with_other_files_of_that_name_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "facts-1.parquet")
    with pytest.raises(UsageFault, match="no file of an archive"):
        Archive(tmp_path)
