"""Whole runs on bars with finer bars: journaled, replayed, resumed, and nothing known before its time."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from halt_support import written
from run_support import change_after, events, payloads, run, said, voters

from agents.records.record import CycleRecord, Session, SessionEnd
from agents.replay import main as replay
from agents.run import main
from config.reading.load import load_profile
from execution.reports import VenueWord
from market.simulated.prices import simulate

ROOT = Path(__file__).resolve().parents[3]
SYMBOLS = ("BTC/USDT", "ETH/USDT")


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five-minute bars of a simulated market."""
    folder, found = tmp_path_factory.mktemp("fine"), []
    settings = load_profile(
        "paper", {"market.session_days": 20, "market.symbols": list(SYMBOLS), "market.timeframe": "5m"}
    )
    for symbol, candles in simulate(settings, 3).candles.items():
        prices = dict(zip(("open", "high", "low", "close", "volume"), candles.columns, strict=True))
        times = pd.to_datetime(candles.close_ms - 300_000, unit="ms", utc=True)
        path = folder / f"venue_{symbol.replace('/', '')}_5m.parquet"
        pd.DataFrame({"timestamp": times, **prices}).to_parquet(path)
        found.append(path)
    return found


def options(fine: list[Path], *, detail: bool = True, end: str = "2024-01-09") -> list[str]:
    data = ["--data", *map(str, fine), "--timeframe", "1h", "--start", "2024-01-02", "--end", end]
    tight = ["exits.take_profit_fraction=0.008", "exits.trail_fraction=0.004", "limits.stop_atr_multiple=0.5"]
    return [*voters(), *data, *(["--detail", *map(str, fine)] if detail else []), "--set", *tight]


@pytest.mark.slow
def test_a_run_told_finer_keeps_what_was_in_play_and_replays_to_the_byte(
    fine: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "run", *options(fine)) == 0
    records = said(events(tmp_path / "run"), CycleRecord)
    inside = [record for record in records if record.tape.detail is not None]
    assert 0 < len(inside) < len(records)
    before = {record.bar: record for record in records}
    for record in inside:
        past = before[record.bar - 1]
        sent = {hearing.case.symbol for hearing in past.hearings if hearing.verdict.order is not None}
        played = sent | {position.symbol for position in past.portfolio.positions}
        assert record.tape.detail is not None
        assert set(record.tape.detail.bars) <= played
    words = said(events(tmp_path / "run"), VenueWord)
    numbers = {int(word.asked.split()[1]) for word in words if word.asked.startswith(("bar ", "open "))}
    assert len(numbers) > 3
    assert numbers <= set(range(1, 13))
    session = said(events(tmp_path / "run"), Session)[0]
    assert "inside the bars venue_BTCUSDT_5m.parquet" in session.source
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
    assert "identical" in capsys.readouterr().out


@pytest.mark.slow
def test_a_changed_finer_bar_is_another_data_hash(fine: list[Path], tmp_path: Path) -> None:
    """The bars of an hour stay as they are: only their middle is told otherwise."""
    other = []
    for path in fine:
        frame = pd.read_parquet(path)
        frame["volume"] += 1.0
        frame.to_parquet(tmp_path / path.name)
        other.append(tmp_path / path.name)
    arguments = options(fine, detail=False)
    heads = {}
    for name, detail in (("own", fine), ("other", other), ("none", [])):
        told = ["--detail", *map(str, detail)] if detail else []
        assert run(tmp_path / name, *arguments[:-4], *told, *arguments[-4:]) == 0
        heads[name] = said(events(tmp_path / name), CycleRecord)[-1].data_hash
    assert len(set(heads.values())) == 3
    assert not any(b'"detail"' in raw for raw in payloads(tmp_path / "none", CycleRecord))


@pytest.mark.slow
def test_changing_all_finer_bars_after_a_close_leaves_every_record_up_to_it_byte_identical(
    fine: list[Path], tmp_path: Path
) -> None:
    paths = []
    for path in fine:
        (tmp_path / path.name).write_bytes(path.read_bytes())
        paths.append(tmp_path / path.name)
    assert run(tmp_path / "before", *options(paths)) == 0
    for path in paths:
        change_after(path, "2024-01-06")
    assert run(tmp_path / "after", *options(paths)) == 0
    turn = datetime(2024, 1, 6, tzinfo=UTC)
    before, after = (
        [(record.as_of_utc, record.canonical()) for record in said(events(tmp_path / name), CycleRecord)]
        for name in ("before", "after")
    )
    early = [raw for moment, raw in before if moment <= turn]
    assert any(b'"detail"' in raw for raw in early)
    assert early == [raw for moment, raw in after if moment <= turn]
    assert before[-1][1] != after[-1][1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--detail", "x.parquet"], "--detail needs recorded bars"),
        (["--timeframe", "5m"], "which are not finer than the 5m bars"),
    ],
)
def test_what_cannot_be_told_finer_is_refused_in_words(
    fine: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    given = arguments if "--detail" in arguments else [*options(fine), *arguments]
    assert run(tmp_path / "run", *given) in (2, 3)
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


@pytest.mark.long
def test_a_killed_run_goes_on_with_the_same_finer_bars_and_with_no_others(
    fine: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "agents.run", "--profile", "paper", "--out", str(out), "--quiet"]
    slowly = ["journal.group_commit=1"]
    process = subprocess.Popen(
        [*command, *options(fine, end="2024-01-20"), *slowly], cwd=ROOT, env=dict(os.environ), stderr=subprocess.PIPE
    )
    for _ in range(2000):
        if written(out) > 700_000:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=300)
    got = events(out)
    assert not isinstance(got[-1].event, SessionEnd)
    again = ["--profile", "paper", "--resume", str(out), "--quiet"]
    assert main([*again, *options(fine, end="2024-01-20", detail=False), *slowly]) == 4
    assert "cannot be resumed" in capsys.readouterr().err
    assert events(out) == got
    assert main([*again, *options(fine, end="2024-01-20"), *slowly]) == 0
    assert run(tmp_path / "whole", *options(fine, end="2024-01-20"), *slowly) == 0
    assert events(out)[: len(got)] == got
    assert events(out)[-1].mac == events(tmp_path / "whole")[-1].mac
    assert replay([str(out), "--quiet"]) == 0
