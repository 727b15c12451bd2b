"""Which data a command works with, in one line a file on stderr: in a run, a backtest and the commands of research."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from run_support import write_bars

from agents.backtest import main as backtest
from agents.run import main as run
from evidence.ablation import main as ablation
from evidence.riskmodel.__main__ import main as riskmodel
from sentiment.headline import Headline
from sentiment.sources.archive import DaysArchive, Found
from sentiment.sources.identity import Item

Command = Callable[[Sequence[str]], int]


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    return write_bars(tmp_path, days=20)[0]


END = "time zone UTC; times of the open assumed; volume in base assumed"


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "more", "end"),
    [
        (run, ["--profile", "paper", "--out", "made"], "; 250 of them warm up; account in USDT"),
        (backtest, ["--json", "--out", "made"], "; 250 of them warm up; account in USDT"),
        (ablation, ["--json", "--workers=1"], "; 250 of them warm up; account in USDT"),
        (riskmodel, ["--json", "--window=100"], ""),
    ],
)
def test_each_file_of_bars_has_its_line_with_quiet_too(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bars: Path,
    command: Command,
    more: list[str],
    end: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(["--data", str(bars), "--quiet", *more]) == 0
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("venue_"))
    assert line.startswith("venue_BTCUSDT_1h.parquet: BTC/USDT, ")
    assert line.endswith(END + end)


def test_files_of_finer_bars_have_a_line_too(tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: Path) -> None:
    asked = ["--profile", "paper", "--data", str(bars), "--timeframe", "4h", "--detail", str(bars), "--quiet"]
    assert run([*asked, "--out", str(tmp_path / "made")]) == 0
    first, second = (line for line in capsys.readouterr().err.splitlines() if line.startswith("venue_"))
    assert "bars of 1h (joined to 4h)" in first
    assert second.endswith(f"{END}; inside the bars of 4h")


@pytest.mark.slow
def test_headlines_are_told_by_coin(tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: Path) -> None:
    titles = ["Bitcoin falls", "Bitcoin rises", "Ethereum is calm", "The market sleeps"]
    news = pd.DataFrame({"date": "2024-01-02T00:00:00Z", "title": titles})
    news.to_csv(tmp_path / "wire.csv", index=False)
    asked = ["--data", str(bars), "--news", str(tmp_path / "wire.csv"), "--quiet", "--out", str(tmp_path / "made")]
    assert run(["--profile", "paper", *asked]) == 0
    told = (
        "wire.csv: 4 headlines, 2024-01-02 to 2024-01-02: 2 for BTC, 1 for the whole market, 1 only for others (ETH)."
    )
    assert capsys.readouterr().err.splitlines().count(told) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("option", "order"), [("--news-dates", "dmy"), ("--dates", "dmy"), ("--news-dates", "mdy")])
def test_the_order_of_dates_that_a_refusal_asks_for_is_obeyed_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: Path, option: str, order: str
) -> None:
    (tmp_path / "wire.csv").write_text("date,text\n03/01/2024 14:30,Bitcoin falls\n05/01/2024 09:00,Bitcoin rises\n")
    asked = ["--data", str(bars), "--news", str(tmp_path / "wire.csv"), "--quiet", "--out", str(tmp_path / "made")]
    assert run(["--profile", "paper", *asked]) == 3
    assert "Say which order it is with --news-dates dmy or --news-dates mdy" in capsys.readouterr().err
    assert run(["--profile", "paper", *asked, option, order]) == 0
    said = capsys.readouterr().err
    days, first = ("2024-01-03 to 2024-01-05", "day") if order == "dmy" else ("2024-03-01 to 2024-05-01", "month")
    assert f"wire.csv: 2 headlines, {days}: 2 for BTC. Times without a zone are taken for UTC. " in said
    assert f"Dates are read {first} first." in said


@pytest.mark.slow
def test_an_archive_of_days_is_told_like_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: Path) -> None:
    moment = datetime(2024, 1, 2, tzinfo=UTC)
    line = Headline(text="Bitcoin falls", source="a", published_utc=moment, first_seen_utc=moment, symbols=("BTC",))
    (tmp_path / "heard").mkdir()
    DaysArchive(tmp_path / "heard").add([Found("a", "news", (Item(line, "1", dated=True),))])
    asked = ["--data", str(bars), "--news", str(tmp_path / "heard"), "--quiet", "--out", str(tmp_path / "made")]
    assert run(["--profile", "paper", *asked]) == 0
    assert "heard: 1 headline, 2024-01-02 to 2024-01-02: 1 for BTC." in capsys.readouterr().err.splitlines()


@pytest.mark.slow
def test_the_options_reach_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: Path) -> None:
    frame = pd.read_parquet(bars)
    frame["timestamp"] = frame["timestamp"].dt.strftime("%d/%m/%Y %H:%M")
    path = tmp_path / "BTCUSDT.csv"
    frame.to_csv(path, index=False)
    asked = ["--profile", "paper", "--data", str(path), "--quiet", "--out", str(tmp_path / "made")]
    assert run(asked) == 3
    assert "Say the order with --dates dmy or --dates mdy." in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
    assert run([*asked, "--dates", "dmy", "--tz", "Asia/Tokyo", "--stamps", "close", "--volume", "quote"]) == 0
    said = capsys.readouterr().err
    assert "time zone Asia/Tokyo (--tz); times of the close (--stamps); volume in quote (--volume)" in said
    assert run([*asked[:-1], str(tmp_path / "other"), "--dates", "dmy", "--tz", "Mars"]) == 2
    assert "--tz 'Mars' is neither a time zone nor an offset from UTC" in capsys.readouterr().err
