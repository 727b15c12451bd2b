"""The paper record of whole sessions: which journals count, whose trades they are, and that none counts twice."""

import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from accounts import OnAccount, at_account
from feed_session import SELDOM_S, Life, live, settings_of

from agents.desk.clocked.voters import voters_of
from agents.records.folder import JOURNAL
from agents.run import main as run
from config.reading.load import load_profile
from config.secrets import journal_key
from execution.kill_switch.halting import Halt, Reading
from ops.paper.counting import count_runs, drills_of, trades_of, why_not_counted
from ops.paper.record import earned
from ops.record import main as record
from ops.story.story import read_story

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = "cd" * 32


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of paper on the closed bars of an exchange."""
    folder = tmp_path_factory.mktemp("paper") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        live(folder, Life(bars=60, look_s=SELDOM_S))
    return folder


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.mark.slow
def test_paper_on_a_feed_counts_and_each_trade_is_that_of_the_voters_that_wanted_it(paper: Path) -> None:
    story = read_story(paper, journal_key())
    assert story.trades, "the session closed trades"
    counted = count_runs([paper], journal_key(), NOW)
    assert (counted.record.runs, counted.left_out) == (("run",), {})
    voters = voters_of(settings_of(Life()), {})
    assert {trade.sha256 for trade in counted.record.trades} <= set(voters.values())
    assert len(counted.record.trades) >= len(story.trades)
    first = story.trades[0].trade
    (own, *_) = (trade for trade in counted.record.trades if trade.entry_utc == first.entry_utc)
    assert own.result == pytest.approx(float(first.pnl / (first.entry_price * first.quantity)))
    assert own.elsewhere is None


@pytest.mark.slow
def test_a_copy_of_a_run_proves_nothing_more(paper: Path, tmp_path: Path) -> None:
    shutil.copytree(paper, tmp_path / "again")
    alone = count_runs([paper], journal_key(), NOW).record
    both = count_runs([paper, tmp_path / "again"], journal_key(), NOW).record
    assert both.trades == alone.trades


def test_a_run_that_was_changed_or_sealed_with_another_key_is_left_out_with_the_reason(
    paper: Path, tmp_path: Path
) -> None:
    shutil.copytree(paper, tmp_path / "changed")
    with sqlite3.connect(tmp_path / "changed" / JOURNAL) as database:
        database.execute("drop trigger no_update")
        database.execute(
            'update events set payload = replace(payload, \'"side":"sell"\', \'"side":"buy"\') where seq > 20'
        )
    counted = count_runs([tmp_path / "changed", tmp_path / "nothing"], journal_key(), NOW)
    assert counted.record.runs == ()
    assert counted.record.trades == ()
    assert set(counted.left_out) == {"changed", "nothing"}
    assert count_runs([paper], b"z" * 32, NOW).record.trades == ()


@pytest.mark.slow
def test_simulated_bars_never_count(tmp_path: Path) -> None:
    out = str(tmp_path / "simulated")
    assert run(["--days", "3", "--quiet", "--json", "--out", out]) == 0
    counted = count_runs([Path(out)], journal_key(), NOW)
    assert counted.record.trades == ()
    assert "simulated bars" in counted.left_out["simulated"]


@pytest.mark.parametrize(("world", "says"), [("recorded", "recorded bars"), ("live", "real money")])
def test_neither_do_recorded_bars_and_real_money(paper: Path, world: str, says: str) -> None:
    session = read_story(paper, journal_key()).session
    other = session.model_copy(update={"settings": session.settings.model_copy(update={"world": world})})
    assert says in str(why_not_counted(other))
    broker = session.settings.model_copy(update={"venue": session.settings.venue.model_copy(update={"kind": "ib"})})
    assert "at a broker of shares" in str(why_not_counted(session.model_copy(update={"settings": broker})))
    assert "earlier version" in str(why_not_counted(session.model_copy(update={"voters": {}})))
    assert why_not_counted(session) is None


def test_what_was_told_by_another_address_says_so(paper: Path) -> None:
    story = read_story(paper, journal_key())
    told = replace(story, session=story.session.model_copy(update={"feed_url": "http://127.0.0.1:8765"}))
    assert {trade.elsewhere for trade in trades_of(told)} == {"http://127.0.0.1:8765"}


def test_another_parameter_another_bar_length_and_another_text_are_other_voters() -> None:
    def digest(**changes: object) -> str:
        settings = load_profile("paper", {"strategies": [{"strategy": "ema_cross", **changes}]})
        return voters_of(settings, {})["ema_cross"]

    own = {"strategies": [{"strategy": "own", "file": "/x/mine.py", "name": "Mine"}]}
    assert digest() == digest(weight=2.0)
    assert digest() != digest(params={"fast": 5.0})
    assert digest() != digest(horizon_bars=3)
    hourly, daily = (load_profile("paper", {"market.timeframe": length}) for length in ("1h", "1d"))
    assert voters_of(hourly, {}) != voters_of(daily, {})
    mine = load_profile("paper", own)
    assert voters_of(mine, {"mine.py": "class Mine: ..."}) != voters_of(mine, {"mine.py": "class Mine: pass"})


class Falls:
    """A kill switch that falls at a look, and sells."""

    def __init__(self, look: int) -> None:
        self._look = look

    def read(self, look: int) -> Reading:
        down = Halt(scope="all", who="a drill", given_utc=None, why="a drill", flatten=True)
        return Reading((down,) if look >= self._look else ())


@pytest.mark.slow
def test_a_trial_of_the_kill_switch_counts_where_it_sold_at_an_exchange_until_that_was_flat(tmp_path: Path) -> None:
    lived = OnAccount(tmp_path / "state", at_account())
    lived.go_on(tmp_path / "whole")
    records = read_story(tmp_path / "whole", journal_key())
    held = next(number for number, open_ones in enumerate(records.columns.open_positions) if open_ones)
    assert drills_of(records) == ()
    sold = OnAccount(tmp_path / "other", at_account())
    sold.switch = Falls(2 * held + 8)
    sold.go_on(tmp_path / "drill")
    (drill,) = drills_of(read_story(tmp_path / "drill", journal_key()))
    assert (drill.exchange, drill.elsewhere, drill.run) == ("binance", None, "drill")
    assert drill.sold
    nothing_held = OnAccount(tmp_path / "third", at_account())
    nothing_held.switch = Falls(1)
    nothing_held.go_on(tmp_path / "empty")
    assert drills_of(read_story(tmp_path / "empty", journal_key())) == (), "nothing was held, so nothing was shown"


def test_an_interval_is_students_and_one_trade_has_none(paper: Path) -> None:
    found = count_runs([paper], journal_key(), NOW).record.trades
    assert earned(()).trades == 0
    assert earned(found[:1]).low is None
    values = (0.01, -0.02, 0.03, 0.004)
    four = [
        found[0].model_copy(update={"result": value, "exit_utc": found[0].entry_utc + timedelta(days=number)})
        for number, value in enumerate(values)
    ]
    told = earned(four)
    assert told.low is not None
    assert told.high is not None
    assert told.mean == pytest.approx(0.006)
    assert (told.high - told.low) / 2 == pytest.approx(3.182446 * 0.0205913 / 2, rel=1e-4)
    assert told.days == 3.0


def test_runs_of_which_none_counts_leave_the_record_as_it_was(
    paper: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record([str(paper), "--json"]) == 0
    made = capsys.readouterr().out
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "ef" * 32)
    assert record([str(paper)]) == 2
    told = capsys.readouterr().err
    assert "with another key" in told
    assert ".." not in told
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    assert record(["--json"]) == 0
    assert capsys.readouterr().out == made
