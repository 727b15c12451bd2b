"""A purchase whose first target does not pay for the trade is not heard, and says so; what declares no target is heard."""

import json
import re
from pathlib import Path

import pytest
from run_support import events, run, said

from agents.records.record import CycleRecord
from agents.replay import main as replay

KEY = "5a" * 32
NEAR = "exits.take_profit_fraction=0.002"
"""20 bps, where both fees are 20 and the spread is 2."""


def played(folder: Path, *more: str) -> list[CycleRecord]:
    assert run(folder, "--days", "12", "--set", "seed=11", *more) == 0
    return said(events(folder), CycleRecord)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.mark.slow
def test_a_target_that_costs_eat_is_not_heard_and_says_both_figures(tmp_path: Path) -> None:
    records = played(tmp_path / "near", NEAR)
    unheard = [each for record in records for each in record.unheard]
    assert len(unheard) > 3
    assert not any(record.hearings for record in records)
    assert {each.rule for each in unheard} == {"cost_edge"}
    said_both = re.compile(r"its first target is 20 bps away, a purchase and its sale cost [2-6][0-9](\.\d+)? bps")
    assert [each.why for each in unheard if not said_both.fullmatch(each.why)] == []
    assert json.loads((tmp_path / "near" / "summary.json").read_text())["unheard"]["cost_edge"] > 0
    assert replay([str(tmp_path / "near")]) == 0


@pytest.mark.slow
def test_nothing_is_asked_of_it_where_the_profile_says_null_and_more_where_it_asks_for_more(tmp_path: Path) -> None:
    assert any(record.hearings for record in played(tmp_path / "all", NEAR, "court.cost_edge=null"))
    many = played(tmp_path / "many", "court.cost_edge=20")
    found = [each for record in many for each in record.unheard]
    assert found
    assert all(each.why.endswith(", and 20 times that is asked") for each in found)


@pytest.mark.slow
def test_a_target_that_pays_is_heard_as_if_nothing_were_asked(tmp_path: Path) -> None:
    asked, free = played(tmp_path / "asked"), played(tmp_path / "free", "court.cost_edge=null")
    assert any(record.hearings for record in asked)
    assert [record.hearings for record in asked] == [record.hearings for record in free]


@pytest.mark.slow
def test_voters_that_bring_their_own_exit_declare_no_target_and_are_heard(tmp_path: Path) -> None:
    records = played(tmp_path / "shares", NEAR, 'strategies=[{"strategy": "trend_ensemble"}]')
    assert any(record.hearings for record in records)
    assert not any(each.rule == "cost_edge" for record in records for each in record.unheard)
