"""The collapses of LUNA and FTT, on the recorded bars: the account survives, what must be frozen is, and the user is told why."""

import json
from pathlib import Path

import pytest

from agents.replay import main as replay
from agents.run import main as run


@pytest.mark.long
def test_both_collapses_are_survived_and_what_was_frozen_is_said(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    bars = shared / "ohlcv"
    panel = bars / "spot_1h_panel" / "binance_33symbols_1h_2021-04_2023-12.parquet"
    line = ["--profile", "paper", "--data", str(panel), str(bars / "spot_1h" / "binance_BTCUSDT_1h.parquet")]
    line += ["--symbols", "LUNA/USDT", "FTT/USDT", "BTC/USDT", "--start", "2022-04-01", "--end", "2022-12-30"]
    assert run([*line, "--out", str(tmp_path / "run"), "--quiet"]) == 0
    printed = capsys.readouterr().out
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert float(summary["final_equity"]) > 9_500
    assert summary["growth"]["max_drawdown"] < 0.05
    assert summary["market_return"] < -0.5
    found = summary["data_findings"]
    assert found["identity"] == 1, "LUNA is another coin from 31 May 2022"
    assert found["large_move"] > 20, "the crashes happened"
    assert not found.keys() & {"bad_print", "jump", "wide_bar", "unit"}, "and were not called bad data"
    assert summary["frozen_bars"]["LUNA/USDT"] > 5_000
    assert summary["frozen_bars"]["FTT/USDT"] > 1_000
    assert "BTC/USDT" not in summary["frozen_bars"]
    assert max(map(len, printed[printed.index("Data quality") :].split("Verdict:")[0].splitlines())) <= 80
    told = printed[printed.index("Frozen markets") :]
    for day in ("2022-05-13", "2022-05-31", "2022-11-15"):
        assert day in told
        assert day in (tmp_path / "run" / "report.html").read_text()
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
