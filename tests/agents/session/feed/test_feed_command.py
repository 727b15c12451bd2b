"""`tribunal run --feed`: what it trades, what it refuses, and how it goes on."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from faulty_disk import no_room
from feed_session import Wire
from halt_support import journaled
from klines_server import Reply, _json, serving
from run_support import rows, run, said
from told_exchange import MARKETS, START
from virtual_clock import VirtualClock

from agents.desk.request import WorldRequest
from agents.desk.world import tape_of, world_of
from agents.records.folder import JOURNAL
from agents.records.record import CycleRecord, Session
from agents.replay import main as replay
from agents.run import main
from config.clock import to_ms
from config.errors import UsageFault
from config.secrets import journal_key, load_secrets, state_dir
from execution.journal.chain import shorten
from execution.journal.rescue import Rescue, rescue_file

HOUR = timedelta(hours=1)
FIRST_BAR = 3
"""The time is asked so often when the first bar has closed."""


class Hours(Wire):
    """An exchange whose next hour closes a moment after a session asks for the time the second time, whenever that is."""

    def __init__(self) -> None:
        super().__init__(VirtualClock(START))
        self.asked_time = 0
        self.before: Callable[[int], None] = lambda asked: None
        """Is told how often the time was asked, before it is answered."""

    def answer(self, path: str, query: dict[str, list[str]]) -> Reply:
        if path.endswith("/time"):
            self.asked_time += 1
            self.before(self.asked_time)
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


def test_a_run_whose_disk_fails_says_so_and_ends_with_its_journal_whole(
    hours: Hours, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    with ExitStack() as held:

        def fails(asked: int) -> None:
            if asked == FIRST_BAR:
                held.enter_context(no_room(out / JOURNAL))

        hours.before = fails
        assert run(out, *_asked(hours), "--bars-limit", "1") == 0
    told = capsys.readouterr().err
    assert "The journal" in told.partition("CRITICAL")[2].partition("INFO")[0]
    assert "is written again" in told.partition("INFO")[2]
    assert len(said(journaled(out), CycleRecord)) == 1
    assert replay([str(out), "--quiet"]) == 0


def test_what_a_rescue_file_holds_is_taken_in_when_a_run_is_resumed(
    hours: Hours, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert run(out, *_asked(hours), "--bars-limit", "1") == 0
    whole = rows(out)
    shorten(out / JOURNAL, journal_key(), 2)
    rescue = Rescue(rescue_file(state_dir(load_secrets()), out / JOURNAL))
    rescue.save(whole[2:])
    assert main(["--resume", str(out), "--quiet"]) == 2
    told = capsys.readouterr().err
    assert f"{len(whole) - 2} events that the journal of {out} could not hold were taken in" in told
    assert "has ended" in told
    assert rows(out) == whole
    assert not rescue.path.exists()


def _asked(hours: Hours) -> tuple[str, ...]:
    where = ("--feed", "binance", "--feed-url", hours.url, "--symbols", "BTC/USDT", "--timeframe", "1h")
    return (*where, "--set", "market.history_days=20")
