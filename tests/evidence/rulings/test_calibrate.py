"""Stated convictions against outcomes: the figures, and the command on whole runs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from court_support import advocate, analyst, case, officer, supervisor
from hearing_support import barriers, hearing
from hypothesis import given
from hypothesis import strategies as st
from run_support import run

from agents.court.opinion import HorizonView
from agents.court.record import CaseRecord, ModelWeights
from agents.strategies.vote import NetVote
from config.silence import Abstained
from evidence.calibrate import main
from evidence.rulings.statements import beliefs, horizon_statements, statements
from evidence.statistics.reliability import brier, measure, wilson
from market.timeframe import Timeframe
from risk.calibration import Calibrations
from risk.proposal import Direction
from risk.record import NO_RECORD


def proposal(direction: Direction, conviction: float) -> NetVote:
    return NetVote(direction=direction, conviction=conviction, against=0.0, votes=())


def test_all_beliefs_are_brought_onto_one_scale() -> None:
    said = beliefs(
        hearing(
            case=case(proposal=proposal(Direction.LONG, 0.7)),
            analyst=analyst(direction=Direction.SHORT, conviction_pct=60),
            risk_agent=officer(75), advocate=advocate(40), supervisor=supervisor(25),
        )
    )  # fmt: skip
    assert said == {
        "voters": 0.7, "analyst": pytest.approx(0.2), "risk_agent": 0.75, "devils_advocate": pytest.approx(0.6),
        "supervisor": 0.25,
    }  # fmt: skip


def test_silence_states_nothing_and_neutral_is_one_half() -> None:
    quiet = Abstained(why="no key")
    said = beliefs(
        hearing(analyst=analyst(direction=Direction.NONE, conviction_pct=90), advocate=quiet, supervisor=quiet)
    )
    assert said["analyst"] == 0.5
    assert not {"devils_advocate", "supervisor"} & set(said)


def test_voters_who_do_not_want_to_buy_state_nothing_about_a_purchase() -> None:
    said = statements(hearing(case=case(proposal=proposal(Direction.SHORT, 0.9))), barriers())
    assert not {"voters", "gate"} & set(said)


def test_roles_are_told_apart_by_mind_and_the_risk_officer_is_left_out() -> None:
    said = statements(hearing(mind="claude"), barriers())
    assert set(said) == {"voters", "gate", "claude/analyst", "claude/devils_advocate", "claude/supervisor"}
    assert said["gate"] == pytest.approx(1 / (1 + 0.03 / 0.015) + 0.1 * 0.7)


def test_horizons_are_stated_together_under_their_weights_and_each_alone() -> None:
    views = tuple(
        HorizonView(horizon=horizon, direction=direction, expected_move_bps=0, conviction_pct=80)
        for horizon, direction in ((Timeframe.H1, Direction.LONG), (Timeframe.D1, Direction.SHORT))
    )
    said = hearing(analyst=analyst(horizons=(*views, Abstained(why="young"))))
    assert horizon_statements(said) == {
        "together": pytest.approx(0.5), "1h": pytest.approx(0.9), "1d": pytest.approx(0.1),
    }  # fmt: skip
    weights = ModelWeights(analyst=0.5, advocate=0.5, horizons={Timeframe.D1: 0.0})
    known = CaseRecord(voters=NO_RECORD, analyst_weight=0.5, advocate_weight=0.5, models=weights)
    weighted = hearing(case=case(record=known), analyst=analyst(horizons=views))
    assert horizon_statements(weighted)["together"] == pytest.approx(0.9)
    assert horizon_statements(hearing(analyst=Abstained(why="no key"))) == {}


def test_wilson_agrees_with_published_figures() -> None:
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998, table I
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(29, 29)[1] == 1.0
    with pytest.raises(ValueError, match="not a rate"):
        wilson(1, 0)


def test_a_perfect_forecaster_scores_nothing_and_a_wrong_one_everything() -> None:
    won = np.array([True, False, True])
    right = measure(won.astype(float), won, np.zeros(3))
    assert (right.brier, right.ece, right.reliability) == (0.0, 0.0, 0.0)
    assert right.resolution == pytest.approx(right.uncertainty)
    wrong = measure(1.0 - won, won, np.zeros(3))
    assert (wrong.brier, wrong.ece) == (1.0, 1.0)


def test_the_expected_calibration_error_is_the_mean_gap() -> None:
    figures = measure(np.full(10, 0.8), np.array([True] * 5 + [False] * 5), np.arange(10.0))
    assert figures.ece == pytest.approx(0.3)
    assert [(row.low, row.n, row.won, row.return_bps) for row in figures.bins] == [(0.8, 10, 5, 4.5)]
    assert figures.skill == pytest.approx(1 - (0.3**2 + 0.25) / 0.25)


said = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80)


@given(said)
def test_the_parts_of_the_brier_score_add_up(said: list[tuple[float, bool]]) -> None:
    stated, won = (np.array(column) for column in zip(*said, strict=True))
    figures = measure(stated, won, np.zeros(len(said)))
    parts = figures.reliability - figures.resolution + figures.uncertainty + figures.within
    assert parts == pytest.approx(figures.brier, abs=1e-12)
    assert figures.brier == brier(stated, won)
    assert sum(row.n for row in figures.bins) == figures.n
    assert all(row.low - 1e-8 <= row.stated <= row.high for row in figures.bins)
    assert 0 <= figures.ece <= 1


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 20 simulated days; its key lies in the environment of each test (`key`)."""
    folder = tmp_path_factory.mktemp("runs") / "month"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", "5a" * 32)
        assert run(folder, "--days", "20", "--json") == 0
    return folder


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, _own_state: None) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "5a" * 32)


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_every_hearing_of_a_run_is_counted(month: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, str(month))
    heard = json.loads((month / "summary.json").read_text())["hearings"]
    assert found["hearings"] == heard
    assert found["targets"] + found["stops"] + found["neither"] == heard - found["pending"] > 20
    assert [speaker["speaker"] for speaker in found["speakers"]] == [
        "voters", "rules/analyst", "rules/devils_advocate", "rules/supervisor", "gate",
    ]  # fmt: skip
    assert as_json(capsys, str(month)) == found


