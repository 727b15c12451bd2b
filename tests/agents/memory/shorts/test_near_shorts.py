"""Near cases by side: a short sale is shown how short sales ended, and nothing of purchases; older files hold purchases."""

import json
from pathlib import Path
from typing import Any

import pytest
from court_support import AT, analyst, case, signals
from hearing_support import HOUR, barriers, hearing, slice_of
from short_support import proposal

from agents.court.case import Case
from agents.court.record import NOTHING_LEARNT
from agents.court.shown.past import PastCase
from agents.memory.cases import Memory
from agents.memory.lessons import lesson, past_case, traits
from agents.memory.nearby import LEAST
from agents.memory.outcomes import CaseOutcome
from agents.records.known import RecordFile, read_cases
from market.timeframe import Timeframe
from risk.proposal import Direction


def at_rsi(rsi: float, *, short: bool, **changes: Any) -> Case:
    now = signals(rsi_14=rsi, adx_14=20.0 + rsi / 10, support_distance_atr=0.4, resistance_distance_atr=2.5)
    return case(signals={Timeframe.H1: now}, proposal=proposal(short=short), **changes)


def past(rsi: float, *, short: bool, return_bps: float = -170.0) -> PastCase:
    heard = hearing(
        case=at_rsi(rsi, short=short), analyst=analyst(direction=Direction.SHORT if short else Direction.LONG)
    )
    ended = CaseOutcome(
        decision_id="x", symbol="BTC/USDT", as_of_utc=AT, label=1 if return_bps > 0 else -1, entry_price=100.0,
        exit_price=99.0, return_bps=return_bps, bars=8, known_at_utc=AT - HOUR,
    )  # fmt: skip
    return past_case(heard, ended)


def both() -> Memory:
    """Twelve purchases that lost and twelve short sales that won, at the same figures."""
    rsis = [float(rsi) for rsi in range(40, 64, 2)]
    lost = [past(rsi, short=False) for rsi in rsis]
    won = [past(rsi, short=True, return_bps=210.0) for rsi in rsis]
    return Memory(barriers(1), earlier=(*lost, *won))


def test_a_short_is_shown_short_sales_and_a_purchase_purchases() -> None:
    memory = both()
    short, long = memory.near(at_rsi(51.0, short=True)), memory.near(at_rsi(51.0, short=False))
    assert short.startswith("nearest 3 of 12 short sales (")
    assert "0 lost, 3 won, mean +210 bps" in short
    assert long.startswith("nearest 3 of 12 (")
    assert "3 lost, 0 won, mean -170 bps" in long
    assert "short" not in long


def test_purchases_do_not_make_up_for_short_sales_that_are_missing() -> None:
    few = [past(40.0 + place, short=True) for place in range(LEAST - 1)]
    memory = Memory(barriers(1), earlier=(*few, *(past(40.0 + place, short=False) for place in range(30))))
    assert memory.near(at_rsi(45.0, short=True)) == "only 9 short sales have ended, too few to compare with"
    assert memory.near(at_rsi(45.0, short=False)).startswith("nearest 3 of 30 (")


def test_the_court_counts_what_it_let_through_by_side() -> None:
    memory = both()
    assert memory.tally(AT, short=True) == (12, 12)
    assert memory.tally(AT) == (12, 0)


def test_sides_that_are_not_told_apart_are_read_as_versions_before_0_8_did() -> None:
    known = [past(40.0 + place, short=bool(place % 2)) for place in range(20)]
    memory = Memory(barriers(1), earlier=known, by_side=False)
    assert memory.near(at_rsi(51.0, short=True)).startswith("nearest 3 of 20 (")
    assert memory.tally(AT, short=True).cases == 20
    heard = hearing(case=at_rsi(51.0, short=True))
    then = past_case(heard, _ended(-50.0), by_side=False)
    assert not then.short
    assert "below resistance" in then.traits


def test_a_short_of_the_session_itself_is_near_to_shorts_with_the_outcome_of_its_side() -> None:
    memory = Memory(barriers(1))
    price = 100.0
    for place in range(15):
        at = AT + place * HOUR
        memory.settle(slice_of((price, price, price * 0.99, price * 0.99), at))
        now = signals(rsi_14=40.0 + place % 20, close=price * 0.99, atr_14_quote=0.5, close_utc=at)
        heard = case(
            decision_id=f"{place}", as_of_utc=at, signals={Timeframe.H1: now}, proposal=proposal(short=bool(place % 5))
        )
        memory.add(hearing(case=heard))
        price *= 0.99
    at = AT + 15 * HOUR
    told = memory.near(at_rsi(45.0, short=True, as_of_utc=at))
    assert told.startswith("nearest 3 of 11 short sales (") or told == "none of 11 short sales is near"
    assert memory.near(at_rsi(45.0, short=False, as_of_utc=at)) == "only 3 have ended, too few to compare with"
    assert memory.tally(at, short=True).cases + memory.tally(at).cases == 14


def _ended(return_bps: float) -> CaseOutcome:
    return CaseOutcome(
        decision_id="x", symbol="BTC/USDT", as_of_utc=AT, label=-1, entry_price=100.0, exit_price=99.0,
        return_bps=return_bps, bars=8, known_at_utc=AT,
    )  # fmt: skip


def test_the_room_of_a_short_is_down_to_the_support() -> None:
    assert "0.4 ATR above support" in traits(at_rsi(50.0, short=True), short=True)
    assert "2.5 ATR below resistance" in traits(at_rsi(50.0, short=False))


@pytest.mark.parametrize(("short", "word"), [(True, "fall"), (False, "rise")])
def test_the_lesson_of_an_analyst_against_the_trade_names_its_way(short: bool, word: str) -> None:
    against = analyst(direction=Direction.LONG if short else Direction.SHORT)
    heard = hearing(case=at_rsi(50.0, short=short), analyst=against)
    assert lesson(heard, -170.0, short=short) == f"The analyst had not expected it to {word}"


def test_a_file_of_before_reads_as_purchases_and_is_written_as_it_was(tmp_path: Path) -> None:
    long, short = past(50.0, short=False), past(50.0, short=True)
    assert "short" not in json.loads(long.model_dump_json())
    assert json.loads(short.model_dump_json())["short"] is True
    file = RecordFile(runs=("one",), known_until_utc=AT - HOUR, learnt=NOTHING_LEARNT, cases=(long, short))
    path = tmp_path / "earlier.json"
    path.write_text(file.model_dump_json())
    assert [each.short for each in read_cases(path, AT).cases] == [False, True]
