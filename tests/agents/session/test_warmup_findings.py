"""What was wrong with the bars before the first decision is told and counted; a frozen symbol is never silence."""

import json
from pathlib import Path

import pandas as pd
import pytest

from agents.backtest import main as backtest
from agents.replay import main as replay
from config.seeds import generator

BARS = 330


def _file(
    folder: Path, *, still: range = range(0), missing: range = range(0), name: str = "BTCUSDT", first: int = 0
) -> Path:
    """A quiet walk of hourly bars; `still` have no volume, `missing` are left out."""
    steps = generator(5, "a quiet walk").normal(0.0, 0.002, BARS)
    close = 40_000.0 * (1.0 + steps).cumprod()
    opened = [40_000.0, *close[:-1]]
    rows = pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=BARS, freq="h", tz="UTC"),
            "open": opened,
            "high": [max(pair) * 1.001 for pair in zip(opened, close, strict=True)],
            "low": [min(pair) * 0.999 for pair in zip(opened, close, strict=True)],
            "close": close,
            "volume": [0.0 if row in still else 900.0 for row in range(BARS)],
        }
    )
    path = folder / f"{name}_1h.csv"
    rows[first:].drop(index=[row for row in missing if row >= first]).to_csv(path, index=False)
    return path


def _run(folder: Path, *paths: Path) -> tuple[dict[str, object], str]:
    """The summary of a backtest on these files, and its report."""
    run = folder / "run"
    assert backtest(["--data", *map(str, paths), "--out", str(run), "--quiet"]) == 0
    assert replay([str(run), "--quiet"]) == 0
    return json.loads((run / "summary.json").read_text()), (run / "report.html").read_text()


def test_bars_without_volume_before_the_first_decision_are_found_and_the_frozen_bars_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary, page = _run(tmp_path, _file(tmp_path, still=range(BARS)))
    told = capsys.readouterr().out
    assert summary["data_findings"] == {"flat": 1, "frozen": 1}
    assert summary["frozen_bars"] == {"BTC/USDT": summary["bars"]}
    assert "No fault was found" not in told + page
    assert "bars in a row have no volume" in told
    assert f"BTC/USDT for {summary['bars']} of {summary['bars']} bars" in " ".join(told.split())
    assert f"BTC/USDT for {summary['bars']} of {summary['bars']} bars" in page


def test_a_gap_before_the_first_decision_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary, page = _run(tmp_path, _file(tmp_path, missing=range(249, 258)))
    told = capsys.readouterr().out
    assert summary["data_findings"] == {"frozen": 1, "gap": 1, "thawed": 1}
    assert summary["frozen_bars"] == {"BTC/USDT": 1}
    assert "2024-01-11 10:00" in told
    assert "No fault was found" not in told + page


def test_a_symbol_that_has_no_bar_yet_is_told_though_no_bar_of_it_is_at_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary, page = _run(tmp_path, _file(tmp_path), _file(tmp_path, name="ETHUSDT", first=280))
    told = capsys.readouterr().out
    assert summary["data_findings"] == {}
    assert summary["frozen_bars"] == {"ETH/USDT": 30}
    assert "No fault was found" not in told + page


def test_sound_bars_are_said_to_be_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary, page = _run(tmp_path, _file(tmp_path))
    assert "frozen_bars" not in summary
    assert "No fault was found in the data." in capsys.readouterr().out
    assert "No fault was found in the data." in page
