"""The ruling goes downwards only, and silence is never consent."""

from typing import Any

import pytest
from court_support import advocate, analyst, officer, supervisor
from hypothesis import given
from hypothesis import strategies as st

from agents.court.ruling import RulingOutcome, rule
from config.silence import Abstained
from risk.proposal import Direction

SILENT = Abstained(why="no answer")


def test_an_undisputed_case_is_approved_in_full() -> None:
    ruling = rule(Direction.LONG, analyst(), officer(), advocate(), supervisor())
    assert (ruling.outcome, ruling.scale) == (RulingOutcome.APPROVED, 1.0)


def test_the_risk_officer_bounds_what_the_supervisor_grants() -> None:
    ruling = rule(Direction.LONG, analyst(), officer(25), advocate(), supervisor(100))
    assert (ruling.outcome, ruling.scale) == (RulingOutcome.SHRUNK, 0.25)


@pytest.mark.parametrize("silent", range(4))
def test_a_silent_role_rejects_the_case(silent: int) -> None:
    words: list[Any] = [analyst(), officer(), advocate(), supervisor()]
    words[silent] = SILENT
    ruling = rule(Direction.LONG, *words)
    assert (ruling.outcome, ruling.scale) == (RulingOutcome.REJECTED, 0.0)
    assert "abstained: no answer" in ruling.why


def test_an_advocate_whose_evidence_was_all_struck_out_has_tried_nothing() -> None:
    ruling = rule(Direction.LONG, analyst(), officer(), advocate(cited=()), supervisor())
    assert ruling.outcome is RulingOutcome.REJECTED


@pytest.mark.parametrize("direction", [Direction.SHORT, Direction.NONE])
def test_nothing_but_a_purchase_is_granted(direction: Direction) -> None:
    assert rule(direction, analyst(), officer(), advocate(), supervisor()).scale == 0.0


scales = st.sampled_from([0, 25, 50, 75, 100])


@given(scales, scales)
def test_no_ruling_is_larger_than_what_either_granted(granted: int, allowed: int) -> None:
    ruling = rule(Direction.LONG, analyst(), officer(allowed), advocate(), supervisor(granted))
    assert ruling.scale <= min(granted, allowed) / 100
    assert (ruling.scale == 0) == (ruling.outcome is RulingOutcome.REJECTED)
