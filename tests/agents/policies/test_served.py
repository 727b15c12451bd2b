"""A policy in whole runs: what it may do, what is journaled, what its results do to it, and what a replay needs."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from gate_support import FOUR
from policy_support import networks, profile, served, write_verdict
from run_support import events, rows, run, said

from agents.outages.alert import Alert
from agents.records.folder import JOURNAL, forget_checksum
from agents.records.record import CycleRecord, Session
from agents.replay import main as replay
from agents.run import main
from config.errors import UsageFault
from config.secrets import journal_key
from execution.journal.chain import shorten
from ops.conclusion.finish import leave
from rl.adjustment import Adjustment
from rl.model import PolicyModel
from rl.serving.monitor import PolicyChanged

SHORT = ("--days", "6", "--symbols", "BTC/USDT", "--seed", "3", "--strategy", *FOUR)


def model_in(folder: Path) -> PolicyModel:
    """Write a policy with a verdict that it passed."""
    model = served(("BTC/USDT",))
    model.save(folder)
    write_verdict(folder, model.sha256)
    return model


def lived(tmp_path: Path, mode: str, name: str = "run", **rl: str) -> Path:
    """A run under a policy; its folder."""
    asked = profile(tmp_path / f"{name}.yaml", tmp_path / "policy", mode, **rl)
    assert run(tmp_path / name, "--profile", asked, *SHORT) == 0
    return tmp_path / name


def adjustments(folder: Path) -> list[Adjustment]:
    return [hearing.adjustment for record in said(events(folder), CycleRecord) for hearing in record.hearings]


@pytest.mark.slow
def test_the_first_event_names_the_policy_by_hash_and_an_adviser_changes_no_fill(tmp_path: Path) -> None:
    model = model_in(tmp_path / "policy")
    advised, off = lived(tmp_path, "advisory"), lived(tmp_path, "off", "off")
    session = said(events(advised), Session)[0]
    assert session.policy is not None
    assert (session.policy.name, session.policy.sha256, session.policy.passed) == ("drawn", model.sha256, True)
    assert session.settings.rl.model == "policy"
    assert said(events(off), Session)[0].policy is None
    told = adjustments(advised)
    assert told
    assert {(one.scale, one.mode) for one in told} == {(1.0, "advisory")}
    assert any(one.advised != 1.0 for one in told)
    ends = [said(events(folder), CycleRecord)[-1].portfolio.equity for folder in (advised, off)]
    assert ends[0] == ends[1]
    assert all(one.model_dump_json() == '{"adjuster":"off","scale":1.0}' for one in adjustments(off))


@pytest.mark.slow
def test_an_active_policy_changes_sizes_and_a_replay_computes_each_answer_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model_in(tmp_path / "policy")
    active, off = lived(tmp_path, "active"), lived(tmp_path, "off", "off")
    ends = [said(events(folder), CycleRecord)[-1].portfolio.equity for folder in (active, off)]
    assert ends[0] != ends[1]
    capsys.readouterr()
    assert replay([str(active), "--quiet"]) == 0
    assert capsys.readouterr().out.endswith("every byte the same.\n")


@pytest.mark.slow
def test_without_its_model_a_replay_checks_the_rest_and_names_the_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = model_in(tmp_path / "policy")
    folder = lived(tmp_path, "active")
    shutil.move(tmp_path / "policy", tmp_path / "elsewhere")
    capsys.readouterr()
    assert replay([str(folder), "--quiet", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["identical"]
    assert told["policy_not_recomputed"] == {"name": "drawn", "sha256": model.sha256}
    assert replay([str(folder), "--quiet"]) == 0
    assert f"with the hash {model.sha256}, was not found" in capsys.readouterr().out
    assert replay([str(folder), "--quiet", "--policy", str(tmp_path / "elsewhere")]) == 0
    assert capsys.readouterr().out.endswith("every byte the same.\n")


@pytest.mark.slow
def test_another_model_is_not_asked_and_a_forged_answer_is_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_in(tmp_path / "policy")
    folder = lived(tmp_path, "active")
    dataclasses.replace(model, networks=networks(3, 13, seed=9)).save(tmp_path / "other")
    assert replay([str(folder), "--quiet", "--policy", str(tmp_path / "other")]) == UsageFault.exit_code
    assert f"does not hold the policy drawn with the hash {model.sha256}" in capsys.readouterr().err
    monkeypatch.setattr(PolicyModel, "answer", lambda self, features: (0.5, 0.1))
    assert replay([str(folder), "--quiet"]) == 1
    assert "+" in capsys.readouterr().out


@pytest.mark.slow
def test_results_below_the_promise_demote_the_policy_at_once_and_a_replay_agrees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = served(("BTC/USDT",))
    model.save(tmp_path / "policy")
    write_verdict(tmp_path / "policy", model.sha256, low=0.02, high=0.03, sd=0.0001)
    folder = lived(tmp_path, "active")
    found = events(folder)
    (changed,) = said(found, PolicyChanged)
    assert (changed.policy, changed.after) == ("drawn", "advisory")
    (alert,) = [one for one in said(found, Alert) if one.code == "policy_demoted"]
    assert (alert.at_utc, alert.severity) == (changed.at_utc, "critical")
    assert "add up to" in alert.text
    records = said(found, CycleRecord)
    modes = {one.hearings[0].adjustment.mode: one.as_of_utc < changed.at_utc for one in records if one.hearings}
    assert modes.get("active", True)
    assert modes["advisory"] is False
    assert replay([str(folder), "--quiet"]) == 0
    shutil.rmtree(tmp_path / "policy")
    assert replay([str(folder), "--quiet"]) == 0
    _, summary = leave(folder, journal_key())
    assert summary.policy is not None
    assert summary.policy.demoted_utc == changed.at_utc


@pytest.mark.slow
def test_an_override_is_journaled(tmp_path: Path) -> None:
    served(("BTC/USDT",)).save(tmp_path / "policy")
    asked = profile(tmp_path / "no.yaml", tmp_path / "policy", "active")
    assert run(tmp_path / "no", "--profile", asked, *SHORT) == UsageFault.exit_code
    assert not (tmp_path / "no").exists()
    session = said(events(lived(tmp_path, "active", override="I accept drawn")), Session)[0]
    assert session.settings.rl.override == "I accept drawn"
    assert session.policy is not None
    assert session.policy.passed is None


@pytest.mark.slow
def test_a_run_that_was_cut_short_goes_on_with_its_policy_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_in(tmp_path / "policy")
    folder = lived(tmp_path, "active")
    whole = [(row.kind, row.payload) for row in rows(folder)]
    shorten(folder / JOURNAL, journal_key(), len(whole) // 2)
    forget_checksum(folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["--resume", str(folder), "--quiet"]) == 0
    assert [(row.kind, row.payload) for row in rows(folder)] == whole


@pytest.mark.slow
def test_the_report_shows_the_opinion_beside_each_ruling(tmp_path: Path) -> None:
    model_in(tmp_path / "policy")
    folder = lived(tmp_path, "advisory")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<b>Adjuster</b> drawn (advisory): it would apply" in page
    assert "What the policy saw" in page
    assert "if it were active" in page
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["policy"]["asked"] == len(adjustments(folder))
    lines = [json.loads(line) for line in (folder / "decisions.jsonl").read_text(encoding="utf-8").splitlines()]
    adjusted = [line["adjusted"] for line in lines]
    assert [one["advised"] for one in adjusted] == [one.advised for one in adjustments(folder)]
    assert {one["mode"] for one in adjusted} == {"advisory"}


@pytest.mark.slow
def test_a_backtest_beside_the_run_needs_the_model_of_the_policy_and_not_its_answers_of_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model_in(tmp_path / "policy")
    folder = lived(tmp_path, "active")
    capsys.readouterr()
    assert replay([str(folder), "--as-backtest", "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["equity"][0] == found["equity"][1]
    shutil.rmtree(tmp_path / "policy")
    assert replay([str(folder), "--as-backtest", "--quiet"]) == 2
    assert "Give its folder with --policy" in capsys.readouterr().err
