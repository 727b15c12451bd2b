"""Rules about the market of the day and the shape of the book, as sentences."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from gate_support import AT, LIMITS, cap, facts, held, portfolio, proposal
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.sections.limits import RiskLimits
from risk.facts import Facts
from risk.limits import book as rules
from risk.verdict import Reaction


def limited(**changes: Any) -> RiskLimits:
    return RiskLimits.model_validate({**LIMITS.model_dump(), **changes})


def at_hour(hour: int, hours: tuple[int, int]) -> Facts:
    return facts(proposal=proposal(as_of_utc=AT + timedelta(hours=hour)), limits=limited(trading_hours_utc=hours))


def test_an_entry_takes_at_most_one_percent_of_what_was_traded_in_a_day() -> None:
    assert cap(rules.liquidity(facts(day_volume_quote=12_000.0))) == pytest.approx(120.0)


@pytest.mark.parametrize("volume", [None, 0.0, -1.0, float("nan"), float("inf")])
def test_a_market_whose_volume_is_unknown_is_refused(volume: float | None) -> None:
    assert rules.day_volume(facts()).reaction is Reaction.PASS
    report = rules.day_volume(facts(day_volume_quote=volume))
    assert (report.reaction, report.number, report.note) == (Reaction.REFUSE, None, "no trading was seen in 24 h")


@given(st.one_of(st.none(), st.floats()))
def test_no_volume_whatever_makes_more_room_than_its_share(volume: float | None) -> None:
    room = cap(rules.liquidity(facts(day_volume_quote=volume)))
    sound = volume is not None and 0.0 < volume < float("inf")
    assert room <= (0.01 * volume * (1 + 1e-12) if sound and volume is not None else 0.0)


def test_the_entry_after_the_last_allowed_one_of_a_day_is_refused() -> None:
    few = limited(max_entries_per_day=3)
    assert rules.order_rate(facts(limits=few, entries_today=2)).reaction is Reaction.PASS
    assert rules.order_rate(facts(limits=few, entries_today=3)).reaction is Reaction.REFUSE


def test_entries_that_were_not_counted_are_refused_where_their_number_is_limited() -> None:
    assert rules.order_rate(facts(entries_today=None)).reaction is Reaction.PASS
    assert (
        rules.order_rate(facts(limits=limited(max_entries_per_day=3), entries_today=None)).reaction is Reaction.REFUSE
    )


@pytest.mark.parametrize(
    ("hours", "open_"),
    [((8, 16), range(8, 16)), ((22, 6), (*range(6), 22, 23)), ((0, 24), range(24)), ((23, 24), (23,))],
)
def test_entries_are_made_from_the_first_hour_on_and_before_the_last(hours: tuple[int, int], open_: Any) -> None:
    passed = [h for h in range(24) if rules.trading_hours(at_hour(h, hours)).reaction is Reaction.PASS]
    assert passed == list(open_)


def test_hours_that_end_when_they_begin_are_a_contradiction() -> None:
    with pytest.raises(ValidationError, match="trading hours that end when they begin are none"):
        limited(trading_hours_utc=(8, 8))


def test_a_sector_counts_what_is_held_and_under_way_in_it_and_nothing_else() -> None:
    chains = limited(sectors={"BTC/USDT": "chains", "ETH/USDT": "chains", "SOL/USDT": "chains", "DOGE/USDT": "memes"})
    book = portfolio(
        positions=(held("ETH/USDT", "700"), held("DOGE/USDT", "400")), pending_notional={"SOL/USDT": Decimal(500)}
    )
    assert cap(rules.sector(facts(limits=chains, portfolio=book))) == pytest.approx(1500 - 700 - 500)


def test_a_sector_that_is_full_leaves_nothing() -> None:
    chains = limited(sectors={"BTC/USDT": "chains", "ETH/USDT": "chains"})
    assert cap(rules.sector(facts(limits=chains, portfolio=portfolio(positions=(held("ETH/USDT", "1600"),))))) == 0.0


def test_a_symbol_of_no_sector_is_not_capped_by_one() -> None:
    some = facts(
        limits=limited(sectors={"ETH/USDT": "chains"}), portfolio=portfolio(positions=(held("ETH/USDT", "1600"),))
    )
    assert rules.sector(some).notional_cap is None
