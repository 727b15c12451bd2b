"""What the gate could sign nothing of is no case: nobody is heard, the account is the same, and the summary counts it once."""

import json
from pathlib import Path

import pytest
from run_support import events, run, said

from agents.records.record import CycleRecord
from agents.replay import main as replay
from risk.verdict import Outcome

KEY = "5a" * 32
SMALL = ("limits.kelly_fraction=0.0001", "seed=11")
"""Kelly leaves no purchase that could be sold again."""


def played(folder: Path, hears: str, *more: str) -> list[CycleRecord]:
    assert run(folder / hears, "--days", "12", "--set", f"court.hears={hears}", *more) == 0
    return said(events(folder / hears), CycleRecord)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.mark.slow
def test_what_nothing_is_left_of_is_not_heard_and_counts_once_a_market(tmp_path: Path) -> None:
    every, few = played(tmp_path, "all", *SMALL), played(tmp_path, "signable", *SMALL)
    refused = [each.verdict for record in every for each in record.hearings]
    assert {verdict.binding_rule for verdict in refused} >= {"min_notional"}
    unheard = [each for record in few for each in record.unheard]
    assert {each.decision_id for each in unheard} <= {
        verdict.decision_id for verdict in refused if verdict.binding_rule == "min_notional"
    }
    heard = {each.case.decision_id for record in few for each in record.hearings}
    assert heard
    assert heard.isdisjoint(each.decision_id for each in unheard)
    assert {each.rule for each in unheard} == {"kelly"}
    assert not any(record.unheard for record in every)
    summary = json.loads((tmp_path / "signable" / "summary.json").read_text())
    assert 0 < summary["unheard"]["kelly"] < len(unheard)
    assert replay([str(tmp_path / "signable")]) == 0


@pytest.mark.slow
def test_the_account_is_the_same_whether_they_are_heard_or_not(tmp_path: Path) -> None:
    every, few = played(tmp_path, "all", "seed=11"), played(tmp_path, "signable", "seed=11")
    signed = [
        [each.verdict.order for record in records for each in record.hearings if each.verdict.outcome is Outcome.SIGNED]
        for records in (every, few)
    ]
    assert signed[0]
    assert [order.quantity for order in signed[0] if order] == [order.quantity for order in signed[1] if order]
    assert every[-1].portfolio.equity == few[-1].portfolio.equity
