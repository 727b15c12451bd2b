"""The commands of evidence as a user runs them, on generated bars."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from gate_support import FOUR
from halt_support import written
from policy_support import served
from run_support import voters, write_bars

from agents.backtest import main as backtest
from evidence.ablation import main as ablation
from evidence.sweep import main as sweep
from evidence.walkforward import main as walkforward

PARAMS = ["--param", "ema_cross.rsi_max=60,80", "exits.trail_fraction=0.01,0.03"]


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_bars(tmp_path_factory.mktemp("bars"), days=45)[0])


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.long
def test_a_backtest_is_judged_and_counts_as_a_trial_once(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        assert backtest(["--data", bars, *voters(), "--quiet", "--json", "--out", str(tmp_path / str(number))]) == 0
        found = printed(capsys)
        assert found["deflated"]["trials"] == 1
    assert backtest(["--data", bars, *voters(), "--quiet", "--json", "--fee-bps=3", "--out", str(tmp_path / "3")]) == 0
    other = printed(capsys)
    assert other["deflated"]["trials"] == 2
    assert [gate["name"] for gate in other["readiness"]["gates"]] == ["sharpe", "max_drawdown", "trades"]
    assert json.loads((tmp_path / "3" / "judgement.json").read_text())["measures"] == other["measures"]
    assert (tmp_path / "3" / "report.html").exists()


OWN = """
from agents.strategies.voter import NOTHING, Ballot
from risk.proposal import Direction


class Dip:
    def __init__(self, rsi=40.0):
        self.rsi = rsi

    def vote(self, now):
        low = now.rsi_14 is not None and now.rsi_14 < self.rsi
        return Ballot(Direction.LONG, 0.6, ("a dip",)) if low else NOTHING
