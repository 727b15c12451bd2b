"""A download of candles with the real ccxt from an exchange on loopback that errs in every known way."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from klines_server import BEGIN_MS, BROKEN, HOUR_MS, Klines, Reply, candle, serving

from config.errors import DataFault, UsageFault
from market.download import main
from market.live import exchange as of_exchange
from market.live.download import Downloaded, download
from market.live.exchange import Exchange
from market.store.asked import Span, spans_asked
from market.store.parquet import read_shelf
from market.store.shelves import Shelf
from market.timeframe import Timeframe

BTC = Shelf("binance", "BTC/USDT", Timeframe.H1)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def exchange() -> Iterator[Klines]:
    with serving(Klines()) as served:
        yield served


def fetched(exchange: Klines, store: Path, waits: list[float] | None = None, bars: int = 99) -> Downloaded:
    """Download the closed bars."""
    waited = [] if waits is None else waits

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    async def work() -> Downloaded:
        async with Exchange("binance", exchange.url, wait) as opened:
            return await download(opened, store, BTC, Span(BEGIN_MS, BEGIN_MS + bars * HOUR_MS))

    return asyncio.run(work())


def opens(store: Path) -> list[int]:
    return [ms - HOUR_MS for ms in read_shelf(BTC.folder(store), BTC).close_ms.tolist()]


def test_all_pages_come_into_the_store_and_the_candle_that_still_forms_does_not(
    exchange: Klines, tmp_path: Path
) -> None:
    args = ["--exchange", "binance", "--symbols", "BTCUSDT", "--timeframe", "1h", "--since", "2024-01-01"]
    assert main([*args, "--store", str(tmp_path), "--url", exchange.url, "--quiet"]) == 0
    assert opens(tmp_path) == exchange.times[:-1]
    held = read_shelf(BTC.folder(tmp_path), BTC)
    assert [held.open[5], held.high[5], held.low[5], held.close[5], held.volume[5]] == [
        float(value) for value in candle(exchange.times[5])[1:6]
    ]


def test_a_second_download_asks_only_for_what_is_new(exchange: Klines, tmp_path: Path) -> None:
    fetched(exchange, tmp_path, bars=60)
    exchange.asked.clear()
    told = fetched(exchange, tmp_path, bars=99)
    assert exchange.asked[0] == BEGIN_MS + 60 * HOUR_MS
    assert told.written.new == 39
    exchange.asked.clear()
    assert fetched(exchange, tmp_path, bars=99).complete
    assert exchange.asked == []


def test_an_earlier_begin_fetches_what_lies_before(exchange: Klines, tmp_path: Path) -> None:
    async def work(begin: int) -> None:
        async with Exchange("binance", exchange.url) as opened:
            await download(opened, tmp_path, BTC, Span(BEGIN_MS + begin * HOUR_MS, BEGIN_MS + 99 * HOUR_MS))

    asyncio.run(work(50))
    asyncio.run(work(0))
    assert opens(tmp_path) == exchange.times[:-1]


def test_too_many_requests_wait_as_long_as_the_exchange_says(exchange: Klines, tmp_path: Path) -> None:
    busy: Reply = 429, {"Retry-After": "7"}, b'{"code":-1003,"msg":"Too many requests"}'
    exchange.fault = lambda number: busy if number == 2 else None
    waits: list[float] = []
    fetched(exchange, tmp_path, waits)
    assert waits == [7.0]
    assert opens(tmp_path) == exchange.times[:-1]


@pytest.mark.parametrize(
    "reply",
    BROKEN.values(),
    ids=BROKEN,
)
def test_a_reply_that_is_none_is_asked_for_again(reply: Reply, exchange: Klines, tmp_path: Path) -> None:
    exchange.fault = lambda number: reply if number in (2, 3) else None
    fetched(exchange, tmp_path)
    assert opens(tmp_path) == exchange.times[:-1]


def test_an_exchange_that_stays_away_ends_the_download_and_keeps_what_came(exchange: Klines, tmp_path: Path) -> None:
    exchange.fault = lambda number: (503, {}, b"") if number >= 3 else None
    waits: list[float] = []
    with pytest.raises(DataFault, match="goes on from there"):
        fetched(exchange, tmp_path, waits)
    assert len(waits) == of_exchange.TRIES - 1
    assert waits == sorted(waits)
    assert opens(tmp_path) == exchange.times[:60]
    exchange.fault = lambda _: None
    fetched(exchange, tmp_path)
    assert opens(tmp_path) == exchange.times[:-1]


def test_short_pages_are_followed_by_the_next(exchange: Klines, tmp_path: Path) -> None:
    exchange.page = 7
    fetched(exchange, tmp_path)
    assert opens(tmp_path) == exchange.times[:-1]


def test_a_repeated_page_is_asked_again_and_counted(exchange: Klines, tmp_path: Path) -> None:
    first = json.dumps([candle(ms) for ms in exchange.times[:30]]).encode()
    exchange.fault = lambda number: (200, {}, first) if number == 2 else None
    told = fetched(exchange, tmp_path)
    assert opens(tmp_path) == exchange.times[:-1]
    assert [found.kind for found in told.findings] == ["duplicate"]


def test_an_exchange_that_only_repeats_a_page_is_not_believed(exchange: Klines, tmp_path: Path) -> None:
    first = json.dumps([candle(ms) for ms in exchange.times[:30]]).encode()
    exchange.fault = lambda number: (200, {}, first) if number >= 2 else None
    with pytest.raises(DataFault, match="repeats a page"):
        fetched(exchange, tmp_path)
    assert opens(tmp_path) == exchange.times[:30]


def test_a_hole_is_told_and_not_asked_for_twice(exchange: Klines, tmp_path: Path) -> None:
    del exchange.times[40:45]
    told = fetched(exchange, tmp_path)
    assert opens(tmp_path) == exchange.times[:-1]
    assert [(found.kind, found.detail) for found in told.findings] == [("gap", "no candles for 5 bars of 1h")]
    assert spans_asked(BTC.folder(tmp_path)) == [Span(BEGIN_MS, BEGIN_MS + 99 * HOUR_MS)]


def test_empty_pages_before_a_market_began_are_passed(exchange: Klines, tmp_path: Path) -> None:
    exchange.fault = lambda number: (200, {}, b"[]") if number == 1 else None
    exchange.times = [BEGIN_MS + (300 + i) * HOUR_MS for i in range(20)]
    fetched(exchange, tmp_path, bars=320)
    assert opens(tmp_path) == exchange.times


def test_candles_beside_the_grid_and_unreadable_ones_are_left_out(exchange: Klines, tmp_path: Path) -> None:
    odd = [candle(ms) for ms in exchange.times[:10]]
    odd[3][0] += 60_000
    odd[4][1] = "none"
    odd[5][2] = "-1"
    exchange.fault = lambda number: (200, {}, json.dumps(odd).encode()) if number == 1 else None
    told = fetched(exchange, tmp_path)
    assert {found.kind for found in told.findings} >= {"disorder", "non_finite", "gap"}
    assert not {exchange.times[3] + 60_000, exchange.times[4], exchange.times[5]} & set(opens(tmp_path))


def test_a_market_or_exchange_that_does_not_exist_is_told_with_what_is_near(
    exchange: Klines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["--timeframe", "1h", "--since", "2024-01-01", "--store", str(tmp_path), "--url", exchange.url, "--quiet"]
    assert main(["--exchange", "binance", "--symbols", "BTX/USDT", *args]) == 2
    assert "did you mean BTC/USDT?" in capsys.readouterr().err
    assert main(["--exchange", "binanze", "--symbols", "BTC/USDT", *args]) == 2
    assert "did you mean binance?" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageFault, match="no address"):
        Exchange("binance", "ftp://example.org")


def test_a_begin_in_the_future_is_refused(exchange: Klines, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["--exchange", "binance", "--symbols", "BTC/USDT", "--timeframe", "1h", "--store", str(tmp_path)]
    assert main([*args, "--since", "2031-01-01", "--url", exchange.url]) == 2
    assert "give an earlier --since" in capsys.readouterr().err


def late_from_25(asked: int) -> None:
    """The 25th question and all after it are answered late."""
    if asked >= 25:
        time.sleep(0.5)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_a_download_that_is_stopped_or_killed_goes_on_and_ends_the_same(
    number: signal.Signals, exchange: Klines, tmp_path: Path
) -> None:
    exchange.page = 1
    exchange.fault = late_from_25
    args = ["--exchange", "binance", "--symbols", "BTC/USDT", "--timeframe", "1h", "--since", "2024-01-01"]
    command = [
        sys.executable,
        "-m",
        "market.download",
        *args,
        "--store",
        str(tmp_path),
        "--url",
        exchange.url,
        "--quiet",
    ]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as going:
        for _ in range(1500):
            if len(exchange.asked) >= 25:
                break
            time.sleep(0.02)
        going.send_signal(number)
        _, told = going.communicate(timeout=300)
    assert "Traceback" not in told
    assert 20 <= len(opens(tmp_path)) < 99
    exchange.fault = lambda _: None
    exchange.page = 30
    assert main([*args, "--store", str(tmp_path), "--url", exchange.url, "--quiet"]) == 0
    assert opens(tmp_path) == exchange.times[:-1]


def test_certificates_of_the_environment_that_cannot_be_used_are_told(
    exchange: Klines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "nowhere" / "keys"))
    args = ["--exchange", "binance", "--symbols", "BTC/USDT", "--timeframe", "1h", "--since", "2024-01-01"]
    assert main([*args, "--store", str(tmp_path), "--url", exchange.url]) == 3
    assert "SSLKEYLOGFILE" in capsys.readouterr().err


def test_proxies_of_the_environment_are_not_used(
    exchange: Klines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fetched(exchange, tmp_path)
    assert opens(tmp_path) == exchange.times[:-1]


def test_a_mistyped_date_is_told_before_the_exchange_is_asked(
    exchange: Klines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange.answer = lambda *_: pytest.fail("the exchange was asked")  # type: ignore[method-assign]
    args = ["--exchange", "binance", "--symbols", "BTC/USDT", "--timeframe", "1h", "--store", str(tmp_path)]
    assert main([*args, "--since", "soon", "--url", exchange.url]) == 2
    assert "--since" in capsys.readouterr().err
