"""`tribunal run --feed`: what it trades, what it refuses, and how it goes on."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from feed_session import Wire
from halt_support import journaled
from klines_server import Reply, _json, serving
from run_support import run, said
from told_exchange import MARKETS, START
from virtual_clock import VirtualClock

from agents.desk.request import WorldRequest
from agents.desk.world import tape_of, world_of
from agents.records.record import CycleRecord, Session
from agents.run import main
from config.clock import to_ms
from config.errors import UsageFault

HOUR = timedelta(hours=1)


class Hours(Wire):
    """An exchange whose next hour closes a moment after a session asks for the time the second time, whenever that is."""

    def __init__(self) -> None:
        super().__init__(VirtualClock(START))
        self.asked_time = 0

    def answer(self, path: str, query: dict[str, list[str]]) -> Reply:
        if path.endswith("/time"):
            self.asked_time += 1
            hour, part = divmod(self.asked_time - 1, 3)
            moment = (
                START
                + hour * HOUR
                + (timedelta(minutes=10), HOUR - timedelta(seconds=0.3), HOUR + timedelta(seconds=1))[part]
            )
            self.clock._now = moment
            return _json({"serverTime": to_ms(moment)})
        return super().answer(path, query)


@pytest.fixture
def hours() -> Iterator[Hours]:
    with serving(Hours()) as served:
        yield served


def test_a_run_trades_the_bars_of_an_exchange_and_goes_on_for_more(
    hours: Hours, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    asked = ("--feed", "binance", "--feed-url", hours.url, "--symbols", "BTCUSDT", "ETH/USDT", "--timeframe", "1h")
    kept = ("--store", str(tmp_path / "store"), "--set", "market.history_days=20")
    assert run(out, *asked, *kept, "--bars-limit", "1") == 0
    told = capsys.readouterr()
    assert "BTC/USDT, ETH/USDT: binance, bars of 1h as they close" in told.err
    events = journaled(out)
    session = events[0].event
    assert isinstance(session, Session)
    assert (session.symbols, session.bars, session.settings.world) == (MARKETS, 1, "feed")
    (record,) = said(events, CycleRecord)
    assert record.as_of_utc == START + HOUR
    assert set(record.tape.bars) == set(MARKETS)
    assert json.loads((out / "summary.json").read_text())["ended"] == "completed"
    assert json.loads((out / "request.json").read_text())["world"]["bars"]["feed_store"] == str(tmp_path / "store")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--feed", "binance", "--data", "x.parquet"), "--data says otherwise"),
        (("--feed", "binance", "--start", "2024-01-01"), "--start says otherwise"),
        (("--feed", "binance", "--scenario", "bull"), "--scenario says otherwise"),
        (("--feed", "binanze"), "did you mean binance?"),
        (("--feed", "binance", "--feed-url", "nowhere"), "is no address"),
        (("--feed", "binance", "--bars-limit", "0"), "give 1 or more"),
        (("--bars-limit", "3"), "belong to a live feed"),
        (("--set", "world=feed"), "market.feed"),
        (("--set", "market.feed=binance"), "market.feed"),
    ],
)
def test_what_contradicts_a_feed_is_refused_before_anything_is_written(
    options: tuple[str, ...], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path / "run"), "--quiet", *options]) == 2
    told = capsys.readouterr().err
    assert why in told
    assert "Traceback" not in told
    assert not (tmp_path / "run").exists()


def test_an_exchange_that_tells_too_little_past_is_refused(
    hours: Hours, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hours.told.changed = lambda symbol, row: row if row[0] >= to_ms(START - 5 * HOUR) else None
    asked = ("--feed", "binance", "--feed-url", hours.url, "--symbols", "BTC/USDT", "--timeframe", "1h")
    assert run(tmp_path / "run", *asked, "--set", "market.history_days=0") == 3
    told = capsys.readouterr().err
    assert "needs 250 bars before it" in told
    assert not (tmp_path / "run").exists()


def test_another_command_says_that_a_feed_has_no_bars_yet() -> None:
    with pytest.raises(UsageFault, match="are yet to come"):
        tape_of(world_of(WorldRequest(profile="paper", feed="binance")))
