"""Whole runs on recorded perpetuals: what is assumed where files are missing, marks in journal and data hash, refusals."""

import json
from pathlib import Path

import pandas as pd
import pytest
from run_support import events, run, said, write_bars

from agents.records.record import CycleRecord, Session, SessionEnd
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


@pytest.mark.slow
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


def halves(path: str) -> str:
    """Write two bars of 30 minutes inside each hour: first up to the high, then down to the low and on to the close."""
    hours = pd.read_parquet(path)
    first = hours.assign(low=hours["open"], close=hours["high"], volume=hours["volume"] / 2)
    last = hours.assign(open=hours["high"], volume=hours["volume"] / 2)
    last["timestamp"] += pd.Timedelta(minutes=30)
    made = Path(path).with_name(f"{Path(path).stem.removesuffix('_1h')}_30m.parquet")
    pd.concat([first, last]).sort_values("timestamp").to_parquet(made)
    return str(made)


@pytest.mark.long
def test_finer_bars_tell_the_order_inside_a_bar_of_a_perpetual_and_leave_its_marks(
    files: tuple[list[str], list[str]], tmp_path: Path
) -> None:
    traded, marks = files
    fine = [halves(path) for path in traded]
    line = ("--profile", "perp", "--strategy", "rsi_bounce:sides=both", "--data", *traded, "--marks", *marks)
    line = (*line, "--set", "exits.take_profit_fraction=0.006", "limits.stop_fraction=0.005", "market.warmup_bars=200")
    assert run(tmp_path / "whole", *line) == 0
    assert run(tmp_path / "finer", *line, "--detail", *fine) == 0
    told = said(events(tmp_path / "finer"), CycleRecord)
    held = {symbol for record in told if record.tape.detail for symbol in record.tape.detail.bars}
    assert held == set(SYMBOLS)
    assert all(record.tape.marks.keys() == record.tape.bars.keys() for record in told)
    ends = [said(events(tmp_path / name), SessionEnd)[0] for name in ("whole", "finer")]
    assert ends[0].portfolio.equity != ends[1].portfolio.equity
    for end in ends:
        open_ = sum(held.unrealised for held in end.portfolio.positions)
        assert end.starting_cash + end.realised + open_ - end.fees - end.funding == end.portfolio.equity
    assert {held.is_short for record in told for held in record.portfolio.positions} == {True, False}
    assert hash_of(tmp_path / "whole") != hash_of(tmp_path / "finer")
    assert replay([str(tmp_path / "finer"), "--quiet"]) == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
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
