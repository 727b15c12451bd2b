"""`tribunal train` as a user runs it, on simulated bars."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from market.simulated.drawn import SESSION_START
from rl.features import PERPETUAL, known_schemas
from rl.model import load_model
from rl.train import main

OWN = """
from agents.strategies.voter import NOTHING, Ballot
from risk.proposal import Direction


class Often:
    def vote(self, now):
        low = now.rsi_14 is not None and now.rsi_14 < 55
        return Ballot(Direction.LONG, 0.8, ("often",)) if low else NOTHING
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for a small world with many decisions."""
    mine = tmp_path_factory.mktemp("own") / "mine.py"
    mine.write_text(OWN)
    return [
        "--simulated", "--symbols", "BTC/USDT", "ETH/USDT", "--timeframe", "1d", "--days", "1500",
        "--strategy", f"{mine}:Often", "--set", "court.seats=[]", "--quiet", "--workers", "1",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_model_is_trained_and_told_and_not_overwritten(
    world: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    asked = [*world, "--steps", "8192", "--seeds", "2", "--out", str(out)]
    assert main([*asked, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    model = load_model(out)
    assert told["sha256"] == model.sha256
    assert told["trials"] == model.card.trials == 1
    assert model.card.seeds == (0, 1)
    assert max(span.end_utc for span in model.card.spans) == SESSION_START, "a simulated session may be served"
    assert "simulated market before sessions, seed 7" in model.card.data
    assert model.card.universe == ("BTC/USDT", "ETH/USDT")
    assert json.loads((out / "history.jsonl").read_text())["sha256"] == model.sha256
    assert (out / "learning.svg").read_text().startswith("<svg ")
    assert main(asked) == 2
    assert "holds a trained model" in capsys.readouterr().err


@pytest.mark.long
def test_several_discounts_are_several_models_and_trials(
    world: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    asked = [*world, "--steps", "8192", "--seeds", "1", "--gamma", "0", "0.99", "--mix", "bootstrap", "--out", str(out)]
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "2 configurations tried" in told
    assert "3 configurations tried" not in told
    assert load_model(Path(f"{out}-gamma-0")).sha256 != load_model(Path(f"{out}-gamma-0.99")).sha256


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        ([], 2, "Training needs bars"),
        (["--simulated", "--data", "x.parquet"], 2, "and not both"),
        (["--simulated", "--minibatch", "3000"], 2, "cannot be planned"),
        (["--simulated", "--gamma", "1.5"], 2, "cannot be planned: gamma"),
        (["--simulated", "--seeds", "0"], 2, "--seeds 0"),
        (["--simulated", "--validation", "0.95"], 2, "--validation"),
        (["--simulated", "--days", "5", "--symbols", "BTC/USDT"], 3, "These bars are too few"),
    ],
)
def test_a_mistake_is_one_sentence(
    options: list[str], code: int, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*options, "--quiet", "--out", str(tmp_path / "model")]) == code
    told = capsys.readouterr().err
    assert why in told
    assert "Traceback" not in told
    assert not (tmp_path / "model").exists()


@pytest.mark.long
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_training_goes_on_to_the_same_parameters(
    world: list[str], tmp_path: Path, way: signal.Signals
) -> None:
    options = [*world, "--steps", "262144", "--seeds", "2", "--workers", "2"]
    command = [sys.executable, "-m", "rl.train", *options, "--out", str(tmp_path / "a")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    _wait_for(tmp_path / "a" / "checkpoints" / "seed-0000.checkpoint")
    process.send_signal(way)
    _, told = process.communicate(timeout=300)
    if way is signal.SIGINT:
        assert process.returncode == 130
        assert "The last good checkpoint of each seed is kept" in told
        assert "Traceback" not in told
    assert not (tmp_path / "a" / "model.json").exists()
    assert main([*options, "--out", str(tmp_path / "a")]) == 0
    assert main([*options, "--out", str(tmp_path / "b")]) == 0
    first, second = (json.loads((tmp_path / name / "training.json").read_text()) for name in "ab")
    assert [seed["parameters_sha256"] for seed in first["seeds"]] == [
        seed["parameters_sha256"] for seed in second["seeds"]
    ]
    assert [seed["last_parameters_sha256"] for seed in first["seeds"]] == [
        seed["last_parameters_sha256"] for seed in second["seeds"]
    ]


def _wait_for(path: Path) -> None:
    for _ in range(1_200):
        if os.path.exists(path):
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} was never written")


@pytest.mark.long
def test_a_model_of_perpetuals_is_trained_on_drawn_ones_and_the_next_command_names_its_world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    asked = [
        "--profile",
        "perp",
        "--simulated",
        "--symbols",
        "BTC/USDT",
        "--timeframe",
        "1d",
        "--days",
        "900",
        "--quiet",
    ]
    assert main([*asked, "--most-gap-days", "10", "--steps", "256", "--seeds", "1", "--out", str(out)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "tribunal run --profile perp --timeframe 1d --set rl.mode=advisory" in told
    assert "tribunal evaluate --model" in told
    model = load_model(out, known_schemas())
    assert model.card.schema_sha256 == PERPETUAL.sha256
    assert model.card.features == tuple(feature.name for feature in PERPETUAL.features)


def test_marks_without_bars_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["--profile", "perp", "--simulated", "--marks", "marks.parquet", "--out", str(tmp_path / "none"), "--quiet"]
    assert main(asked) == 2
    assert "--marks and --funding belong to recorded bars" in capsys.readouterr().err
