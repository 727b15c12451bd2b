"""The trade of a case: each term from where it is known, and none where it is not."""

from decimal import Decimal
from typing import Any

import pytest
from court_support import SETTINGS, case
from gate_support import BTC
from hypothesis import given
from hypothesis import strategies as st

from agents.court.case import Motion
from agents.court.record import CaseRecord
from agents.court.showing.dealing import Conditions, CourtTally, trade_of
from agents.court.shown.trade import HOWS, Trade, terms_known
from agents.strategies.vote import NetVote
from market.book import Book, Level
from risk.proposal import Direction
from risk.record import VotersRecord
from risk.verdict import Outcome, Reaction, RuleReport, Verdict

BOOK = Book((Level(Decimal("50595"), Decimal(3)),), (Level(Decimal("50605"), Decimal(3)),))
GIVEN = Conditions(SETTINGS.limits, SETTINGS.exits, BTC)
NOBODY = CourtTally()
FEES = 2 * float(BTC.taker_fee_bps)


def verdict(notional: str = "150", outcome: Outcome = Outcome.SIGNED, **caps: str) -> Verdict:
    what = case()
    rules = [
        RuleReport(code=code, number=None, limit=None, unit="", reaction=Reaction.PASS, notional_cap=Decimal(cap))  # type: ignore[arg-type]
        for code, cap in caps.items()
    ]
    return Verdict(
        decision_id=what.decision_id, symbol=what.symbol, as_of_utc=what.as_of_utc, outcome=outcome,
        binding_rule="kelly", rules=tuple(rules), notional=Decimal(notional),
    )  # fmt: skip


def traded(left: Verdict | None = None, book: Book | None = BOOK, court: CourtTally = NOBODY, **changes: Any) -> Trade:
    moved: Motion = case(**changes).motion
    return trade_of(moved, GIVEN, left or verdict(), 10_000.0, book, court)


def test_the_terms_of_a_purchase_with_a_target_follow_from_each_other() -> None:
    found = traded()
    assert (found.entry, found.stop_fraction, found.target_fraction) == (50_600.0, 0.015, 0.03)
    assert found.stop == pytest.approx(50_600 * 0.985)
    assert found.target == pytest.approx(50_600 * 1.03)
    assert found.stop_atr == pytest.approx(0.015 * 50_600 / 300)
    assert found.reward_to_risk == pytest.approx(2.0)
    assert (found.usual_quote, found.usual_fraction, found.bound_by) == (150.0, 0.015, "kelly")
    assert found.at_stake_quote == pytest.approx(150 * 0.015)


def test_a_round_trip_is_fees_and_slippage_of_both_sides_and_the_edge_counts_it() -> None:
    found = traded()
    half = (50_605 / 50_600 - 1) * 1e4
    assert found.slippage_bps == pytest.approx(half, rel=1e-6)
    assert found.round_trip_bps == pytest.approx(FEES + 2 * half, rel=1e-6)
    assert found.edge == pytest.approx(300 / (FEES + 2 * half), rel=1e-6)


def test_at_the_breakeven_chance_a_trade_wins_what_it_costs() -> None:
    found = traded()
    assert found.breakeven is not None
    assert found.round_trip_bps is not None
    won, lost = found.breakeven * 0.03, (1 - found.breakeven) * 0.015
    assert won - lost == pytest.approx(found.round_trip_bps / 1e4)


def test_without_a_book_costs_and_what_follows_from_them_are_unknown_and_not_zero() -> None:
    found = traded(book=None)
    assert (found.slippage_bps, found.round_trip_bps, found.edge, found.breakeven) == (None,) * 4
    assert "edge" not in found.model_dump()


def test_voters_that_bring_their_own_exit_have_no_target_and_their_exit_is_the_stop() -> None:
    shares = NetVote(
        direction=Direction.LONG, conviction=0.5, against=0.0, votes=(), exposure=0.4, exit_price=50_600 * 0.96
    )
    found = traded(proposal=shares)
    assert found.stop_fraction == pytest.approx(0.04)
    assert (found.target, found.target_fraction, found.reward_to_risk, found.edge, found.breakeven) == (None,) * 5
    assert found.round_trip_bps is not None


def test_what_the_gate_refuses_has_no_usual_size_and_names_its_rule() -> None:
    refused = verdict("0", Outcome.REFUSED)
    found = traded(refused)
    assert (found.usual_quote, found.at_stake_quote, found.bound_by) == (0.0, 0.0, "kelly")


def test_the_rooms_of_the_gate_stand_the_tightest_first_without_those_that_never_bind() -> None:
    found = traded(verdict(position="500", kelly="150", var_1d="320", cash="9000"))
    assert list(found.rooms.items()) == [("kelly", 150.0), ("var_1d", 320.0), ("position", 500.0)]


def test_the_record_of_the_voters_is_measured_and_absent_without_a_case() -> None:
    record = VotersRecord(cases=40, wins=18, gain=24.0, loss=22.0, squares=40.0)
    known = traded(record=CaseRecord(voters=record, analyst_weight=0.5, advocate_weight=0.5))
    assert (known.cases, known.win_rate, known.mean_r) == (40, 0.45, 0.05)
    young = traded()
    assert (young.cases, young.win_rate, young.mean_r) == (None, None, None)


@given(wins=st.integers(0, 400), cases=st.integers(1, 400))
def test_the_chance_lies_between_the_assumed_one_and_the_record(wins: int, cases: int) -> None:
    wins = min(wins, cases)
    record = VotersRecord(cases=cases, wins=wins, gain=float(wins), loss=float(cases - wins), squares=float(cases))
    known = traded(record=CaseRecord(voters=record, analyst_weight=0.5, advocate_weight=0.5)).chance
    assumed = traded().chance
    assert known is not None
    assert assumed is not None
    assert min(assumed, wins / cases) - 1e-9 <= known <= max(assumed, wins / cases) + 1e-9


def test_the_court_s_own_cases_are_counted_apart() -> None:
    found = traded(court=CourtTally(8, 2))
    assert (found.court_cases, found.court_win_rate) == (8, 0.25)
    assert traded().court_cases is None


def test_each_term_says_how_it_is_known() -> None:
    told = [name for how in HOWS for name in terms_known(how)]
    assert sorted(told) == sorted(name for name in Trade.model_fields if name != "rooms")
