"""Files of publishers into a store, and sessions out of it."""

import json
from pathlib import Path

import pandas as pd
import pytest
from run_support import events, run, write_bars

from agents.records.record import SessionEnd
from market.ingest import main


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    write_bars(folder, ("BTC/USDT", "ETH/USDT"))
    return folder


def test_files_go_into_the_store_with_a_table_and_every_repair_told(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = min(files.iterdir())
    frame = pd.read_parquet(path)
    pd.concat([frame, frame.tail(1)]).to_parquet(path)
    store = tmp_path / "store"
    assert main([str(files), "--store", str(store), "--exchange", "binance"]) == 0
    out, err = capsys.readouterr()
    assert "1 rows repeat a bar: counted once" in out
    assert "bars of 1h" in err
    assert main([str(files), "--store", str(store), "--exchange", "binance", "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["new"] for row in told} == {0}
    assert all(row["same"] == row["bars"] for row in told)


def test_a_file_that_is_refused_leaves_the_others_alone(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "AAAUSDT.csv").write_text("time,open\n1,2\n")
    assert main([str(files), "--store", str(tmp_path / "store"), "--json"]) == 3
    out, err = capsys.readouterr()
    assert "AAAUSDT.csv" in err
    assert json.loads(out)


@pytest.mark.slow
def test_a_session_reads_the_store_as_it_reads_the_files(files: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert main([str(files), "--store", str(store), "--quiet"]) == 0
    assert run(tmp_path / "a", "--data", str(files)) == 0
    assert run(tmp_path / "b", "--store", str(store)) == 0
    one, other = (events(tmp_path / name)[-1].event for name in ("a", "b"))
    assert isinstance(one, SessionEnd)
    assert one == other


def test_a_store_and_files_exclude_each_other(files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "a", "--data", str(files), "--store", str(tmp_path / "store")) == 2
    assert "give one of them" in capsys.readouterr().err
    assert run(tmp_path / "a", "--exchange", "binance") == 2
    assert "--exchange chooses in a --store" in capsys.readouterr().err


def test_only_named_markets_are_stored_and_one_that_is_nowhere_is_told(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", str(tmp_path / "store"), "--json", "--quiet"]
    assert main([str(files), "--symbols", "ETHUSDT", *store]) == 0
    assert [row["symbol"] for row in json.loads(capsys.readouterr().out)] == ["ETH/USDT"]
    assert main([str(files), "--symbols", "SOL/USDT", *store]) == 3
    assert "SOL/USDT is in none of the files" in capsys.readouterr().err
