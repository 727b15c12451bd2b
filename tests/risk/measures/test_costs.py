"""What a trade costs: fees and spread at the least, and the walk up the asks for a size."""

from decimal import Decimal

import pytest
from gate_support import BTC
from hypothesis import given
from hypothesis import strategies as st

from config.reading.load import load_profile
from market.book import Book, Level
from risk.measures.costs import above_middle_bps, dearest_trip_bps, trip_bps

LIMITS = load_profile("paper").limits


def book(*asks: tuple[str, str], bid: str = "99.9") -> Book:
    return Book((Level(Decimal(bid), Decimal(1)),), tuple(Level(Decimal(p), Decimal(q)) for p, q in asks))


SHOWN = book(("100.1", "1"), ("100.3", "2"))


def test_without_a_size_it_is_half_the_spread() -> None:
    assert above_middle_bps(SHOWN, 0.0) == pytest.approx(10.0)


def test_a_size_pays_the_average_price_of_the_levels_that_it_takes() -> None:
    assert above_middle_bps(SHOWN, 100.1) == pytest.approx(10.0)
    assert above_middle_bps(SHOWN, 100.1 + 100.3) == pytest.approx(20.0, abs=0.01)


@pytest.mark.parametrize("seen", [None, Book((), SHOWN.asks), Book(SHOWN.bids, ()), book(("99.0", "1"))])
def test_a_book_that_shows_no_two_sides_says_nothing(seen: Book | None) -> None:
    assert above_middle_bps(seen, 0.0) is None
    assert trip_bps(BTC, seen, LIMITS) is None


def test_more_than_the_book_shows_has_no_known_price() -> None:
    assert above_middle_bps(SHOWN, 1_000.0) is None


@given(st.floats(1.0, 250.0), st.floats(1.0, 50.0))
def test_a_larger_size_never_pays_less(size: float, more: float) -> None:
    one, other = above_middle_bps(SHOWN, size), above_middle_bps(SHOWN, size + more)
    assert one is not None
    assert other is not None
    assert other >= one - 1e-9


def test_a_round_trip_is_both_fees_and_the_spread_and_a_spread_counts_only_as_far_as_the_gate_buys() -> None:
    assert trip_bps(BTC, SHOWN, LIMITS) == pytest.approx(2 * float(BTC.taker_fee_bps) + 20.0)
    wide = book(("110", "1"))
    assert trip_bps(BTC, wide, LIMITS) == pytest.approx(dearest_trip_bps(BTC, LIMITS))
    assert dearest_trip_bps(BTC, LIMITS) == 2 * float(BTC.taker_fee_bps) + LIMITS.max_spread_bps
