"""Rules about the market of the moment, as sentences: price, time, spread, slippage, errors, leverage."""

from datetime import timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
from gate_support import AT, LIMITS, book, cap, facts, held, portfolio, proposal
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.limits import RiskLimits
from market.book import Book, Level
from risk.limits import book as limits_book
from risk.limits import market as limits_market
from risk.verdict import Reaction, RuleReport

D = Decimal
PASS, REFUSE = Reaction.PASS, Reaction.REFUSE


def limited(**changes: Any) -> RiskLimits:
    return RiskLimits.model_validate({**LIMITS.model_dump(), **changes})


def shown(*asks: tuple[str, str], bid: str = "99") -> Book:
    return Book(bids=(Level(D(bid), D(1)),), asks=tuple(Level(D(price), D(size)) for price, size in asks))


def report(code: str, reaction: Reaction, number: float | None, limit: float, unit: str, note: str = "") -> RuleReport:
    return RuleReport(code=code, number=number, limit=limit, unit=unit, reaction=reaction, note=note)


@pytest.mark.parametrize(
    ("price", "reaction"), [("50250", PASS), ("50251", REFUSE), ("49750", PASS), ("49749", REFUSE), ("1e-400", REFUSE)]
)
def test_a_price_half_a_percent_off_the_last_close_is_another_markets(price: str, reaction: Reaction) -> None:
    of_mine = facts(proposal=proposal(reference_price=D(price)), limits=limited(max_price_gap_bps=50.000001))
    assert limits_market.reference_price(of_mine).reaction is reaction


def test_the_gap_is_told_in_bps_of_the_last_close() -> None:
    found = limits_market.reference_price(facts(mark=40_000.0))
    assert found == report("reference_price", REFUSE, 2500.0, 50.0, "bps")
    huge = facts(proposal=proposal(reference_price=D("1e308")), mark=1e-10)
    assert limits_market.reference_price(huge) == report("reference_price", REFUSE, None, 50.0, "bps")


def test_a_gap_of_just_the_limit_is_none_too_many() -> None:
    some = facts(mark=1.0, proposal=proposal(reference_price=D("1.0078125")), limits=limited(max_price_gap_bps=78.125))
    assert limits_market.reference_price(some) == report("reference_price", PASS, 78.125, 78.125, "bps")


@pytest.mark.parametrize("mark", [None, 0.0, -0.5, nan, inf, -inf])
def test_without_a_close_to_hold_it_against_no_price_is_believed(mark: float | None) -> None:
    why = "no close of this market is known"
    assert limits_market.reference_price(facts(mark=mark)) == report("reference_price", REFUSE, None, 50.0, "bps", why)
    assert limits_market.reference_price(facts(mark=0.5)).note == ""


@pytest.mark.parametrize(("seconds", "reaction"), [(0, PASS), (60, PASS), (-60, PASS), (60.001, REFUSE), (-61, REFUSE)])
def test_a_proposal_is_of_the_time_of_the_book_give_or_take_a_minute(seconds: float, reaction: Reaction) -> None:
    found = limits_market.stale_proposal(facts(now_utc=AT + timedelta(seconds=seconds)))
    assert found == report("stale_proposal", reaction, abs(seconds), 60.0, "s")


def test_before_the_first_bar_nothing_has_a_time() -> None:
    why = "no bar has been lived through yet"
    assert limits_market.stale_proposal(facts(now_utc=None)) == report("stale_proposal", REFUSE, None, 60.0, "s", why)


def test_the_spread_is_a_part_of_the_middle() -> None:
    wide = facts(book=book("99", "101"))
    assert limits_market.spread(wide) == report("spread", REFUSE, 200.0, 50.0, "bps")
    assert limits_market.spread(facts(book=book("99", "101"), limits=limited(max_spread_bps=200.0))).reaction is PASS
    assert limits_market.spread(facts(book=book("1", "1"))) == report("spread", PASS, 0.0, 50.0, "bps")


@pytest.mark.parametrize(
    "some",
    [
        None, Book(bids=(), asks=()), book()._replace(bids=()), book()._replace(asks=()), book("0", "1"), book("-1", "1"),
        book("2", "1.9"), book("NaN", "1"), book("1", "NaN"), book("1", "Infinity"),
    ],
)  # fmt: skip
def test_a_book_without_two_sides_is_none(some: Book | None) -> None:
    why = "the book does not show both sides"
    assert limits_market.spread(facts(book=some)) == report("spread", REFUSE, None, 50.0, "bps", why)
    nothing = limits_market.expected_slippage(facts(book=some))
    assert (cap(nothing), nothing.note) == (0.0, why)


