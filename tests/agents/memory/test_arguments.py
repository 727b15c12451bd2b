"""What the roles said is held against how the cases ended, voter by voter, once they have ended."""

import pytest
from court_support import advocate, analyst, case
from hearing_support import barriers, flat, hearing, tape

from agents.court.hearing import Hearing
from agents.court.opinion import HorizonView
from agents.memory.arguments import Arguments, ArgumentsBook
from agents.memory.learning import Learner
from agents.strategies.vote import NetVote, Vote
from config.sections.court import TrustSettings
from config.silence import Abstained
from market.timeframe import Timeframe
from risk.proposal import Direction

QUIET, WON, LOST = flat(50_000.0), (50_000.0, 52_000.0, 49_900.0, 51_900.0), (50_000.0, 50_100.0, 45_000.0, 45_100.0)


def vote(voter: str, direction: Direction = Direction.LONG) -> Vote:
    return Vote(
        voter=voter, symbol="BTC/USDT", direction=direction, confidence=0.5, weight=1.0, reasons=("said",)
    )  # fmt: skip


def heard(*votes: Vote, direction: Direction = Direction.LONG, number: int = 0, **words: object) -> Hearing:
    said = NetVote(direction=direction, conviction=0.5, against=0.0, votes=votes)
    return hearing(case=case(decision_id=f"case-{number}", proposal=said), **words)


def ended(bar: tuple[float, float, float, float], *hearings: Hearing) -> ArgumentsBook:
    book = ArgumentsBook(barriers(), {})
    for each in hearings:
        book.add(each)
    for now in tape([QUIET, bar]):
        book.pass_slice(now)
    return book


def test_a_case_counts_for_each_voter_that_voted_for_it_when_it_has_ended() -> None:
    book = ended(WON, heard(vote("one"), vote("two"), vote("three", Direction.SHORT)))
    assert set(book.records) == {"one", "two"}
    known = book.records["one"]
    assert known.analyst.cases == known.advocate.cases == 1
    assert known.analyst.said == pytest.approx(analyst().belief)
    assert known.advocate.said == pytest.approx(1.0 - advocate().strength_pct / 100)
    assert known.analyst.outcomes > 0.0
    assert ended(LOST, heard(vote("one"))).records["one"].analyst.outcomes < 0.0


def test_an_open_case_says_nothing_yet() -> None:
    assert ended(QUIET, heard(vote("one"))).of([vote("one")]) == Arguments()


def test_a_silent_role_has_said_nothing() -> None:
    known = ended(WON, heard(vote("one"), analyst=Abstained(why="ill"))).records["one"]
    assert (known.analyst.cases, known.advocate.cases) == (0, 1)


def test_a_case_that_proposes_no_purchase_is_not_followed() -> None:
    assert ended(WON, heard(vote("one"), direction=Direction.SHORT)).records == {}


def test_the_record_on_a_proposal_is_that_on_its_buyers() -> None:
    book = ended(WON, heard(vote("one")), heard(vote("two"), number=1))
    assert book.of([vote("one"), vote("two")]).analyst.cases == 2
    assert book.of([vote("two", Direction.SHORT), vote("four")]) == Arguments()


def test_words_of_models_have_records_of_their_own_where_they_bound_rulings() -> None:
    view = HorizonView(horizon=Timeframe.H1, direction=Direction.LONG, expected_move_bps=50, conviction_pct=40)
    model = heard(vote("one"), analyst=analyst(horizons=(view, Abstained(why="young"))), mind="models")
    rules = heard(vote("one"), number=1)
    book = ArgumentsBook(barriers(), {}, apart=True)
    for each in (model, rules):
        book.add(each)
    for now in tape([QUIET, WON]):
        book.pass_slice(now)
    known = book.of([vote("one")])
    assert known.models is not None
    assert (known.analyst.cases, known.advocate.cases) == (1, 1)
    assert (known.models.analyst.cases, known.models.advocate.cases) == (1, 1)
    assert known.models.horizons[Timeframe.H1].said == pytest.approx(0.7)
    assert (known + known).models == known.models + known.models
    assert (known + Arguments()).models == (Arguments() + known).models == known.models
    together = ended(WON, model, rules).of([vote("one")])
    assert (together.analyst.cases, together.models) == (2, None), "as before where they do not"


def test_a_models_weight_begins_with_the_trust_and_the_rules_record_says_nothing_about_it() -> None:
    trust = TrustSettings(analyst=0.75, devils_advocate=0.6)
    learner = Learner(barriers(), 20.0, trust=trust)
    weights = learner.of([vote("one")]).models
    assert weights is not None
    assert (weights.analyst, weights.advocate, weights.horizons) == (0.75, 0.6, {})
    rules = heard(vote("one"), number=1)
    for number, now in enumerate(tape([QUIET, WON])):
        learner.close(now, (), ("one",), () if number else (rules,))
    assert learner.of([vote("one")]).models == weights
    assert learner.of([vote("one")]).analyst_weight != 0.5
    assert Learner(barriers(), 20.0).of([vote("one")]).models is None
