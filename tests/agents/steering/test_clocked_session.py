"""A session on the clock obeys its operator within a second, between two bars of an hour."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from feed_session import SELDOM_S, Life, live
from run_support import said
from steered_session import entries, events_of, place, results
from told_exchange import START

from agents.records.record import CycleRecord
from agents.records.steered import SteerDone, Steered
from agents.replay import main as replay
from config.clock import SystemClock
from execution.reports import SentOrder, VenueWord
from execution.steering.mailbox import Mailbox
from execution.steering.words import SteerVerb, word_of
from risk.order import Purpose

BTC = "BTC/USDT"
HELD = START + timedelta(hours=12, minutes=20)
"""A position in BTC is open then, until hour 17."""
SOON = timedelta(seconds=2)


def once(folder: Path, moment: datetime, *words: tuple[SteerVerb, str]) -> Callable[[datetime], None]:
    """Leave words at the first look after a moment."""
    left = list(words)

    def happens(now: datetime) -> None:
        while now >= moment and left:
            verb, target = left.pop(0)
            Mailbox(folder).put(word_of(verb, target, "ada", "cli", "to see", SystemClock().now()))

    return happens


@pytest.mark.slow
def test_a_close_is_obeyed_within_a_second_at_the_price_of_the_moment_and_replayed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    live(run, Life(bars=14, happens=once(run, HELD, (SteerVerb.CLOSE, BTC), (SteerVerb.PAUSE, ""))))
    events = events_of(run)
    asked, done = said(events, Steered)[0], said(events, SteerDone)[0]
    assert timedelta() <= asked.at_utc - HELD < SOON
    assert asked.prices[BTC]
    assert results(events) == [("close", "done"), ("pause", "done")]
    fills = [fill for word in said(events[place(events, Steered) :], VenueWord) for fill in word.report.fills]
    assert done.closed == sum(fill.quantity for fill in fills)
    assert all(abs(float(fill.price) / asked.prices[BTC][0] - 1) < 0.002 for fill in fills)
    after = next(record for record in said(events, CycleRecord) if record.as_of_utc > HELD)
    assert after.portfolio.position(BTC) is None
    assert [gone.why for gone in after.exits] == ["ada closed it: to see"]
    assert not entries(events[place(events, Steered) :])
    assert replay([str(run), "--quiet"]) == 0


@pytest.mark.slow
def test_killed_in_the_middle_of_a_close_it_is_obeyed_once(tmp_path: Path) -> None:
    words = ((SteerVerb.CLOSE, BTC),)
    whole = tmp_path / "whole"
    live(whole, Life(bars=14, happens=once(whole, HELD, *words), look_s=SELDOM_S))
    first = place(events_of(whole), Steered)
    for more in (1, 2, 3):
        run = tmp_path / f"killed-{more}"
        life = Life(bars=14, events=first + more, happens=once(run, HELD, *words), look_s=SELDOM_S)
        assert live(run, life) is None
        live(run, Life(bars=14, begins=HELD + timedelta(minutes=1), look_s=SELDOM_S))
        events = events_of(run)
        assert len(said(events, Steered)) == 1
        assert results(events) == [("close", "done")]
        sold = [order for order in said(events[first:], SentOrder) if order.purpose is Purpose.STRATEGY_EXIT]
        assert len(sold) == 1


@pytest.mark.slow
def test_a_proposal_is_taken_within_a_second_and_voted_for_at_the_next_close(tmp_path: Path) -> None:
    run, moment, left = tmp_path / "run", START + timedelta(hours=3, minutes=20), [True]

    def happens(now: datetime) -> None:
        if now >= moment and left:
            left.pop()
            given = SystemClock().now()
            Mailbox(run).put(word_of(SteerVerb.PROPOSE, BTC, "ada", "cli", "to see", given, "long"))

    voters = [{"strategy": "outside"}]
    live(run, Life(bars=6, happens=happens, changes=(("strategies", voters),), look_s=SELDOM_S))
    events = events_of(run)
    assert results(events) == [("propose", "done")]
    assert said(events, Steered)[0].at_utc - moment < timedelta(seconds=10)
    voted = [record.as_of_utc for record in said(events, CycleRecord) if record.votes]
    assert voted == [START + timedelta(hours=4)]
    assert [sent.symbol for sent in entries(events)] == [BTC]
    assert replay([str(run), "--quiet"]) == 0
