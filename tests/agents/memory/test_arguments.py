"""What the roles said is held against how the cases ended, voter by voter, once they have ended."""

import pytest
from court_support import advocate, analyst, case
from hearing_support import barriers, flat, hearing, tape

from agents.court.hearing import Hearing
from agents.memory.arguments import Arguments, ArgumentsBook
from agents.strategies.vote import NetVote, Vote
from config.silence import Abstained
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
