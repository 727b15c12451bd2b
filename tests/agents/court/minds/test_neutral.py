"""A neutral word leaves the ruling to the others: with it in any seat, the others rule as they would."""

import itertools

import pytest
from court_support import advocate, analyst, case, officer, supervisor
from hearing_support import hearing

from agents.court.grounding import ground
from agents.court.minds.neutral import neutral, neutral_words
from agents.court.ruling import RulingOutcome, rule
from agents.llm.attempt import ROLES
from config.silence import Abstained
from risk.proposal import Direction

SCALES = (0, 25, 50, 75, 100)


def test_neutral_words_alone_let_everything_stand() -> None:
    words = neutral_words(case())
    ruling = rule(Direction.LONG, words.analyst, words.risk_agent, words.devils_advocate, words.supervisor)
    assert (ruling.outcome, ruling.scale) == (RulingOutcome.APPROVED, 1.0)


@pytest.mark.parametrize(("risk", "judge"), list(itertools.product(SCALES, SCALES)))
def test_a_neutral_seat_never_binds(risk: int, judge: int) -> None:
    words = neutral_words(case())
    both = rule(Direction.LONG, analyst(), officer(risk), advocate(), supervisor(judge))
    assert both.scale == min(risk, judge) / 100
    assert rule(Direction.LONG, analyst(), words.risk_agent, advocate(), supervisor(judge)).scale == judge / 100
    assert rule(Direction.LONG, analyst(), officer(risk), advocate(), words.supervisor).scale == risk / 100
    assert rule(Direction.LONG, words.analyst, officer(risk), advocate(), supervisor(judge)).scale == both.scale
    assert rule(Direction.LONG, analyst(), officer(risk), words.devils_advocate, supervisor(judge)).scale == both.scale


@pytest.mark.parametrize("role", ROLES)
def test_a_neutral_word_is_grounded_so_that_nobody_strikes_it_out(role: str) -> None:
    word = getattr(neutral_words(case()), role)
    kept, struck = ground(case(), word)
    assert struck == ()
    assert kept == word


@pytest.mark.parametrize("conviction", [0.0, 0.04, 0.05, 0.5, 0.96, 1.0])
def test_the_neutral_analyst_is_as_convinced_as_the_voters(conviction: float) -> None:
    proposal = case().proposal.model_copy(update={"conviction": conviction})
    word = neutral_words(case(proposal=proposal)).analyst
    assert word.conviction_pct == pytest.approx(100 * conviction, abs=5.0)
    assert word.direction is Direction.LONG


@pytest.mark.parametrize("role", ROLES)
def test_one_seat_is_made_neutral_and_the_others_keep_their_words(role: str) -> None:
    before = hearing()
    after = neutral(role, before)
    fields = {"analyst", "risk_agent", "advocate", "supervisor"}
    mine = "advocate" if role == "devils_advocate" else role
    assert getattr(after, mine) == getattr(neutral_words(before.case), role)
    for other in fields - {mine}:
        assert getattr(after, other) == getattr(before, other)


def test_a_seat_that_there_is_not_cannot_be_made_neutral() -> None:
    with pytest.raises(KeyError):
        neutral("clerk", hearing())


def test_silence_is_not_neutral() -> None:
    words = neutral_words(case())
    silent = Abstained(why="nothing to say")
    assert rule(Direction.LONG, words.analyst, silent, words.devils_advocate, words.supervisor).scale == 0.0
