"""A run over a change of unit: what is held keeps its value, and the user is told, and told how to go on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.backtest import main as backtest
from agents.replay import main as replay
from config.seeds import generator

BARS, JUMP = 330, 300
ALWAYS = """
from agents.strategies.voter import Ballot
from risk.proposal import Direction


class Always:
    def vote(self, now):
        return Ballot(Direction.LONG, 0.9, ("always",))
"""


def _run(folder: Path, factor: float, *more: str, name: str = "run") -> dict[str, Any]:
    """The summary of a backtest on a quiet market whose prices are `factor` times larger from a bar on."""
    times = np.where(np.arange(BARS) < JUMP, 1.0, factor)
    close = 100.0 * (1.0 + generator(3, "quiet").normal(0.0001, 0.002, BARS)).cumprod()
    opened = np.concatenate([[100.0], close[:-1]])
    rows = pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=BARS, freq="h", tz="UTC"),
            "open": opened * times,
            "high": np.maximum(opened, close) * 1.001 * times,
            "low": np.minimum(opened, close) * 0.999 * times,
            "close": close * times,
            "volume": 1e6,
        }
    )
    rows.to_csv(folder / "AAAUSDT_1h.csv", index=False)
    (folder / "mine.py").write_text(ALWAYS)
    line = ["--data", str(folder / "AAAUSDT_1h.csv"), "--strategy", f"{folder}/mine.py:Always", "--quiet"]
    assert backtest([*line, "--out", str(folder / name), *more]) == 0
    assert replay([str(folder / name), "--quiet"]) == 0
    summary: dict[str, Any] = json.loads((folder / name / "summary.json").read_text())
    return summary


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_what_is_held_over_the_jump_keeps_its_value_and_the_tables_say_why(
    factor: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = _run(tmp_path, factor)
    told = " ".join(capsys.readouterr().out.split())
    assert 9_900 < float(summary["final_equity"]) < 10_100
    assert summary["data_findings"] == {"unit": 1}
    assert summary["frozen_bars"] == {"AAA/USDT": BARS - JUMP}
    assert [held["symbol"] for held in summary["positions"]] == ["AAA/USDT"]
    assert "another unit is no profit and no loss" in summary["held_frozen"]["AAA/USDT"]
    assert "AAA/USDT is held, at the last price that was believed" in told
    assert "AAA/USDT is held, at the last price that was believed" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.slow
def test_the_setting_that_the_finding_names_reads_on_in_the_unit_before(tmp_path: Path) -> None:
    plain = _run(tmp_path, 1.0, name="plain")
    read = _run(tmp_path, 1000.0, "--set", "quality.accepted_units={AAA/USDT: 1000}")
    assert float(read["final_equity"]) == pytest.approx(float(plain["final_equity"]), rel=1e-6)
    assert read["data_findings"] == {"unit": 1}
    assert "frozen_bars" not in read
    assert plain["data_findings"] == {}
