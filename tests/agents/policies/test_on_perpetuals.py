"""A policy in sessions on perpetuals: an opinion, a demotion, a replay without the model, a refusal in words."""

import shutil
from pathlib import Path

import pytest
from policy_support import served, write_verdict
from run_support import events, said

from agents.outages.alert import Alert
from agents.records.record import CycleRecord
from agents.replay import main as replay
from agents.run import main
from config.errors import UsageFault
from execution.reports import Fill, VenueWord
from rl.adjustment import Adjustment
from rl.features import PERPETUAL
from rl.model import PolicyModel
from rl.serving.monitor import PolicyChanged

KEY = "5a" * 32
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def policy(folder: Path) -> PolicyModel:
    model = served(SYMBOLS, PERPETUAL)
    model.save(folder)
    return model


def lived(folder: Path, *settings: str, code: int = 0) -> Path:
    """A session of two weeks on drawn perpetuals."""
    asked = [part for each in settings for part in ("--set", each)]
    out = ["--out", str(folder), "--quiet", "--profile", "perp", "--days", "14", "--symbols", "BTC/USDT", "ETH/USDT"]
    assert main([*out, *asked]) == code
    return folder


def fills(folder: Path) -> list[Fill]:
    return [fill for word in said(events(folder), VenueWord) for fill in word.report.fills]


def adjustments(folder: Path) -> list[Adjustment]:
    return [hearing.adjustment for record in said(events(folder), CycleRecord) for hearing in record.hearings]


@pytest.mark.slow
def test_an_opinion_on_a_short_changes_no_fill(tmp_path: Path) -> None:
    policy(tmp_path / "policy")
    advised = lived(tmp_path / "advisory", "rl.mode=advisory", f"rl.model={tmp_path / 'policy'}")
    assert fills(advised) == fills(lived(tmp_path / "off"))
    told = [each for each in adjustments(advised) if each.observation is not None]
    assert {each.scale for each in told} == {1.0}
    assert -1.0 in {each.observation.direction for each in told if each.observation is not None}
    assert any(each.advised is not None and each.advised < 1.0 for each in told)
    assert replay([str(advised), "--quiet"]) == 0


@pytest.mark.slow
def test_results_demote_it_and_a_replay_agrees_with_and_without_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = policy(tmp_path / "policy")
    write_verdict(tmp_path / "policy", model.sha256, low=0.02, high=0.03, sd=0.0001)
    folder = lived(tmp_path / "run", "rl.mode=active", f"rl.model={tmp_path / 'policy'}")
    found = events(folder)
    (changed,) = said(found, PolicyChanged)
    assert (changed.policy, changed.after) == ("drawn", "advisory")
    assert [one.severity for one in said(found, Alert) if one.code == "policy_demoted"] == ["critical"]
    modes = {
        each.mode: record.as_of_utc < changed.at_utc
        for record in said(found, CycleRecord)
        for each in (hearing.adjustment for hearing in record.hearings)
    }
    assert modes["advisory"] is False
    assert replay([str(folder), "--quiet"]) == 0
    shutil.rmtree(tmp_path / "policy")
    capsys.readouterr()
    assert replay([str(folder), "--quiet"]) == 0
    assert f"with the hash {model.sha256}, was not found" in capsys.readouterr().out


def test_a_policy_of_spot_is_refused_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    served(SYMBOLS).save(tmp_path / "policy")
    folder = lived(tmp_path / "run", "rl.mode=advisory", f"rl.model={tmp_path / 'policy'}", code=UsageFault.exit_code)
    assert not folder.exists()
    assert "it knows no direction of a short, no funding and no liquidation" in " ".join(
        capsys.readouterr().err.split()
    )
