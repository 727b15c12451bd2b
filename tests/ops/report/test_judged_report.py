"""A backtest's page says what may be concluded, and the tear sheet of QuantStats tells the same run."""

import json
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from run_support import voters, write_bars

from agents.backtest import main as backtest
from config.secrets import journal_key
from ops.report.tearsheet import daily
from ops.story.measures import ran_of_story
from ops.story.story import read_story


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_bars(tmp_path_factory.mktemp("bars"), days=45)[0])


@pytest.mark.slow
def test_the_report_of_a_backtest_holds_its_judgement(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(["--data", bars, *voters(), "--quiet", "--json", "--out", str(tmp_path / "run")]) == 0
    found = json.loads(capsys.readouterr().out)
    page = (tmp_path / "run" / "report.html").read_text()
    section = page.partition('<section id="judgement">')[2].partition("</section>")[0]
    for gate in found["readiness"]["gates"]:
        shown = re.search(rf"{gate['name'].replace('_', ' ')} [^<]*must be {gate['must_be']}", section)
        assert shown, gate["name"]
        held = gate["number"] is not None and (
            gate["number"] > gate["limit"] if gate["must_be"] == "above" else gate["number"] < gate["limit"]
        )
        assert ("not passed" not in shown.group()) == held
    for part in found["measures"]["by_month"]:
        assert f"<td>{part['name']}</td>" in section
    figures = json.loads(page.partition('id="figures">')[2].partition("</script>")[0])
    (drawn,) = figures["months"]["data"]
    assert drawn["y"] == [part["pnl"] for part in found["measures"]["by_month"]]


@pytest.mark.long
def test_daily_returns_compound_to_the_growth_of_the_run(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(["--data", bars, *voters(), "--quiet", "--json", "--out", str(tmp_path / "run")]) == 0
    made = json.loads(capsys.readouterr().out)["measures"]
    account, held = daily(ran_of_story(read_story(tmp_path / "run", journal_key())))
    assert held is not None
    assert np.prod(1.0 + account) - 1.0 == pytest.approx(made["growth"]["total_return"], abs=1e-12)
    assert np.prod(1.0 + held) - 1.0 == pytest.approx(made["hold_return"], abs=1e-12)
    assert account.index.is_unique
    assert set(np.diff(account.index).astype("timedelta64[D]").astype(int)) == {1}


@pytest.mark.skipif(find_spec("quantstats") is not None, reason="QuantStats is installed")
def test_a_tear_sheet_without_quantstats_is_refused_before_anything_runs(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(["--data", bars, *voters(), "--tearsheet", "--quiet", "--out", str(tmp_path / "run")]) == 2
    assert "tribunal[tearsheet]" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_the_tear_sheet_is_drawn_beside_the_report(bars: str, tmp_path: Path) -> None:
    pytest.importorskip("quantstats", reason="the extra `tearsheet` is not installed; `make slow` installs it")
    assert (
        backtest(["--data", bars, *voters(), "--tearsheet", "--quiet", "--json", "--out", str(tmp_path / "run")]) == 0
    )
    sheet = (tmp_path / "run" / "tearsheet.html").read_text()
    assert "Cumulative Return" in sheet
    assert "<script src" not in sheet
