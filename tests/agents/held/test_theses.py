"""When a held position is reviewed, and what a review may do: keep, shrink or close, and by silence keep."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from court_support import AT, SETTINGS, advocate, analyst, case, officer, signals, supervisor
from hearing_support import hearing
from hypothesis import given
from hypothesis import strategies as st

from agents.court.case import Case
from agents.court.condition import Condition
from agents.court.hearing import Hearing
from agents.court.held.ruling import rule_held
from agents.court.held.theses import Theses
from agents.court.ruling import RulingOutcome
from config.silence import Abstained
from market.timeframe import Timeframe

BTC = "BTC/USDT"
HOUR = timedelta(hours=1)
FALLS = Condition(field="signals.1h.close", comparison="below", value=50_000.0)


def theses(every: int | None = 24, *, watched: bool = False) -> Theses:
    court = SETTINGS.court.model_copy(update={"review_every": every, "review_watched": watched})
    return Theses(court, Timeframe.H1)


def opened(condition: Condition | None = None) -> Hearing:
    word = analyst() if condition is None else analyst().model_copy(update={"would_change_my_mind": condition})
    return hearing(caps=("100",), case=case(), analyst=word)


def at_close(price: float) -> Case:
    return case(signals={Timeframe.H1: signals(close=price)})


def due(kept: Theses, at: datetime, price: float = 50_600.0) -> str | None:
    found = kept.due(BTC, at, lambda condition: at_close(price))
    return None if found is None else found[0]


def test_a_position_is_reviewed_so_many_bars_after_it_was_last_heard() -> None:
    kept = theses(24)
    kept.bought(opened())
    assert [due(kept, AT + hours * HOUR) for hours in (1, 23, 24, 30)] == [None, None, "schedule", "schedule"]
    heard = opened()
    later = heard.model_copy(update={"case": heard.case.model_copy(update={"as_of_utc": AT + 24 * HOUR})})
    kept.reviewed(later, 1.0)
    assert [due(kept, AT + hours * HOUR) for hours in (30, 47, 48)] == [None, None, "schedule"]


def test_what_was_trimmed_is_reviewed_at_the_next_close_and_once() -> None:
    kept = theses(1000)
    kept.bought(opened())
    kept.trimmed(BTC)
    assert due(kept, AT + HOUR) == "trimmed"
    kept.reviewed(opened(), 0.5)
    held = kept.of(BTC)
    assert held is not None
    assert held.left == 0.5
    assert due(kept, AT + HOUR) is None


def test_a_condition_calls_the_court_once_when_it_comes_true_and_again_after_it_ceased_to() -> None:
    kept = theses(None, watched=True)
    kept.bought(opened(FALLS))
    prices = (50_600.0, 49_900.0, 49_800.0, 50_200.0, 49_900.0)
    found = [due(kept, AT + hours * HOUR, price) for hours, price in enumerate(prices, 1)]
    assert found == [None, "condition", None, None, "condition"]


def test_a_condition_that_holds_when_it_is_named_is_watched_from_when_it_has_ceased_to() -> None:
    kept = theses(None, watched=True)
    kept.bought(opened(FALLS.model_copy(update={"comparison": "above"})))
    assert [due(kept, AT + HOUR, price) for price in (50_700.0, 49_000.0, 50_700.0)] == [None, None, "condition"]


def test_without_the_settings_nothing_is_due_and_a_condition_is_not_even_looked_at() -> None:
    def nobody_looks(condition: Condition) -> Case:
        raise AssertionError(condition)

    kept = theses(None)
    kept.bought(opened(FALLS))
    kept.trimmed(BTC)
    assert not kept.is_on
    assert kept.due(BTC, AT + 1000 * HOUR, nobody_looks) is None


def test_what_is_held_no_longer_is_forgotten() -> None:
    kept = theses()
    kept.bought(opened())
    kept.keep_only(())
    assert kept.of(BTC) is None


WORDS: dict[str, Any] = {
    "analyst": analyst(),
    "risk": officer(),
    "advocate": advocate(),
    "supervisor": supervisor(0),
}


@pytest.mark.parametrize("silent", list(WORDS))
def test_whoever_is_silent_keeps_the_position_whatever_the_others_say(silent: str) -> None:
    ruling = rule_held(**(WORDS | {silent: Abstained(why="said nothing within 60 s")}))
    assert (ruling.outcome, ruling.scale) == (RulingOutcome.APPROVED, 1.0)
    assert "said nothing within 60 s" in ruling.why


def test_an_advocate_whose_evidence_was_struck_out_is_silent() -> None:
    assert rule_held(**(WORDS | {"advocate": advocate(cited=())})).scale == 1.0
    assert rule_held(**WORDS).scale == 0.0


@given(st.sampled_from((0, 25, 50, 75, 100)), st.sampled_from((0, 25, 50, 75, 100)))
def test_a_review_leaves_no_more_than_supervisor_or_risk_agent_do_and_never_more_than_all(
    ours: int, theirs: int
) -> None:
    ruling = rule_held(analyst(), officer(ours), advocate(), supervisor(theirs))
    assert ruling.scale <= min(ours, theirs) / 100 <= 1.0