"""


@pytest.mark.long
def test_each_edit_of_ones_own_strategy_counts_as_a_trial(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.py"
    trials: list[int] = []
    for text in (OWN, OWN.replace("0.6", "0.5"), OWN):
        mine.write_text(text)
        out = str(tmp_path / f"run{len(trials)}")
        assert backtest(["--data", bars, "--quiet", "--json", "--strategy", f"{mine}:Dip", "--out", out]) == 0
        trials.append(printed(capsys)["deflated"]["trials"])
    assert trials == [1, 2, 2], "the first text again is the first trial again"


@pytest.mark.long
def test_ones_own_strategy_is_searched_walked_and_taken_apart_like_a_built_in_one(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(OWN)
    asked = ["--data", bars, "--quiet", "--json", "--workers=1", "--strategy", f"{mine}:Dip:rsi=42", "ema_cross"]
    search = [*asked, "--param", "Dip.rsi=35,45", "--out", str(tmp_path / "study")]
    assert sweep(search) == 0
    assert {tuple(each["values"]) for each in printed(capsys)["top"]} == {("Dip.rsi",)}
    mine.write_text(OWN.replace("0.6", "0.5"))
    assert sweep(search) == 2, "a study of another text is another study"
    assert "Nothing was" in capsys.readouterr().err
    windows = ["--train-days=12", "--test-days=6", "--embargo-days=1", "--groups=5"]
    assert walkforward([*asked, "--param", "Dip.rsi=35,45", *windows]) == 0
    assert printed(capsys)["walk"]["folds"]
    assert ablation(asked) == 0
    assert printed(capsys)["rungs"][0]["hearings"] > 0


@pytest.mark.long
def test_the_ladder_has_six_rungs_and_the_top_one_is_the_backtest(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "ladder.md"
    assert ablation(["--data", bars, *voters(), "--quiet", "--json", "--workers=1", "--markdown", str(table)]) == 0
    ladder = printed(capsys)
    assert [rung["name"] for rung in ladder["rungs"]][0::5] == ["strategies", "+ gate"]
    assert "| + gate |" in table.read_text()
    assert backtest(["--data", bars, *voters(), "--quiet", "--json", "--out", str(tmp_path / "run")]) == 0
    whole = printed(capsys)["measures"]
    top = ladder["rungs"][-1]
    assert top["growth"] == pytest.approx(whole["growth"]["total_return"], abs=1e-12)
    assert top["trades"] == whole["trades"]["closed"]
    assert ladder["rungs"][0]["trades"] >= ladder["rungs"][1]["trades"]


@pytest.mark.long
def test_a_named_policy_stands_on_two_rungs_more_and_without_one_the_ladder_says_so(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served(("BTC/USDT",)).save(tmp_path / "policy")
    asked = ["--data", bars, *voters(), "--quiet", "--workers=1"]
    assert ablation([*asked, "--model", str(tmp_path / "policy"), "--json"]) == 0
    ladder = printed(capsys)
    assert [rung["name"] for rung in ladder["rungs"]][-3:] == ["+ gate", "+ base", "+ policy"]
    assert ladder["policy"]["name"] == "drawn"
    assert len({rung["growth"] for rung in ladder["rungs"][-3:]}) == 3, "base and policy each change sizes"
    assert ablation(asked) == 0
    assert "no model, so the ladder ends at the gate" in capsys.readouterr().out
    assert ablation([*asked, "--model", str(tmp_path / "nowhere")]) == 2
    assert "Nothing was started" in capsys.readouterr().err


def test_a_backtest_is_not_placed_beside_too_few_or_other_minds(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in (["--chance=5"], ["--chance=20", "--mind=local"]):
        assert backtest(["--data", bars, *voters(), "--quiet", *more, "--out", str(tmp_path / "run")]) == 2
        assert "Nothing was started" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.long
def test_a_backtest_is_placed_beside_chance_in_its_report(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        backtest(["--data", bars, *voters(), "--quiet", "--json", "--chance=20", "--out", str(tmp_path / "run")]) == 0
    )
    found = printed(capsys)
    placed, made = found["chance"], found["measures"]
    assert placed["seeds"] == 20
    assert placed["trades"] == made["trades"]["closed"]
    assert placed["total_return"]["value"] == pytest.approx(made["growth"]["total_return"], abs=1e-12)
    assert "Comparison with chance" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("journal.db*", 300_000), ("report.html", 1)])
def test_a_comparison_with_chance_that_is_stopped_keeps_the_backtest(
    bars: str, tmp_path: Path, name: str, size: int
) -> None:
    """Stopped in the session, where nothing is compared any more, or in the comparison itself."""
    run = tmp_path / "run"
    asked = ["--data", bars, *voters(), "--quiet", "--chance=900", "--workers=1", "--out", str(run)]
    going = subprocess.Popen(
        [sys.executable, "-m", "agents.backtest", *asked],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with going:
        for _ in range(1200):
            if written(run, name) >= size:
                break
            time.sleep(0.05)
        going.send_signal(signal.SIGINT)
        try:
            _, told = going.communicate(timeout=300)
        finally:
            going.kill()
    assert going.returncode == 130, told
    assert json.loads((run / "judgement.json").read_text())["chance"] is None
    assert (run / "summary.json").exists()


@pytest.mark.long
def test_a_walk_chooses_on_the_past_and_is_the_same_with_two_workers(
    bars: str, capsys: pytest.CaptureFixture[str]
) -> None:
    windows = ["--train-days=12", "--test-days=6", "--embargo-days=1", "--groups=5"]
    found = []
    for workers in (1, 2):
        assert (
            walkforward(["--data", bars, *voters(), "--quiet", "--json", *PARAMS, *windows, f"--workers={workers}"])
            == 0
        )
        found.append(printed(capsys))
    assert found[0] == found[1]
    walk = found[0]["walk"]
    assert walk["sets"] == 4
    assert len(walk["folds"]) >= 2
    assert all(fold["train_utc"][1] < fold["test_utc"][0] for fold in walk["folds"])
    assert found[0]["deflated"] is None or found[0]["deflated"]["trials"] == 4


@pytest.mark.long
def test_a_sweep_that_is_run_again_goes_on_and_tries_nothing_twice(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    once = ["--data", bars, *voters(), "--quiet", "--json", *PARAMS, "--workers=1"]
    assert sweep([*once, "--out", str(tmp_path / "whole")]) == 0
    whole = printed(capsys)
    assert sweep([*once, "--out", str(tmp_path / "part"), "--trials=2"]) == 0
    assert printed(capsys)["tried"] == 2
    assert sweep([*once, "--out", str(tmp_path / "part")]) == 0
    assert printed(capsys) == whole
    assert whole["deflated"] is None or whole["deflated"]["trials"] == 4


@pytest.mark.slow
def test_the_best_of_a_sweep_is_judged_without_the_court_as_it_was_searched_and_no_set_is_shown_twice(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The drawdown of these bars is far below each limit of it, so that the limits make the same fills."""
    params = ["--param", "limits.max_drawdown=0.13,0.14,0.15", "ema_cross.rsi_max=60,80"]
    assert (
        sweep(
            ["--data", bars, *voters(), "--quiet", "--json", "--workers=1", *params, "--out", str(tmp_path / "study")]
        )
        == 0
    )
    found = printed(capsys)
    assert (found["tried"], sum(each["alike"] for each in found["top"])) == (6, 6)
    assert found["distinct"] == len(found["top"]) <= 2
    best = found["top"][0]
    assert best["figures"]["total_return"] == pytest.approx(found["growth"], abs=1e-12)
    assert best["figures"]["trades"] == found["trades"]
    assert found["with_court"]["trades"] <= found["trades"]


@pytest.mark.parametrize(
    ("command", "more", "says"),
    [
        (walkforward, ["--param", "ema_cross.rsi_max=60"], "One parameter set leaves nothing to choose"),
        (walkforward, [*PARAMS, "--train-days=900"], "The windows do not fit"),
        (walkforward, ["--param", "ema_cross.rsi=60,70"], "no parameter 'rsi'"),
        (sweep, ["--param", "exits.trail_fraction=0.01,9"], "is not allowed"),
        (sweep, [*PARAMS, "--sampler=tpe"], "needs --trials"),
        (ablation, ["--workers=0"], "--workers must be at least 1"),
        (ablation, ["--start", "yesterday"], "is not a date"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_tried(
    bars: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: Any,
    more: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(["--data", bars, *voters(), "--quiet", *more]) == 2
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""


@pytest.mark.long
def test_a_search_over_ray_finds_what_processes_find(bars: str, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed; `make slow` installs it")
    found = []
    for where in ("--ray", "--workers=2"):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "evidence.sweep", "--data", bars, *PARAMS, "--strategy", *FOUR),
                *("--quiet", "--json", "--out", str(tmp_path / where), where),
            ],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert found[0] == found[1]
    assert found[0]["tried"] == 4
