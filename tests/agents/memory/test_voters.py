"""Votes are followed to the barriers, one at a time in each market, and count from the bar after their end on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gate_support import LIMITS, SETTINGS

from agents.memory.outcomes import Barriers
from agents.memory.voters import Voted, VotersBook
from agents.strategies.vote import Vote
from market.bar import Bar
from market.timeframe import Timeframe
from risk.proposal import Direction
from risk.record import HORIZON_BARS, VotersRecord

START = datetime(2024, 1, 1, tzinfo=UTC)
BTC, ETH = "BTC/USDT", "ETH/USDT"
BARRIERS = Barriers(LIMITS, SETTINGS.exits, {BTC: 10.0, ETH: 10.0})


def bar(symbol: str = BTC, *, at: float = 100.0, high: float | None = None, low: float | None = None) -> Bar:
    return Bar(
        symbol=symbol, timeframe=Timeframe.H1, close_utc=START + timedelta(hours=1), open=at, high=high or at, low=low or at,
        close=at, volume=1.0,
    )  # fmt: skip


def vote(voter: str = "one", direction: Direction = Direction.LONG, symbol: str = BTC) -> Vote:
    return Vote(voter=voter, symbol=symbol, direction=direction, confidence=0.5, weight=1.0, reasons=("said",))


def said(*votes: Vote, symbol: str = BTC) -> tuple[Voted, ...]:
    return (Voted(symbol, 100.0, None, votes),)


def book(**known: VotersRecord) -> VotersBook:
    return VotersBook(BARRIERS, known)


def passed(made: VotersBook, *steps: tuple[dict[str, Bar], tuple[Voted, ...]]) -> VotersBook:
    for bars, voted in steps:
        made.pass_bar(bars, voted, ("one", "two"))
    return made


WON, LOST = {BTC: bar(high=104.0)}, {BTC: bar(low=97.0)}
QUIET = {BTC: bar()}


def test_a_vote_is_followed_from_the_next_bar_on_to_its_end() -> None:
    made = passed(book(), (WON, said(vote())), (QUIET, ()))
    assert made.records == {}
    seen = passed(made, (WON, ())).records["one"]
    assert (seen.cases, seen.wins) == (1, 1)
    assert seen.gain == pytest.approx(((103.0 * 0.999) / (100.0 * 1.001) - 1.0) / LIMITS.stop_fraction)


def test_votes_while_a_purchase_is_open_are_not_counted() -> None:
    made = passed(book(), (QUIET, said(vote())), (QUIET, said(vote())), (LOST, said(vote())))
    assert made.records["one"].cases == 1
    assert passed(made, (LOST, ())).records["one"].cases == 2  # the vote at the bar that ended the first


def test_each_market_and_each_voter_has_its_own_purchase() -> None:
    both = (*said(vote(), vote("two")), *said(vote(symbol=ETH), symbol=ETH))
    made = passed(book(), (QUIET, both), ({BTC: bar(high=104.0), ETH: bar(ETH, low=97.0)}, ()))
    assert {name: (seen.cases, seen.wins) for name, seen in made.records.items()} == {"one": (2, 1), "two": (1, 1)}


def test_a_vote_to_close_is_no_purchase() -> None:
    assert passed(book(), (QUIET, said(vote(direction=Direction.SHORT))), (LOST, ())).records == {}


def test_a_purchase_without_an_end_is_closed_when_its_time_is_over() -> None:
    made = passed(book(), (QUIET, said(vote())), *[(QUIET, ())] * (HORIZON_BARS - 1))
    assert made.records == {}
    assert passed(made, (QUIET, ())).records["one"].cases == 1


def test_a_market_without_a_bar_waits() -> None:
    made = passed(book(), (QUIET, said(vote())), ({}, ()), ({ETH: bar(ETH, low=50.0)}, ()), (WON, ()))
    assert made.records["one"].wins == 1


def test_the_record_of_a_proposal_is_that_of_its_buyers_together() -> None:
    made = book(
        one=VotersRecord(cases=3, wins=1, gain=1.5, loss=2.0, squares=4.0), two=VotersRecord(cases=2, wins=2, gain=3.0)
    )
    buyers: list[Any] = [vote(), vote("two", Direction.SHORT), vote("three")]
    assert made.of(buyers) == VotersRecord(cases=3, wins=1, gain=1.5, loss=2.0, squares=4.0)
    assert made.of([vote(), vote("two")]).cases == 5