def test_a_book_that_is_deep_enough_leaves_what_it_shows_below_the_price_that_may_be_paid() -> None:
    some = facts(book=shown(("101", "2"), ("102", "1")), proposal=proposal(reference_price=D(100)))
    wide = facts(
        book=shown(("101", "2"), ("102", "1")),
        proposal=proposal(reference_price=D(100)),
        limits=limited(max_slippage=0.02),
    )
    assert cap(limits_market.expected_slippage(some)) == 0.0
    found = limits_market.expected_slippage(wide)
    assert (cap(found), found.note) == (300.0 * (1 - 1e-12), "300 to be had for 2.00% above the middle")
    assert found.code == "expected_slippage"


def test_cheap_levels_pay_for_a_part_of_a_dear_one() -> None:
    some = shown(("101", "2"), ("104", "4"), ("105", "4"))
    assert limits_market.depth_within(some.asks, D(102)) == 3
    assert limits_market.depth_within(some.asks, D(103)) == 6
    assert limits_market.depth_within(some.asks, D("103.4")) == D("7.5")
    assert limits_market.depth_within(some.asks, D(105)) == 10
    assert limits_market.depth_within((), D(105)) == 0


levels = st.lists(
    st.tuples(st.integers(1, 10_000), st.integers(0, 10**6).map(lambda lots: D(lots) / 1000)), min_size=1, max_size=8
).map(lambda pairs: tuple(Level(D(price) / 10, size) for price, size in sorted(pairs)))


@given(levels, st.integers(1, 10_000).map(lambda price: D(price) / 10), st.floats(1e-6, 1.0))
def test_what_the_walk_leaves_costs_no_more_than_allowed_and_a_lot_more_would(
    asks: tuple[Level, ...], most: D, part: float
) -> None:
    quantity = limits_market.depth_within(asks, most)
    for some in (quantity, quantity * D(part)):
        assert cost(asks, some) <= most * some * (1 + D("1e-20"))
    total = sum((size for _, size in asks), D(0))
    assert quantity <= total
    more = quantity * D("1.0001") + D("0.0001")
    if more <= total:
        assert cost(asks, more) > most * more


def cost(asks: tuple[Level, ...], quantity: D) -> D:
    spent = D(0)
    for price, size in asks:
        spent += min(size, quantity) * price
        quantity -= min(size, quantity)
    return spent


@pytest.mark.parametrize(("errors", "reaction"), [(0, PASS), (5, PASS), (6, REFUSE)])
def test_more_than_five_orders_that_went_wrong_in_a_day_are_too_many(errors: int, reaction: Reaction) -> None:
    found = limits_market.error_rate(facts(order_errors=errors))
    assert found == report("error_rate", reaction, float(errors), 5.0, "orders in 24 h")


def test_errors_that_were_not_counted_are_too_many() -> None:
    why = "they were not counted"
    found = limits_market.error_rate(facts(order_errors=None))
    assert found == report("error_rate", REFUSE, None, 5.0, "orders in 24 h", why)


def test_leverage_counts_what_is_held_and_on_its_way_and_net_takes_short_ones_off() -> None:
    some = portfolio(
        positions=(held("ETH/USDT", "3000"), held("SOL/USDT", "-1000")), pending_notional={"XRP/USDT": D(500)}
    )
    given_ = facts(portfolio=some)
    assert cap(limits_book.gross_leverage(given_)) == pytest.approx(10_000 - 4_500)
    assert cap(limits_book.net_leverage(given_)) == pytest.approx(10_000 - 2_500)
    tight = limited(max_gross_leverage=0.4, max_net_leverage=0.2)
    assert cap(limits_book.gross_leverage(facts(portfolio=some, limits=tight))) == 0.0
    assert cap(limits_book.net_leverage(facts(portfolio=some, limits=tight))) == 0.0
    assert limits_book.gross_leverage(given_).code == "gross_leverage"
    assert limits_book.net_leverage(given_).code == "net_leverage"


def test_a_simulated_book_in_which_nothing_could_be_bought_is_a_contradiction() -> None:
    with pytest.raises(UsageFault, match="spread_bps 60 is above max_spread_bps 50: nothing could be bought"):
        load_profile("paper", {"venue.spread_bps": 60})
    with pytest.raises(UsageFault, match="half of spread_bps 30 is above max_slippage"):
        load_profile("paper", {"venue.spread_bps": 30, "limits.max_slippage": 0.001})
    assert load_profile("paper", {"venue.spread_bps": 50, "limits.max_slippage": 0.0025}).venue.spread_bps == 50
    assert load_profile("live", {"venue.spread_bps": 60}).venue.spread_bps == 60
    with pytest.raises(
        UsageFault, match="half of spread_bps 20 reaches entry_price_cap_bps 10: nothing could be bought"
    ):
        load_profile("paper", {"venue.spread_bps": 20, "limits.entry_price_cap_bps": 10})
    load_profile("paper", {"venue.spread_bps": 19, "limits.entry_price_cap_bps": 10})


@pytest.mark.parametrize(("name", "value"), [("max_order_errors", -1), ("max_slippage", 0), ("max_spread_bps", inf)])
def test_limits_out_of_range_are_no_limits(name: str, value: float) -> None:
    with pytest.raises(ValidationError):
        limited(**{name: value})
