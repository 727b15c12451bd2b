"""Whole sessions whose contexts have rules of their own: they bind, are told, and are the same in a replay and after a resume."""

import json
from pathlib import Path

import pytest
from broken_off import killed
from run_support import events, run, said, write_bars

from agents.records.record import CycleRecord, Session, SessionEnd
from agents.replay import main as replay
from agents.run import main
from config.sections.strategies import StrategyContext
from evidence.sweep import main as sweep

KEY = "5a" * 32
PROFILE = """
extends: paper
seed: 11
market: {warmup_bars: 250}
strategies:
  - strategy: ema_cross
    limits: {max_position_fraction: 0.004, max_stop_fraction: 0.02}
    exits: {take_profit_fraction: 0.012, trail_fraction: 0.006}
  - strategy: momentum_breakout
    trading_hours_utc: [8, 20]
    max_positions: 1
    prompt: Prefer calm markets.
  - strategy: rsi_bounce
    enabled: false
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.yaml").write_text(PROFILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        assert run(folder / "run", "--profile", str(folder / "mine.yaml"), "--days", "20") == 0
    return folder / "run"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.mark.slow
def test_the_limits_of_a_context_bind_its_purchases_and_no_others(whole: Path) -> None:
    heard = [hearing for record in said(events(whole), CycleRecord) for hearing in record.hearings]
    signed = [hearing for hearing in heard if hearing.verdict.order is not None]
    of_cross = [one for one in signed if {vote.voter for vote in one.case.proposal.votes} == {"ema_cross"}]
    others = [one for one in signed if "ema_cross" not in {vote.voter for vote in one.case.proposal.votes}]
    assert of_cross
    assert others
    for one in of_cross:
        assert one.verdict.bound_by == "ema_cross"
        assert float(one.verdict.notional) <= 0.004 * one.case.book.equity
        assert (one.verdict.stop_fraction or 1) <= 0.02
    assert all(one.verdict.bound_by != "ema_cross" for one in others)
    assert max(float(one.verdict.notional) / one.case.book.equity for one in others) > 0.004


@pytest.mark.slow
def test_a_context_buys_in_its_own_hours_and_sells_at_any(whole: Path) -> None:
    heard = [hearing for record in said(events(whole), CycleRecord) for hearing in record.hearings]
    late = [one for one in heard if one.case.terms and one.case.terms.hours and not 8 <= one.case.as_of_utc.hour < 20]
    assert late
    assert {one.verdict.order for one in late} == {None}
    assert {one.verdict.bound_by for one in late if one.verdict.binding_rule == "trading_hours"} == {
        "momentum_breakout"
    }


def test_who_is_switched_off_casts_no_vote_and_the_summary_says_so(whole: Path) -> None:
    cast = {vote.voter for record in said(events(whole), CycleRecord) for vote in record.votes}
    assert cast == {"ema_cross", "momentum_breakout"}
    summary = json.loads((whole / "summary.json").read_text())
    assert summary["switched_off"] == ["rsi_bounce"]
    assert summary["context_bound"]["ema_cross"] > 0


@pytest.mark.slow
def test_the_journal_keeps_what_each_context_asked_and_a_replay_is_identical(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (session,) = said(events(whole), Session)
    assert session.settings.strategies[2] == StrategyContext(strategy="rsi_bounce", enabled=False)
    assert replay([str(whole), "--quiet"]) == 0
    assert "identical" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.4, 0.9])
def test_a_resumed_run_comes_to_the_same_journal(whole: Path, tmp_path: Path, share: float) -> None:
    folder = killed(whole, tmp_path / "killed", int(len(events(whole)) * share))
    assert main(["--resume", str(folder), "--quiet"]) == 0
    ends = [events(each)[-1] for each in (whole, folder)]
    assert isinstance(ends[0].event, SessionEnd)
    assert ends[0].mac == ends[1].mac


@pytest.mark.slow
def test_a_replay_with_tighter_limits_is_not_loosened_by_a_context(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = tmp_path / "limits.yaml"
    limits.write_text("max_position_fraction: 0.0001\n")
    assert replay([str(whole), "--limits", str(limits), "--json", "--quiet"]) == 0
    changed = json.loads(capsys.readouterr().out)["changed"]
    assert changed
    assert {each["other"][0] for each in changed} == {"refused"}


def test_a_sweep_refuses_rules_of_a_context_in_one_sentence(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bars = [str(path) for path in write_bars(tmp_path)]
    asked = ["--profile", str(whole.parent / "mine.yaml"), "--param", "exits.trail_fraction=0.01,0.02", "--quiet"]
    assert sweep(["--data", *bars, *asked, "--out", str(tmp_path / "study"), "--workers", "1"]) == 2
    assert "The fast engine has one set of limits, hours and exits for all voters, and ema_cross has its own" in (
        capsys.readouterr().err
    )
