"""Attribution: who changed a ruling, what it was worth, and how far the roles disagreed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from court_support import SETTINGS, advocate, analyst, book, case, officer, supervisor
from hearing_support import barriers, hearing
from hypothesis import given
from hypothesis import strategies as st
from run_support import run

from agents.court.minds.rules import RulesMind
from agents.court.opinion import RebuttalOpinion
from agents.llm.attempt import ROLES, Role
from config.seeds import generator
from config.silence import Abstained
from evidence.attribution import main
from evidence.rulings.counterfactual import ruling_without
from evidence.rulings.worth import allowed_notional
from evidence.statistics.disagreement import krippendorff_alpha, pairs
from evidence.statistics.totals import total_interval
from risk.proposal import Direction

RULES = RulesMind(SETTINGS.court, SETTINGS.limits)


OLDER = RulesMind(SETTINGS.court.model_copy(update={"composition": "supervisor"}), SETTINGS.limits)


def without(role: Role, rules: RulesMind = RULES, **heard: Any) -> float | None:
    ruling = asyncio.run(ruling_without(role, hearing(**heard), rules))
    return ruling.scale if ruling else None


def test_the_rules_supervisor_weighs_again_without_the_advocate() -> None:
    heard = {"analyst": analyst(conviction_pct=60), "advocate": advocate(60), "supervisor": supervisor(50)}
    assert hearing(**heard).ruling.scale == 0.5
    assert without("devils_advocate", **heard) == 1.0


def test_without_the_analyst_who_expected_a_fall_the_case_is_not_lost_on_him() -> None:
    heard = {"analyst": analyst(direction=Direction.SHORT), "advocate": advocate(10), "supervisor": supervisor(0)}
    assert hearing(**heard).ruling.scale == 0.0
    assert without("analyst", **heard) == 1.0


def test_without_the_risk_officer_or_the_supervisor_the_others_decide() -> None:
    heard = {"risk_agent": officer(25), "supervisor": supervisor(25)}
    assert without("risk_agent", **heard) == 1.0
    assert without("supervisor", **heard) == 0.25


def test_a_silent_role_replaced_by_a_neutral_one_lets_the_case_be_tried() -> None:
    heard = {"risk_agent": Abstained(why="down")}
    assert hearing(**heard).ruling.scale == 0.0
    assert without("risk_agent", **heard) == 1.0


def test_what_a_model_would_have_said_is_not_made_up() -> None:
    heard = {"mind": "claude", "risk_agent": officer(50), "supervisor": supervisor(75)}
    assert [without(role, OLDER, **heard) for role in ROLES] == [None, 0.75, None, 0.5]


def test_in_a_composed_court_of_models_each_role_is_taken_out_by_arithmetic() -> None:
    heard = {
        "mind": "claude", "analyst": analyst(direction=Direction.NONE, conviction_pct=0), "advocate": advocate(40),
        "risk_agent": officer(75), "supervisor": supervisor(100),
    }  # fmt: skip
    assert [without(role, **heard) for role in ROLES] == [0.5, 0.25, 0.25, 0.25]
    against = heard | {"advocate": advocate(100)}
    assert [without(role, **against) for role in ROLES] == [0.25, 0.0, 0.25, 0.0]


def test_the_word_of_a_model_that_supervised_stays_as_it_was() -> None:
    heard = {"mind": "claude", "advocate": advocate(100), "supervisor": supervisor(25)}
    assert without("devils_advocate", **heard) == 0.25


def test_without_one_side_of_an_attack_its_answer_does_not_count() -> None:
    answer = RebuttalOpinion(reasoning="so it is", evidence=(), concedes="yes", conviction_pct=0)
    heard = hearing(mind="claude", advocate=advocate(40)).model_copy(update={"rebuttal": answer})
    scales = [asyncio.run(ruling_without(role, heard, RULES)) for role in ("analyst", "devils_advocate")]
    assert [scale and scale.scale for scale in scales] == [0.5, 1.0]


def test_the_notional_is_the_tightest_cap_of_the_gate() -> None:
    assert allowed_notional(hearing(caps=("300", "120.5", "400")), barriers()) == 120.5


def test_where_the_gate_stopped_at_the_ruling_the_notional_is_estimated() -> None:
    found = allowed_notional(hearing(refused_by="ruling"), barriers())
    assert 0 < found <= 10_000 * SETTINGS.limits.max_position_fraction
    full = hearing(refused_by="ruling", case=case(book=book(deployed_fraction=0.5)))
    assert allowed_notional(full, barriers()) == 0.0


def test_where_the_gate_added_nothing_to_what_was_entered_at_once_the_ruling_was_on_the_whole() -> None:
    entered = hearing(caps=("300",), refused_by="share")
    assert allowed_notional(entered, barriers()) == 300.0
    enlarges = entered.model_copy(update={"case": entered.case.model_copy(update={"held_share": 0.5})})
    assert allowed_notional(enlarges, barriers()) == 0.0


def test_where_another_rule_refused_nobody_changed_anything() -> None:
    assert allowed_notional(hearing(caps=("300",), refused_by="correlation"), barriers()) == 0.0


def test_alpha_agrees_with_its_published_example() -> None:
    """Krippendorff (2011), four observers and twelve units with gaps: 0.849 for interval data."""
    rows = (
        "1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .",
    )  # fmt: skip
    units = [[float(v) for v in unit if v != "."] for unit in zip(*(row.split() for row in rows), strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.849, abs=5e-4)


def test_alpha_is_one_for_agreement_and_unknown_where_all_say_the_same() -> None:
    assert krippendorff_alpha([(0.1, 0.1), (0.9, 0.9, 0.9)]) == pytest.approx(1.0)
    assert krippendorff_alpha([(0.5, 0.5), (0.5, 0.5)]) is None
    assert krippendorff_alpha([(0.5,)]) is None


def test_a_pair_is_opposed_when_one_is_for_and_the_other_against() -> None:
    found = pairs([{"a": 0.9, "b": 0.1}, {"a": 0.9, "b": 0.5}, {"a": 0.2, "b": 0.3}, {"a": 0.8}])
    assert [(pair.one, pair.other, pair.both, pair.opposed) for pair in found] == [("a", "b", 3, 1)]


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = generator(3, "test")
    held = sum(
        found.low <= 0.0 <= found.high
        for found in (total_interval(rng.normal(size=120), 3, rng, resamples=300) for _ in range(200))
    )
    assert 175 <= held <= 199


@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=40), block=st.integers(1, 60), seed=st.integers(0, 9))
def test_an_interval_is_the_same_for_the_same_seed_and_lies_within_what_can_be_drawn(
    values: list[float], block: int, seed: int
) -> None:
    array = np.array(values)
    found = total_interval(array, block, generator(seed, "x"), resamples=50)
    assert found == total_interval(array, block, generator(seed, "x"), resamples=50)
    assert len(values) * min(values) - 1e-6 <= found.low <= found.high <= len(values) * max(values) + 1e-6
    assert found.value == pytest.approx(sum(values), abs=1e-9)


@pytest.mark.slow
def test_the_command_attributes_a_run_and_says_the_same_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "month"
    assert run(folder, "--days", "15", "--json") == 0
    heard = json.loads(capsys.readouterr().out)["hearings"]
    assert main([str(folder), "--json"]) == 0
    text = capsys.readouterr().out
    assert main([str(folder), "--json"]) == 0
    assert capsys.readouterr().out == text
    found = json.loads(text)
    assert [role["role"] for role in found["roles"]] == list(ROLES)
    for role in found["roles"]:
        assert role["heard"] == heard
        assert role["changed"] == role["lowered"] + role["raised"] <= heard
        assert role["quote"]["low"] <= role["quote"]["value"] <= role["quote"]["high"]
    assert sum(role["raised"] for role in found["roles"] if role["role"] != "analyst") == 0
    assert main([str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "what each role changed" in printed
    assert "…" not in printed


@pytest.mark.slow
def test_runs_with_different_money_are_not_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder, symbol in zip(folders, ("BTC/USDT", "BTC/EUR"), strict=True):
        assert run(folder, "--days", "2", "--symbols", symbol) == 0
    assert main([str(folder) for folder in folders]) == 2
    assert "cannot be added" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_in_which_nothing_was_heard_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "quiet", "--days", "1", "--set", "court.net_threshold=1.0") == 0
    assert main([str(tmp_path / "quiet")]) == 2
    assert "nothing to attribute" in capsys.readouterr().err
