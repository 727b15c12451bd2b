"""A run that was killed or stopped goes on with its own options, and comes to the journal of an unbroken run."""

import json
from pathlib import Path

import pytest
from broken_off import killed, stopped
from run_support import events, run, write_bars

from agents.backtest import main as backtest
from agents.records.folder import CHECKSUM, JOURNAL, REQUEST, checksum_holds
from agents.records.record import CycleRecord, SessionEnd
from agents.replay import main as replay
from agents.run import main

KEY = "5a" * 32
DAYS = ("--days", "6", "--set", "market.warmup_bars=200", "seed=11")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        assert run(folder, *DAYS) == 0
    return folder


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


OWN = """
from agents.strategies.voter import Ballot
from risk.proposal import Direction

class Mine:
    def vote(self, now):
        rises = now.rsi_14 is not None and now.rsi_14 > 55.0
        return Ballot(Direction.LONG if rises else Direction.SHORT, 0.8, ("it rises" if rises else "it falls",))
"""


def end(folder: Path) -> str:
    """The hash of a whole journal."""
    last = events(folder)[-1]
    assert isinstance(last.event, SessionEnd)
    assert last.event.reason == "completed"
    return last.mac


def state(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture
def store(request: pytest.FixtureRequest) -> str | None:
    """The database of the journal; None for a file."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("database").url)


def on_both(name: str, values: tuple[float, ...], on_postgres: float) -> pytest.MarkDecorator:
    """All values on SQLite, and one of them on PostgreSQL."""
    cases = [*((value, "sqlite") for value in values), (on_postgres, "postgres")]
    return pytest.mark.parametrize((name, "store"), cases, indirect=["store"])


@pytest.mark.slow
@on_both("share", (0.02, 0.35, 0.7, 0.999), 0.7)
def test_a_killed_run_needs_no_option_and_goes_on_from_any_folder(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, store: str | None
) -> None:
    folder = killed(whole, tmp_path / "killed", max(2, int(len(events(whole)) * share)), store)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["--resume", "../killed", "--quiet"]) == 0
    assert end(folder) == end(whole)
    assert checksum_holds(folder)
    assert list(elsewhere.iterdir()) == []
    names = {"summary.json", "report.html", "trades.csv", "orders.csv", "equity.csv", "decisions.jsonl"}
    assert names <= state(folder).keys()
    assert (folder / "trades.csv").read_bytes() == (whole / "trades.csv").read_bytes()


@pytest.mark.slow
@on_both("bars", (0, 1, 40, 77, 143), 77)
def test_a_run_that_was_stopped_takes_its_ending_back_and_goes_on_to_the_same_hash(
    whole: Path, tmp_path: Path, bars: int, store: str | None
) -> None:
    folder = stopped(whole, tmp_path / "stopped", bars, store)
    ending = events(folder)[-1].event
    assert isinstance(ending, SessionEnd)
    assert (ending.reason, ending.bars) == ("interrupted", bars)
    assert replay([str(folder), "--quiet"]) == 0
    assert main(["--resume", str(folder), "--quiet"]) == 0
    assert end(folder) == end(whole)
    assert checksum_holds(folder)
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.slow
def test_an_entry_that_the_end_withdrew_is_under_way_again(whole: Path, tmp_path: Path) -> None:
    entered = [
        record.event.bar
        for record in events(whole)
        if isinstance(record.event, CycleRecord) and any(heard.verdict.order for heard in record.event.hearings)
    ]
    folder = stopped(whole, tmp_path / "stopped", entered[0])
    withdrawn = [found for found in events(folder) if b"cancel" in found.payload and b"-e" in found.payload]
    assert withdrawn[-1].seq == len(events(folder)) - 1
    assert main(["--resume", str(folder), "--quiet"]) == 0
    assert end(folder) == end(whole)


@pytest.mark.slow
def test_options_that_agree_are_taken_and_one_that_contradicts_is_refused_with_the_difference(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stopped(whole, tmp_path / "stopped", 60)
    before = state(folder)
    for other, says in (
        (["--seed", "8"], "settings.seed: 11 then, 8 now"),
        (["--set", "limits.max_drawdown=0.11"], "settings.limits.max_drawdown: 0.15 then, 0.11 now"),
        (["--days", "9"], "settings.market.session_days: 6 then, 9 now"),
        (["--profile", "backtest"], "needs recorded bars"),
        (["--out", str(tmp_path / "other")], "--out names another folder"),
    ):
        assert main(["--resume", str(folder), "--quiet", *other]) in (2, 4)
        assert says in capsys.readouterr().err
        assert state(folder) == before
    assert main(["--resume", str(folder), "--quiet", "--profile", "paper", "--days", "6", "--set", "seed=11"]) == 0
    assert end(folder) == end(whole)


@pytest.mark.slow
def test_without_its_request_the_journal_tells_the_options(whole: Path, tmp_path: Path) -> None:
    folder = killed(whole, tmp_path / "killed", 90)
    (folder / REQUEST).unlink()
    assert main(["--resume", str(folder), "--quiet"]) == 0
    assert end(folder) == end(whole)


@pytest.mark.slow
def test_a_request_that_cannot_be_read_counts_as_none(whole: Path, tmp_path: Path) -> None:
    folder = killed(whole, tmp_path / "killed", 90)
    (folder / REQUEST).write_text('{"format": 99}')
    assert main(["--resume", str(folder), "--quiet"]) == 0
    assert end(folder) == end(whole)


def test_a_folder_that_is_no_run_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--resume", str(tmp_path / "absent"), "--quiet"]) == 4
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a market")
    write_bars(folder, ("BTC/USDT", "ETH/USDT"), days=40)
    return folder


@pytest.mark.long
def test_relative_paths_of_a_backtest_lead_to_its_files_from_any_folder_and_it_is_judged_again(
    market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(market)
    (market / "mine.py").write_text(OWN)
    options = ["--data", *(file.name for file in sorted(market.glob("*.parquet"))), "--start", "2024-01-21", "--quiet"]
    options += ["--strategy", "mine.py:Mine", "ema_cross"]
    assert backtest([*options, "--fee-bps", "7", "--out", str(tmp_path / "whole")]) == 0
    folder = killed(tmp_path / "whole", tmp_path / "killed", 200)
    monkeypatch.chdir(tmp_path)
    assert main(["--resume", "killed", "--quiet"]) == 0
    assert end(folder) == end(tmp_path / "whole")
    made = [json.loads((place / "judgement.json").read_text())["measures"] for place in (folder, tmp_path / "whole")]
    assert made[0] == made[1]
    assert "Gates before paper trading" in capsys.readouterr().out


@pytest.mark.long
def test_recorded_bars_without_the_request_are_asked_for_and_may_have_moved(
    market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(file) for file in sorted(market.glob("*.parquet"))]
    assert run(tmp_path / "whole", "--data", *files, "--end", "2024-02-01") == 0
    moved = tmp_path / "moved"
    moved.mkdir()
    for file in sorted(market.glob("*.parquet")):
        (moved / file.name).write_bytes(file.read_bytes())
    for keeps in (True, False):
        folder = killed(tmp_path / "whole", tmp_path / f"killed-{keeps}", 300)
        if not keeps:
            (folder / REQUEST).unlink()
            capsys.readouterr()
            assert main(["--resume", str(folder), "--quiet"]) == 2
            assert "Give their files with --data" in capsys.readouterr().err
        assert main(["--resume", str(folder), "--quiet", "--data", *map(str, sorted(moved.iterdir()))]) == 0
        assert end(folder) == end(tmp_path / "whole")


@pytest.mark.slow
def test_a_run_leaves_what_was_typed_with_whole_paths_and_a_refused_one_leaves_nothing(
    market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(market)
    (file, *_) = (path.name for path in sorted(market.glob("*.parquet")))
    assert run(tmp_path / "run", "--data", file, "--end", "2024-01-20") == 0
    kept = json.loads((tmp_path / "run" / REQUEST).read_text())
    assert kept["command"] == "run"
    assert kept["world"]["bars"]["data"] == [str(market / file)]
    assert run(tmp_path / "none", "--data", "absent.csv") == 3
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_the_checksum_of_a_stopped_run_goes_with_its_ending(whole: Path, tmp_path: Path) -> None:
    folder = stopped(whole, tmp_path / "stopped", 30)
    first = (folder / CHECKSUM).read_bytes()
    assert main(["--resume", str(folder), "--quiet"]) == 0
    assert (folder / CHECKSUM).read_bytes() != first
    assert [file.name for file in folder.glob(f".{JOURNAL}*")] == []
