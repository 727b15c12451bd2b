"""`tribunal strategies`: the list, the page that it fills, and the files that it writes, which run as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from run_support import write_bars

from agents.backtest import main as backtest
from agents.strategies.__main__ import main
from agents.strategies.contexts import strategy_class
from agents.strategies.template import drafted
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.strategies import STRATEGIES
from market.signals import TechnicalSignals

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_holds_the_tables_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fields"]) == 0
    printed = capsys.readouterr().out
    assert PAGE.endswith(printed), "write the output of `tribunal strategies --fields` at the end of docs/strategies.md"
    assert all(f"| `now.{name}` |" in printed for name in TechnicalSignals.model_fields)
    assert all(f"`{name}`" in printed for name in STRATEGIES)


def test_the_page_shows_the_files_that_the_command_writes() -> None:
    new = drafted("DipBuyer")
    assert f"```python\n{new.text}```" in PAGE
    assert f"```python\n{new.test_text}```" in PAGE


def test_the_profile_on_the_page_is_one(here: Path) -> None:
    text = next(block.partition("```")[0] for block in PAGE.split("```yaml\n")[1:])
    (here / "mine.yaml").write_text(text)
    voters = load_profile("mine.yaml", {"world": "recorded"}).strategies
    assert [(voter.name or voter.strategy, voter.weight) for voter in voters] == [("ema_cross", 1.0), ("DipBuyer", 2.0)]


def test_the_list_names_each_built_in_strategy_with_its_parameters_and_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--json"]) == 0
    listed = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert listed.keys() == STRATEGIES.keys()
    assert len(listed) >= 6
    for name, each in listed.items():
        fields = strategy_class(name).model_fields
        assert {one["name"]: one["default"] for one in each["parameters"]} == {k: f.default for k, f in fields.items()}
        assert each["what"]
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in STRATEGIES)


@pytest.mark.slow
def test_a_new_strategy_and_its_test_run_as_they_are(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--new", "DipBuyer"]) == 0
    assert "test_dip_buyer.py" in capsys.readouterr().out
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "test_dip_buyer.py"], capture_output=True, text=True, env=environment, cwd=here, timeout=300
    )
    assert (done.returncode, done.stdout.count("passed: "), done.stderr) == (0, 4, "")
    data = [str(path) for path in write_bars(here, days=40)]
    asked = ["--data", *data, "--strategy", "dip_buyer.py:DipBuyer:low=35", "--no-court", "--quiet", "--json"]
    assert backtest([*asked, "--out", "run"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["hearings"] > 0


@pytest.mark.slow
def test_its_test_fails_when_the_strategy_is_broken(here: Path) -> None:
    assert main(["--new", "DipBuyer"]) == 0
    mine = here / "dip_buyer.py"
    mine.write_text(mine.read_text().replace("Direction.LONG, confidence", "Direction.SHORT, confidence"))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "test_dip_buyer.py"], capture_output=True, text=True, env=environment, cwd=here, timeout=300
    )
    assert done.returncode == 1
    assert "AssertionError" in done.stderr


@pytest.mark.parametrize(
    ("name", "kind", "file"),
    [
        ("DipBuyer", "DipBuyer", "dip_buyer.py"),
        ("dip_buyer", "DipBuyer", "dip_buyer.py"),
        ("RSIDip", "RSIDip", "rsi_dip.py"),
        ("Fade2", "Fade2", "fade2.py"),
        ("mean_reverter", "MeanReverter", "mean_reverter.py"),
    ],
)
def test_a_name_gives_the_class_and_the_files(name: str, kind: str, file: str) -> None:
    new = drafted(name)
    assert (new.kind, new.file, new.test_file) == (kind, file, f"test_{file}")
    compile(new.text, file, "exec")
    compile(new.test_text, file, "exec")


@pytest.mark.parametrize(
    "name",
    ["", "dip-buyer", "1x", "_x", "é", "a/b", "../x", "a b", "x" * 61, "class", "None", "Ballot", "test_x", "TestDip",
     "ema_cross", "EmaCross", "own", "numpy", "random", "agents", "Risk", "a.py"],
)  # fmt: skip
def test_a_name_that_cannot_be_used_is_refused_in_a_sentence_and_nothing_is_written(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"--new={name}"]) == 2
    told = capsys.readouterr().err
    assert "Nothing was written" in told
    assert "Traceback" not in told
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("there", ["dip_buyer.py", "test_dip_buyer.py"])
def test_a_file_that_exists_is_never_replaced(there: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / there).write_text("mine")
    assert main(["--new", "DipBuyer"]) == 2
    assert f"{there} exist" in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in here.iterdir()] == [(there, "mine")]


def test_a_module_in_the_present_folder_is_no_reason_to_refuse_another(here: Path) -> None:
    (here / "other.py").write_text("")
    assert drafted("Fader").file == "fader.py"
    with pytest.raises(UsageFault, match="hide the module json"):
        drafted("Json")


@pytest.mark.slow
def test_the_latest_votes_of_all_voters_are_listed_and_each_that_abstains_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = write_bars(tmp_path, ("BTC/USDT", "ETH/USDT", "SOL/USDT"), days=20)
    assert main(["--data", *map(str, paths), "--start", "2024-01-15", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {(each["voter"], each["symbol"]) for each in told} == {
        (name, symbol) for name in STRATEGIES for symbol in ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    }
    assert {each["says"] for each in told} <= {"long", "out", "nothing", "abstains"}
    assert all(each["why"] for each in told if each["says"] != "nothing")
    why = {each["voter"]: each["why"] for each in told if each["says"] == "abstains"}
    assert why["trend_ensemble"] == "too little history for a window of 361 bars of 1d"
    assert why["funding_extreme"] == "the session reads no figures beside the bars, and funding_rate is one"
    assert why["news_sentiment"] == "the session reads no news"
    assert main(["--data", *map(str, paths), "--start", "2024-01-19"]) == 0
    assert "cross_momentum" in capsys.readouterr().out


def test_the_ensemble_as_it_was_published_needs_files_and_shows_a_row_of_years(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--published"]) == 2
    assert "--published needs the files of the markets" in capsys.readouterr().err
    (bars,) = write_bars(tmp_path, days=60)
    assert main(["--published", "--data", str(bars)]) == 0
    assert "| 2021-2024 | 1 |" in capsys.readouterr().out


def test_a_setting_of_voters_that_the_option_replaces_is_refused_and_not_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = [str(path) for path in write_bars(tmp_path)]
    asked = ["--data", *data, "--strategy", "ema_cross", "--set", "strategies.0.weight=2", "--quiet"]
    assert backtest([*asked, "--out", str(tmp_path / "run")]) == 2
    assert "--set strategies.0.weight would be lost. Nothing was started" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
