"""`tribunal evaluate`: what it prints, what it refuses, and that the hold-out opens once."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from policy_support import card, networks, training_features

from config.errors import UsageFault
from evidence.policy.openings import openings
from market.timeframe import Timeframe
from ops.commands.policy.evaluate import NOT_SHOWN
from rl.evaluate import main
from rl.features import FEATURES, schema_sha256
from rl.model import PolicyModel, Span
from rl.serving.promise import VERDICT, read_verdict
from rl.training_range import Scaler, TrainingRange

_NAMES = tuple(feature.name for feature in FEATURES)
_WORLD = [
    "--simulated",
    "--days",
    "90",
    "--groups",
    "3",
    "--tested",
    "1",
    "--strategy",
    "ema_cross",
    "rsi_bounce",
    "--quiet",
]
_PLAN = {
    "steps": 256, "seeds": [0, 1], "environments": 16, "rollout": 16, "minibatch": 256, "epochs": 1, "leg_rollouts": 1,
    "width": 8,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))


def _model(folder: Path, **changed: object) -> PolicyModel:
    told = {
        "name": "drawn",
        "features": _NAMES,
        "schema_sha256": schema_sha256(),
        "base": {"target_daily_volatility": 0.02, "blend": 0.5},
        "universe": ("BTC/USDT", "ETH/USDT", "SOL/USDT"),
        "timeframe": Timeframe.H1,
        "configuration": {"plan": _PLAN, "validation": 0.2, "reward": "profit"},
        "seeds": (0, 1),
    }
    known = card(**(told | changed))
    seen = training_features(columns=len(_NAMES))
    scaler = Scaler.of(seen)
    made = PolicyModel(known, scaler, TrainingRange.of(seen, scaler), networks(2, len(_NAMES)))
    made.save(folder)
    return made


@pytest.mark.long
def test_without_a_model_the_arms_stand_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    picture = tmp_path / "arms.svg"
    assert main([*_WORLD, "--json", "--picture", str(picture)]) == 0
    told = json.loads(capsys.readouterr().out)
    names = [arm["name"] for arm in told["arms"]]
    assert names[0] == "base"
    assert {
        "zero",
        "always",
        "ewma",
        "har",
        "garch",
        "chosen",
        "var_cap",
        "drawdown_cut",
        "ridge",
        "network",
        "random",
    } <= set(names)
    assert told["passed"] is False
    assert "No policy was judged" in told["why"]
    assert told["paths"] == 1
    assert told["trials"] >= len(names)
    assert picture.read_text().startswith("<svg")


def test_a_model_of_another_schema_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _model(tmp_path / "model", schema_sha256="ab" * 32)
    assert main(["--model", str(tmp_path / "model"), *_WORLD]) == UsageFault.exit_code
    assert "reads other features than this version" in capsys.readouterr().err


def test_a_model_that_does_not_say_how_it_was_trained_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _model(tmp_path / "model", configuration={"gamma": 0.9})
    assert main(["--model", str(tmp_path / "model"), *_WORLD]) == UsageFault.exit_code
    assert "does not say how it was trained" in capsys.readouterr().err


def test_a_model_of_other_markets_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _model(tmp_path / "model", universe=("DOGE/USDT",))
    assert main(["--model", str(tmp_path / "model"), *_WORLD]) == UsageFault.exit_code
    assert "was trained on 1h bars of DOGE/USDT" in capsys.readouterr().err


@pytest.mark.long
def test_the_recipe_is_trained_on_each_split_and_the_verdict_lies_in_the_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    made = _model(folder)
    world = [each if each != "90" else "400" for each in _WORLD]
    code = main(["--model", str(folder), *world, "--workers", "1", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == (0 if told["passed"] else NOT_SHOWN)
    verdict = read_verdict(folder, made.sha256)
    assert verdict is not None
    assert verdict.passed == told["passed"]
    assert verdict.why == told["why"]
    assert len(told["seeds"]["differences"]) == 2
    (folder / VERDICT).unlink()
    assert main(["--model", str(folder), *world, "--workers", "1", "--json", "--seeds", "1"]) == NOT_SHOWN
    assert read_verdict(folder, made.sha256) is None


@pytest.mark.slow
def test_the_hold_out_opens_once_for_a_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data, kept = _bars(tmp_path), tmp_path / "openings"
    _model(tmp_path / "model", universe=("BTC/USDT",))
    typed = ["--model", str(tmp_path / "model"), "--data", str(data), "--strategy", "ema_cross", "--hold-out"]
    typed += ["--openings", str(kept), "--quiet", "--picture", str(tmp_path / "opened.svg")]
    assert main(typed) == 0
    said = capsys.readouterr().out
    assert "looked at for sign and fall alone" in said
    (opening,) = openings(kept)
    assert opening.shown is not None
    assert opening.shown.days == 40
    assert [arm.name for arm in opening.shown.arms] == ["base", "always", "ppo"]
    assert opening.shown.seeds is not None
    assert f"{len(opening.shown.seeds.differences)} seeds alone" in " ".join(said.split())
    policy = np.array(opening.shown.returns["ppo"])
    assert np.prod(1.0 + policy) - 1.0 == pytest.approx(opening.shown.growth)
    assert "Each seed alone" in (tmp_path / "opened.svg").read_text()
    assert main(typed) == UsageFault.exit_code
    assert "a model looks at it once" in capsys.readouterr().err


def test_a_model_that_has_read_the_hold_out_may_not_open_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    span = Span(start_utc=datetime(2020, 1, 1, tzinfo=UTC), end_utc=datetime(2023, 6, 1, tzinfo=UTC))
    _model(tmp_path / "model", universe=("BTC/USDT",), spans=(span,))
    typed = ["--model", str(tmp_path / "model"), "--data", str(_bars(tmp_path)), "--hold-out"]
    assert main([*typed, "--openings", str(tmp_path / "kept")]) == UsageFault.exit_code
    assert "nothing of it is new to it" in capsys.readouterr().err
    assert openings(tmp_path / "kept") == ()


def test_bars_of_the_hold_out_alone_are_not_judged(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--data", str(_bars(tmp_path)), "--start", "2023-01-05"]) == UsageFault.exit_code
    assert "are the hold-out" in capsys.readouterr().err


def _bars(folder: Path) -> Path:
    """Forty hourly days of 2023, and twenty of 2022 before them."""
    first, n = datetime(2022, 12, 12, tzinfo=UTC), 60 * 24
    chance = np.random.default_rng(3)
    close = 20_000.0 * np.exp(np.cumsum(0.004 * chance.standard_normal(n)))
    opens = np.concatenate(([20_000.0], close[:-1]))
    rows = ["time,open,high,low,close,volume"]
    for hour in range(n):
        at = datetime.fromtimestamp(first.timestamp() + 3600 * hour, UTC)
        o, c = opens[hour], close[hour]
        rows.append(f"{at:%Y-%m-%d %H:%M:%S},{o:.2f},{max(o, c) * 1.001:.2f},{min(o, c) * 0.999:.2f},{c:.2f},900")
    path = folder / "BTCUSDT_1h.csv"
    path.write_text("\n".join(rows) + "\n")
    return path