@pytest.mark.slow
def test_the_later_half_is_scored_with_what_the_earlier_half_knew(
    month: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for speaker in as_json(capsys, str(month))["speakers"]:
        later, figures = speaker["later"], speaker["figures"]
        assert later["learned_from"] + later["n"] <= figures["n"]
        assert later["n"] >= figures["n"] // 3


def test_the_maps_are_kept_for_sizing_and_the_plot_for_a_person(
    month: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, page = tmp_path / "calibration.json", tmp_path / "plot.html"
    assert main([str(month), "--out", str(kept), "--plot", str(page)]) == 0
    found = Calibrations.model_validate_json(kept.read_bytes())
    assert set(found.speakers) == {"voters", "rules/analyst", "rules/devils_advocate", "rules/supervisor", "gate"}
    assert found.horizon_bars == 72
    text = page.read_text()
    assert "rules\\u002fanalyst" in text or "rules/analyst" in text
    assert "<script src=" not in text
    printed = capsys.readouterr().out
    assert all(len(line) <= 100 for line in printed.splitlines() if line.startswith(("│", "╭")))
    assert "…" not in printed


def test_the_same_run_twice_would_count_twice_and_is_refused(month: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(month), str(month)]) == 2
    assert "would count twice" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--bars", "0"), ("--shrink", "0"), ("--shrink", "nan"), ("--shrink", "inf")])
def test_what_cannot_be_computed_is_said(
    month: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    assert main([str(month), *wrong]) == 2
    assert "Nothing was computed." in capsys.readouterr().err


def test_a_run_without_an_outcome_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "quiet", "--days", "1", "--set", "court.net_threshold=1.0") == 0
    assert main([str(tmp_path / "quiet")]) == 2
    assert "No hearing of these runs has an outcome" in capsys.readouterr().err


def test_a_folder_without_a_journal_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 4
    assert "There is no journal" in capsys.readouterr().err
