"""A session whose models are shown whole cases: its journal holds them and replays, and the rules mind sees none of it."""

from pathlib import Path

import pytest
from model_server import ModelServer
from run_support import events, run
from session_models import KEYS, arguments, attempts, records

from agents.court.case import Case
from agents.replay import main as replay
from risk.verdict import Outcome


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def heard(folder: Path) -> list[Case]:
    return [hearing.case for record in records(events(folder)) for hearing in record.hearings]


@pytest.mark.slow
def test_models_are_shown_the_trade_the_path_and_the_book_and_the_session_replays(tmp_path: Path) -> None:
    with ModelServer() as server:
        assert run(tmp_path / "run", *arguments(server, days="6")) == 0
    cases = heard(tmp_path / "run")
    assert len(cases) > 5
    for case in cases:
        assert case.trade is not None
        assert case.path is not None
        base = case.signals[case.base_timeframe]
        assert case.trade.entry == case.path.closes[-1] == base.close
        assert case.path.volumes[-1] == base.volume
        assert len(case.path.daily_closes) == 14
        assert case.book.limits
        assert [one.symbol for one in case.book.positions] == list(case.book.held)
    assert all(
        "Trade, declared: " in made.user for made in attempts(events(tmp_path / "run")) if made.role == "analyst"
    )
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_the_usual_size_is_what_the_gate_signs_if_nothing_is_cut_and_a_thesis_is_what_it_was_bought_for(
    tmp_path: Path,
) -> None:
    with ModelServer() as server:
        assert run(tmp_path / "run", *arguments(server, None, "court.composition=supervisor", days="6")) == 0
    found = [hearing for record in records(events(tmp_path / "run")) for hearing in record.hearings]
    whole = [
        each
        for each in found
        if each.ruling.scale == 1.0 and each.verdict.outcome is Outcome.SIGNED and each.case.trade
    ]
    assert whole
    alone = [each for each in whole if sum(other.case.as_of_utc == each.case.as_of_utc for other in found) == 1]
    assert alone
    for each in alone:
        assert each.case.trade is not None
        assert float(each.verdict.notional) <= (each.case.trade.usual_quote or 0.0) * (1 + 1e-9)
        assert float(each.verdict.notional) > 0.0
    told = [one for each in found for one in each.case.book.positions if one.thesis]
    assert told
    bought = [why for each in found for vote in each.case.proposal.votes for why in vote.reasons]
    assert all(any(one.thesis.startswith(why[:40]) for why in bought) for one in told if one.thesis)


@pytest.mark.slow
def test_a_brief_case_and_one_of_the_rules_mind_hold_none_of_it_and_the_opinions_are_the_same(tmp_path: Path) -> None:
    assert run(tmp_path / "rules", "--days", "6") == 0
    with ModelServer() as server:
        assert run(tmp_path / "brief", *arguments(server, None, "minds.case=brief", days="6")) == 0
        fast = ("minds.fast_path_conviction=0.0", "minds.case=whole")
        assert run(tmp_path / "fast", *arguments(server, None, *fast, days="6")) == 0
    for name in ("rules", "brief"):
        cases = heard(tmp_path / name)
        assert cases
        assert all(case.trade is case.path is case.macro is None for case in cases)
        assert not any(case.book.limits or case.book.positions for case in cases)
    said = [
        [
            (each.analyst, each.risk_agent, each.advocate, each.supervisor, each.ruling, each.verdict)
            for record in records(events(tmp_path / name))
            for each in record.hearings
        ]
        for name in ("rules", "fast")
    ]
    assert said[0]
    assert said[0] == said[1]
