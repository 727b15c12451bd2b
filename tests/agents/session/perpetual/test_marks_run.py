"""Whole runs on recorded perpetuals: what is assumed where files are missing, marks in journal and data hash, refusals."""

import json
from pathlib import Path

import pandas as pd
import pytest
from run_support import events, run, said, write_bars

from agents.records.record import CycleRecord, Session
from agents.replay import main as replay

SYMBOLS = ("BTC/USDT", "ETH/USDT")
WINDOW = ("--start", "2024-01-12", "--end", "2024-01-18")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    """Traded bars of two perpetuals, and their marks, which are 0.1 % higher."""
    folder = tmp_path_factory.mktemp("perpetual")
    traded = write_bars(folder, SYMBOLS)
    marks = []
    for path in traded:
        frame = pd.read_parquet(path).drop(columns="volume")
        frame[["open", "high", "low", "close"]] *= 1.001
        made = path.with_name(f"{path.stem}_mark.parquet")
        frame.to_parquet(made)
        marks.append(str(made))
    return [str(path) for path in traded], marks


def hash_of(folder: Path) -> str:
    return str(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["data_hash"])


def test_marks_are_journaled_hashed_and_replayed(
    files: tuple[list[str], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traded, marks = files
    line = ("--profile", "perp", "--data", *traded, *WINDOW)
    assert run(tmp_path / "with", *line, "--marks", *marks) == 0
    told = capsys.readouterr().err
    assert "mark prices from files; no funding rates were given (--funding), so none is paid or received" in told
    assert "limits.max_funding_share is null" in told
    assert run(tmp_path / "without", *line) == 0
    told = capsys.readouterr().err
    assert "no mark prices were given (--marks), so the traded price stands for the mark" in told
    records = said(events(tmp_path / "with"), CycleRecord)
    for record in records:
        assert record.tape.marks.keys() == record.tape.bars.keys()
        for symbol, mark in record.tape.marks.items():
            assert mark.close == pytest.approx(record.tape.bars[symbol].close * 1.001)
    assert hash_of(tmp_path / "with") != hash_of(tmp_path / "without")
    session = said(events(tmp_path / "without"), Session)[0]
    assert [(finding.kind, finding.symbol) for finding in session.findings] == [
        (kind, symbol) for kind in ("mark_gap", "funding_gap") for symbol in SYMBOLS
    ]
    assert session.settings.limits.max_funding_share is None
    assert replay([str(tmp_path / "with"), "--quiet"]) == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            ("--profile", "perp", "--data", "{traded}", "--marks", "{marks}", "--detail", "{traded}"),
            "Leave one of them out",
        ),
        (("--profile", "backtest", "--data", "{traded}", "--marks", "{marks}"), "the profile trades spot"),
        (("--profile", "perp", "--marks", "{marks}"), "--marks needs recorded bars"),
        (("--profile", "perp", "--data", "{marks}"), "given with --marks"),
        (("--profile", "perp", "--data", "{traded}", "--marks", "{traded}"), "holds traded prices"),
        (("--profile", "perp", "--data", "{traded}", "--symbols", "BTC/USD:BTC"), "is an inverse contract"),
        (
            ("--profile", "perp", "--feed", "binance", "--symbols", "BTC/USDT"),
            "are traded at an exchange (world testnet)",
        ),
    ],
)
def test_what_cannot_be_met_is_refused_in_words(
    files: tuple[list[str], list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    words: str,
) -> None:
    given = {"{traded}": files[0][0], "{marks}": files[1][0]}
    assert run(tmp_path / "run", *(given.get(each, each) for each in more)) in (2, 3)
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


def test_a_perpetual_file_in_a_spot_profile_is_traded_as_spot_and_it_is_said(
    files: tuple[list[str], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bars = tmp_path / "BTCUSDT_perp_1h.parquet"
    bars.write_bytes(Path(files[0][0]).read_bytes())
    assert run(tmp_path / "run", "--profile", "backtest", "--data", str(bars), *WINDOW) == 0
    assert "holds a perpetual contract, and is traded as spot" in capsys.readouterr().err
