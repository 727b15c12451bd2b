"""The voters that packaged profiles seat: those that decision 25 chose. Each votes in a first session, or says why it cannot."""

import json
from pathlib import Path

import pytest
from run_support import events, said

from agents.records.record import CycleRecord
from agents.replay import main as replay
from agents.run import main as run
from config.reading.load import load_profile
from config.sections.strategies import names_of
from evidence.strategies.trial import SETS

FIRST = ["--profile", "paper", "--days", "16", "--quiet"]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", "ab" * 32)
        assert run([*FIRST, "--out", str(folder)]) == 0
    return folder


@pytest.fixture(autouse=True)
def _one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "ab" * 32)


@pytest.mark.parametrize(
    ("profile", "chosen"), [("paper", "both"), ("backtest", "both"), ("balanced", "cross_momentum")]
)
def test_a_profile_seats_what_decision_25_chose_under_its_limits(profile: str, chosen: str) -> None:
    assert names_of(load_profile(profile, {}).strategies) == SETS[chosen]


@pytest.mark.slow
def test_each_default_voter_votes_in_a_first_session_and_the_summary_counts_it(first: Path) -> None:
    votes = [vote for record in said(events(first), CycleRecord) for vote in record.votes]
    counted = json.loads((first / "summary.json").read_text())["voters"]
    assert list(counted) == ["trend_ensemble", "cross_momentum"]
    for name, figures in counted.items():
        assert figures["purchase"] > 0, name
        assert figures["purchase"] + figures["sale"] == sum(vote.voter == name for vote in votes)
        assert figures["cannot_vote"] == ""


@pytest.mark.slow
def test_a_first_session_has_cases_and_trades_with_news_and_with_what_was_argued_against_them(first: Path) -> None:
    heard = [hearing for record in said(events(first), CycleRecord) for hearing in record.hearings]
    assert len(heard) >= 8
    assert any(hearing.verdict.order for hearing in heard)
    assert any(not hearing.verdict.order for hearing in heard)
    assert any(hearing.ruling.scale < 1 for hearing in heard), "the court takes from what is argued against"
    assert any(hearing.case.sentiment is not None and hearing.case.sentiment.headlines for hearing in heard)
    assert replay([str(first), "--quiet"]) == 0


def test_who_cannot_vote_is_told_at_the_start_and_counted_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "one"
    assert run([*FIRST[:2], "--days", "2", "--symbols", "BTC/USDT", "--quiet", "--out", str(folder)]) == 0
    printed, told = capsys.readouterr()
    why = "cross_momentum compares 3 markets or more and the session has 1: it abstains."
    assert why in told
    assert why in " ".join(printed.split())
    counted = json.loads((folder / "summary.json").read_text())["voters"]["cross_momentum"]
    assert counted["cannot_vote"].startswith(why)
    assert (counted["purchase"], counted["sale"]) == (0, 0)
    assert why in (folder / "report.html").read_text()
